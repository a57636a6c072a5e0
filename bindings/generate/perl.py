"""FFI::Platypus: records, in which those of other records are flat, and functions with every column as an address."""

from __future__ import annotations

from header import Function, Header, Kind, Type

NUMBERS = {"char": "sint8", "double": "double", "size_t": "size_t"}
NUMBERS.update({f"{u}int{n}_t": f"{u or 's'}int{n}" for u in ("", "u") for n in (8, 32, 64)})


def perl(header: Header, banner: str) -> str:
    def name(kind: Type) -> str:
        if kind.count:
            return f"string({kind.count})"
        return {
            Kind.NOTHING: "void",
            Kind.NUMBER: NUMBERS.get(kind.name, ""),
            Kind.TEXT: "string",
            Kind.RECORD: kind.name,
            Kind.NEW_HANDLE: "opaque*",
        }.get(header.kind(kind), "opaque")

    def types(function: Function) -> str:
        return " ".join(name(each.type) for each in function.parameters)

    lines = [f"# {banner}", "package PolyfindH;", "use strict;", "use warnings;", "use FFI::Platypus 2.00;", ""]
    lines += ["# The header, name for name; structures are PolyfindH::pf_points and so on.", "use constant {"]
    lines += [f"    {key} => {value}," for key, value in header.constants.items()] + ["};"]
    for structure in header.structures.values():
        lines += ["", f"package PolyfindH::{structure.name} {{", "    use FFI::Platypus::Record;"]
        lines += ["    record_layout_1("]
        lines += [f"        '{name(field.type)}' => '{field.name}'," for field in header.flat(structure)]
        lines += ["    );", "}"]
    lines += [
        "",
        "# Makes all functions, of the library at a path, functions of this package; gives what they are made with.",
    ]
    lines += ["sub load {", "    my $ffi = FFI::Platypus->new(api => 2, lib => $_[0]);"]
    lines += [f"    $ffi->type('record(PolyfindH::{each})*' => '{each}');" for each in header.structures]
    for callback in header.callbacks.values():
        words = ",".join(name(each.type) for each in callback.parameters)
        lines.append(f"    $ffi->type('({words})->{name(callback.result)}' => '{callback.name}');")
    for each in header.functions.values():
        lines.append(f"    $ffi->attach({each.name} => [qw({types(each)})] => '{name(each.result)}');")
    return "\n".join([*lines, "    return $ffi;", "}", "", "1;"]) + "\n"
