# For those who type `make install PREFIX=... DESTDIR=...`; everything else is python3 dev.py.
PREFIX = /usr/local
LIBDIR = lib

install:
	python3 dev.py install --prefix="$(PREFIX)" --libdir="$(LIBDIR)" --destdir="$(DESTDIR)"

.PHONY: install
