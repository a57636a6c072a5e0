"""C#: structures of plain numbers and addresses, and functions of the library in unsafe code."""

from __future__ import annotations

from header import Function, Header, Kind, Type

NUMBERS = {"char": "byte", "double": "double", "size_t": "UIntPtr", "int8_t": "sbyte", "uint8_t": "byte"}
NUMBERS.update({f"{u}int{n}_t": u + name for u in ("", "u") for n, name in ((32, "int"), (64, "long"))})


def csharp(header: Header, banner: str) -> str:
    def name(kind: Type) -> str:
        return {
            Kind.NOTHING: "void",
            Kind.NUMBER: NUMBERS.get(kind.name, ""),
            Kind.TEXT: "byte*",
            Kind.NUMBERS: f"{NUMBERS.get(kind.name, kind.name)}*",
            Kind.RECORD: kind.name + "*" * kind.stars,
            Kind.NEW_HANDLE: "out IntPtr",
        }.get(header.kind(kind), "IntPtr")

    def signature(function: Function) -> str:
        # "out" is a word of the language.
        parameters = ", ".join(f"{name(each.type)} @{each.name}" for each in function.parameters)
        return f"{name(function.result)} {function.name}({parameters});"

    lines = [f"// {banner}", "using System;", "using System.Runtime.InteropServices;", ""]
    lines += ["/// The header, name for name. Handles are IntPtr.", "public static unsafe class PolyfindH {"]
    lines += [f"    public const int {key} = {value};" for key, value in header.constants.items()]
    for callback in header.callbacks.values():
        lines += [
            "",
            "    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]",
            f"    public delegate {signature(callback)}",
        ]
    for each in header.structures.values():
        lines += ["", "    [StructLayout(LayoutKind.Sequential)]", f"    public struct {each.name} {{"]
        for field in each.fields:
            array = f"[{field.type.count}]" if field.type.count else ""
            lines.append(f"        public {'fixed ' if array else ''}{name(field.type)} {field.name}{array};")
        lines.append("    }")
    for function in header.functions.values():
        lines += ["", '    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]']
        lines.append(f"    public static extern {signature(function)}")
    return "\n".join([*lines, "}"]) + "\n"
