"""The header as a model: constants, handles, structures with their places, the callback, functions.

It reads what cbindgen writes, nothing more: one declaration ends with one semicolon, and comments are no part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum, auto

# Numbers and their bytes, which is what they are aligned to. Addresses are as size_t: the machine is LP64.
SIZES = {"char": 1, "double": 8, "size_t": 8}
SIZES.update({f"{u}int{8 * n}_t": n for u in ("", "u") for n in (1, 4, 8)})


class Kind(Enum):
    NOTHING = auto()
    NUMBER = auto()  # or an array of them, in a structure
    TEXT = auto()  # const char *
    NUMBERS = auto()  # an address of numbers, or of bytes of any kind
    RECORD = auto()  # a structure, or the address of one
    HANDLE = auto()
    NEW_HANDLE = auto()  # where one is written to
    CALLBACK = auto()


@dataclass(frozen=True)
class Type:
    """A type of C: its name is that of a number, structure, handle, callback or void; aliases are resolved."""

    name: str
    stars: int = 0
    const: bool = False
    count: int = 0  # elements of an array, else 0


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    place: int


@dataclass(frozen=True)
class Parameter:
    name: str
    type: Type


@dataclass(frozen=True)
class Function:
    name: str
    result: Type
    parameters: list[Parameter]


@dataclass(frozen=True)
class Structure:
    name: str
    fields: list[Field]
    size: int


@dataclass
class Header:
    text: str  # declarations of C, without comments and preprocessor
    constants: dict[str, int]
    handles: list[str]
    structures: dict[str, Structure] = field(default_factory=dict)
    callbacks: dict[str, Function] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(source: str) -> Header:
        bare = re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.DOTALL)
        constants = {name: int(value) for name, value in re.findall(r"^#define (PF_\w+) (.+)$", bare, re.MULTILINE)}
        declarations = re.sub(r"^#ifdef __cplusplus.*?^#endif|^#.*?$", "", bare, flags=re.MULTILINE | re.DOTALL)
        text = re.sub(r"\n\s*\n+", "\n", declarations).strip() + "\n"
        header = Header(text, constants, re.findall(r"^typedef struct (\w+) \1;", text, re.MULTILINE))
        header.aliases = {name: old for old, name in re.findall(r"^typedef (\w+) (\w+);", text, re.MULTILINE)}
        for result, name, parameters in re.findall(r"^typedef (\w+) \(\*(\w+)\)\((.*?)\);", text, re.MULTILINE):
            header.callbacks[name] = header.function(name, result, parameters)
        for name, body in re.findall(r"^typedef struct (\w+) \{(.*?)^\} \1;", text, re.MULTILINE | re.DOTALL):
            header.structures[name] = header.structure(name, body)
        prototypes = re.findall(r"^((?:const )?\w+ \**)(pf_\w+)\((.*?)\);", text, re.MULTILINE | re.DOTALL)
        for result, name, parameters in prototypes:
            header.functions[name] = header.function(name, result, parameters)
        declared = re.sub(r"\{.*?\}", "", text, flags=re.DOTALL).count(";")
        read = (header.handles, header.aliases, header.callbacks, header.structures, header.functions)
        if sum(map(len, read)) != declared:
            raise ValueError(f"of {declared} declarations of the header {sum(map(len, read))} were read")
        return header

    def type(self, text: str, count: str = "") -> Type:
        """Of what stands before a name, as ``const struct pf_run *``."""
        name = re.sub(r"\b(const|struct)\b|\*", "", text).strip()
        known = {"void", *SIZES, *self.handles, *self.structures, *self.callbacks}
        resolved = self.aliases.get(name, name)
        if resolved not in known:
            raise ValueError(f"the header has a type that this does not know: {text.strip()}")
        elements = int(self.constants.get(count, count or 0))
        return Type(resolved, text.count("*"), bool(re.search(r"\bconst\b", text)), elements)

    def kind(self, type: Type) -> Kind:
        """What a type is for those who call: languages differ in how they have each of these."""
        if type.name in self.handles:
            return Kind.HANDLE if type.stars == 1 else Kind.NEW_HANDLE
        if type.name in self.callbacks:
            return Kind.CALLBACK
        if not type.stars:
            return Kind.NOTHING if type.name == "void" else Kind.RECORD if type.name in self.structures else Kind.NUMBER
        if type.name == "char":
            return Kind.TEXT
        inner = self.structures.get(type.name)
        # A structure of doubles is written as a column of them.
        return Kind.RECORD if inner and any(each.type.name != "double" for each in inner.fields) else Kind.NUMBERS

    def function(self, name: str, result: str, parameters: str) -> Function:
        listed = [] if parameters.strip() == "void" else parameters.split(",")
        parts = [re.fullmatch(r"(.*?[\s*])(\w+)", one.strip(), re.DOTALL) for one in listed]
        named = [Parameter(part[2], self.type(part[1])) for part in parts if part]
        if len(named) != len(listed):
            raise ValueError(f"{name} has a parameter without a name")
        return Function(name, self.type(result), named)

    def structure(self, name: str, body: str) -> Structure:
        fields: list[Field] = []
        end = alignment = 0
        for text, one, count in re.findall(r"([^;]+?)(\w+)(?:\[(\w+)\])?;", body):
            kind = self.type(text, count)
            size, step = self.room(kind)
            place = -(-end // step) * step
            fields.append(Field(one, kind, place))
            end, alignment = place + size, max(alignment, step)
        return Structure(name, fields, -(-end // alignment) * alignment)

    def room(self, kind: Type) -> tuple[int, int]:
        """Bytes, and what they are aligned to."""
        if kind.name in self.structures and not kind.stars:
            inner = self.structures[kind.name]
            return inner.size, max(self.room(each.type)[1] for each in inner.fields)
        one = SIZES["size_t"] if kind.stars or kind.name in self.callbacks else SIZES[kind.name]
        return one * max(kind.count, 1), one

    def flat(self, structure: Structure) -> list[Field]:
        """Its fields, those of structures inside it among them, for who cannot nest: ``vertices_x``."""
        listed: list[Field] = []
        for each in structure.fields:
            inner = None if each.type.stars else self.structures.get(each.type.name)
            for deep in self.flat(inner) if inner else [replace(each, name="", place=0)]:
                listed.append(Field("_".join(filter(None, (each.name, deep.name))), deep.type, each.place + deep.place))
        return listed
