"""What a refused call raises: one class per error status of the C header, made from it."""

from __future__ import annotations

import os
from typing import Any

from ._native import ffi, lib

# What a Python user expects to catch; a status that is not named here is an Error and nothing else.
_ALSO: dict[str, type[Exception]] = {
    "PF_ERROR_NULL": ValueError,
    "PF_ERROR_ARGUMENT": ValueError,
    "PF_ERROR_LAYOUT": ValueError,
    "PF_ERROR_COORDINATE": ValueError,
    "PF_ERROR_CAPACITY": ValueError,
    "PF_ERROR_UNSUPPORTED": NotImplementedError,
    "PF_ERROR_LIMIT": OverflowError,
    "PF_ERROR_MEMORY": MemoryError,
    "PF_ERROR_IO": OSError,
    "PF_ERROR_FORMAT": ValueError,
    "PF_ERROR_INTERNAL": RuntimeError,
}


class Error(Exception):
    """A call that the library refused or stopped.

    Attributes
    ----------
    status_name : str
        The status in the C header, such as ``"PF_ERROR_COORDINATE"``.
    item : int or None
        The row that caused it, where there is one.
    """

    status_name = "PF_ERROR_UNKNOWN"
    item: int | None = None


def _class_of(status: int) -> type[Error]:
    constant = ffi.string(lib.pf_status_name(status)).decode()
    name = constant[len("PF_ERROR_") :].title().replace("_", "") + "Error"
    meaning = ffi.string(lib.pf_status_text(status)).decode()
    bases = (Error, _ALSO[constant]) if constant in _ALSO else (Error,)
    body: dict[str, Any] = {"__doc__": meaning, "__module__": "polyfind", "status_name": constant}
    return type(name, bases, body)


_CLASSES = {
    status: _class_of(status)
    for status in (getattr(lib, name) for name in dir(lib) if name.startswith("PF_ERROR_"))
}
globals().update((made.__name__, made) for made in _CLASSES.values())

Error.__module__ = "polyfind"
__all__ = ["Error", *(made.__name__ for made in _CLASSES.values())]


def error_of(status: int, item: int, message: str, path: str | None = None) -> Error:
    """The exception for a status and the details that came with it, if any with a file's path."""
    if status == lib.PF_ERROR_IO:
        return _os_error(max(item, 0), message, path)
    error = _CLASSES.get(status, Error)(f"{path}: {message}" if path else message)
    error.item = item if item >= 0 else None
    return error


def _os_error(number: int, message: str, path: str | None) -> Error:
    """An IoError that also is what Python raises for this number: a FileNotFoundError, ..."""
    kind, general = type(OSError(number, "")), _CLASSES[lib.PF_ERROR_IO]
    name, text = general.__name__, os.strerror(number) if number else message
    if kind is OSError:
        made = general
    else:
        body = {"__doc__": general.__doc__, "__module__": "polyfind", "__reduce__": _reduce}
        made = type(name, (general, kind), body)
    return made(number, text, path)


def _reduce(error: Any) -> Any:
    return _os_error, (error.errno, error.strerror, error.filename)
