"""Files as texts: reading them, replacing them, and what is said of those that cannot be used.

Every fault in a file is an InputError whose text is one line: the file, the place in it
(``file:line`` in text), and what to do about it.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO


class InputError(ValueError):
    """A file that cannot be used as it is; the text says where and what to do."""


class MissingError(InputError, ImportError):
    """A package that is not required and not there; the text is the command that installs it."""


def need(module: str, extra: str, purpose: str) -> Any:
    """An optional module, or the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise MissingError(f'{purpose} needs {name}: pip install "polyfind[{extra}]"') from error


def brief(value: object) -> str:
    """A value as it reads in a file, on one line and cut short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:36] + " ..."


def read_bytes(path: str) -> bytes:
    """All of a file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from error


def read_text(path: str) -> tuple[str, bool]:
    """The text of a UTF-8 file, and whether a byte order mark came before it."""
    return text_of(path, read_bytes(path))


def text_of(path: str, data: bytes) -> tuple[str, bool]:
    """What UTF-8 bytes say, and whether a byte order mark came before it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{path}: the file is UTF-16; save it as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise InputError(f"{path}: not a text file (byte {nul} is 0); is this the right file?")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"0x{data[error.start]:02x}"
        raise InputError(f"{path}:{line}: byte {byte} is not UTF-8; save it as UTF-8") from error
    bare = text.removeprefix("\ufeff")
    if not bare.strip():
        raise InputError(f"{path}: the file is empty")
    return bare, len(bare) < len(text)


def reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` only when all went well."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise InputError(f"{path}: not a regular file; choose another output")
    folder, name = os.path.split(target)
    draft = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        file = open(draft, "wb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be written: {reason(error)}") from error
    try:
        with file:
            yield file
        os.replace(draft, target)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {reason(error)}") from error
    finally:
        if os.path.exists(draft):
            os.remove(draft)
