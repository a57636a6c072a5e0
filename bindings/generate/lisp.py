"""SBCL: alien structures and routines, in which every address is a system area pointer."""

from __future__ import annotations

from header import Header, Kind, Type

NUMBERS = {"char": "char", "double": "double", "size_t": "(unsigned 64)"}
NUMBERS.update(
    {f"{u}int{n}_t": f"({name} {n})" for u, name in (("", "signed"), ("u", "unsigned")) for n in (8, 32, 64)}
)


def dashed(name: str) -> str:
    return name.replace("_", "-")


def lisp(header: Header, banner: str) -> str:
    def name(kind: Type) -> str:
        number = NUMBERS.get(kind.name, "")
        if kind.count:
            return f"(array {number} {kind.count})"
        record = f"(struct {dashed(kind.name)})"
        return {
            Kind.NOTHING: "void",
            Kind.NUMBER: number,
            Kind.TEXT: "c-string",
            Kind.RECORD: f"(* {record})" if kind.stars else record,
            Kind.NEW_HANDLE: "(* (unsigned 64))",
            Kind.HANDLE: "(unsigned 64)",
        }.get(header.kind(kind), "system-area-pointer")

    lines = [f";;; {banner}", ";;; The header, name for name, with - for _; constants are +pf-ok+ and so on."]
    lines += ["(defpackage :polyfind-h (:use :cl :sb-alien :sb-sys))", "(in-package :polyfind-h)", ""]
    for key, value in header.constants.items():
        lines.append(f"(defconstant +{dashed(key.lower())}+ {value})")
    for each in header.structures.values():
        lines += ["", f"(define-alien-type nil (struct {dashed(each.name)}"]
        lines += [f"  ({dashed(field.name)} {name(field.type)})" for field in each.fields]
        lines[-1] += "))"
    for function in header.functions.values():
        parameters = [f"  ({dashed(each.name)} {name(each.type)})" for each in function.parameters]
        begin = f'(define-alien-routine ("{function.name}" {dashed(function.name)}) {name(function.result)}'
        lines += ["", *[begin, *parameters]]
        lines[-1] += ")"
    lines += ["", "(do-symbols (each :polyfind-h)", "  (when (eq (symbol-package each) *package*) (export each)))"]
    return "\n".join(lines) + "\n"
