"""Fiddle: an importer of structures and prototypes, in which every address is one of void."""

from __future__ import annotations

from header import Field, Header, Kind, Type


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def ruby(header: Header, banner: str) -> str:
    def name(kind: Type) -> str:
        return kind.name if header.kind(kind) in (Kind.NOTHING, Kind.NUMBER) else "void *"

    def field(each: Field) -> str:
        if header.kind(each.type) is Kind.RECORD:
            return f"{{ {each.name}: {camel(each.type.name)} }}"
        return f'"{name(each.type)} {each.name}' + f"[{each.type.count}]" * bool(each.type.count) + '"'

    lines = [f"# {banner}", 'require "fiddle/import"', "", "module Polyfind", "  # The header, name for name."]
    lines += ["  module H", "    extend Fiddle::Importer", ""]
    lines += [f"    {key} = {value}" for key, value in header.constants.items()]
    for structure in header.structures.values():
        fields = ", ".join(map(field, structure.fields))
        lines += ["", f"    {camel(structure.name)} = struct [{fields}]"]
    for callback in header.callbacks.values():
        types = ", ".join(constant(name(each.type)) for each in callback.parameters)
        result = constant(name(callback.result))
        lines += ["", f"    {camel(callback.name)} = [{result}, [{types}].freeze].freeze"]
    lines += ["", "    def self.load(path)", "      dlload path"]
    for function in header.functions.values():
        types = ", ".join(name(each.type) for each in function.parameters)
        lines.append(f'      extern "{name(function.result)} {function.name}({types})"')
    return "\n".join([*lines, "    end", "  end", "end"]) + "\n"


def constant(name: str) -> str:
    """Fiddle's number of a type, which is negative for those without a sign."""
    if "*" in name:
        return "Fiddle::TYPE_VOIDP"
    return "-" * name.startswith("u") + "Fiddle::TYPE_" + name.lstrip("u").upper()
