"""koffi: types by name, and prototypes with which way each structure goes."""

from __future__ import annotations

from header import Header, Kind, Type


def node(header: Header, banner: str) -> str:
    def name(kind: Type) -> str:
        return {
            Kind.NUMBERS: "void *",
            Kind.TEXT: "const char *",
            Kind.NEW_HANDLE: f"_Out_ {kind.name} **",
            Kind.CALLBACK: f"{kind.name} *",
        }.get(header.kind(kind), kind.name + " *" * kind.stars + f"[{kind.count}]" * bool(kind.count))

    def parameter(kind: Type) -> str:
        written = header.kind(kind) is Kind.RECORD and not kind.const
        return ("_Inout_ " if written else "") + name(kind)

    lines = [f"// {banner}", "'use strict';", "const koffi = require('koffi');", ""]
    lines += ["exports.constants = Object.freeze({"]
    lines += [f"  {key}: {value}," for key, value in header.constants.items()] + ["});", ""]
    lines += [f"koffi.opaque('{handle}');" for handle in header.handles]
    for callback in header.callbacks.values():
        types = ", ".join(name(each.type) for each in callback.parameters)
        lines.append(f"koffi.proto('{name(callback.result)} {callback.name}({types})');")
    lines.append("exports.structures = {")
    for each in header.structures.values():
        fields = ", ".join(f"{field.name}: '{name(field.type)}'" for field in each.fields)
        lines.append(f"  {each.name}: koffi.struct('{each.name}', {{ {fields} }}),")
    lines += ["};", "", "/** All functions, of the library at a path. */", "exports.load = (path) => {"]
    lines += ["  const library = koffi.load(path);", "  return {"]
    for function in header.functions.values():
        types = ", ".join(parameter(each.type) for each in function.parameters)
        lines.append(
            f"    {function.name}: library.func('{name(function.result)} {function.name}({types or 'void'})'),"
        )
    return "\n".join([*lines, "  };", "};"]) + "\n"
