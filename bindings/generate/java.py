"""Java Native Access: structures with their fields in order, and native methods that it maps directly."""

from __future__ import annotations

from header import Function, Header, Kind, Type

NUMBERS = {"char": "byte", "double": "double", "size_t": "long"}
NUMBERS.update({f"{u}int{n}_t": name for u in ("", "u") for n, name in ((8, "byte"), (32, "int"), (64, "long"))})


def java(header: Header, banner: str) -> str:
    def name(kind: Type, address: str = "Pointer") -> str:
        number = NUMBERS.get(kind.name, "void") + "[]" * bool(kind.count)
        return {
            Kind.NOTHING: "void",
            Kind.NUMBER: number,
            Kind.TEXT: "String",
            Kind.NUMBERS: address,
            Kind.HANDLE: "Pointer",
            Kind.NEW_HANDLE: "PointerByReference",
        }.get(header.kind(kind), kind.name)

    def signature(function: Function, called: str, address: str) -> str:
        parameters = ", ".join(f"{name(each.type, address)} {each.name}" for each in function.parameters)
        return f"{name(function.result)} {called}({parameters});"

    lines = [f"// {banner}", "package polyfind;", "", "import com.sun.jna.*;"]
    lines += ["import com.sun.jna.ptr.PointerByReference;", "import java.nio.Buffer;", ""]
    lines += ["/** The header, name for name. Sizes (size_t) are long; numbers without a sign are those with one. */"]
    lines += ["public final class PolyfindH {", "    private PolyfindH() {}", ""]
    lines += [f"    public static final int {key} = {value};" for key, value in header.constants.items()]
    for callback in header.callbacks.values():
        lines += ["", f"    public interface {callback.name} extends Callback {{"]
        lines += [f"        {signature(callback, 'call', 'Pointer')}", "    }"]
    for each in header.structures.values():
        order = ", ".join(f'"{field.name}"' for field in each.fields)
        lines += ["", f"    @Structure.FieldOrder({{{order}}})"]
        lines += [f"    public static class {each.name} extends Structure {{"]
        for field in each.fields:
            room = f" = new byte[{field.type.count}]" if field.type.count else ""
            lines.append(f"        public {name(field.type)} {field.name}{room};")
        lines.append("    }")
    lines.append("")
    lines += [f"    static native {signature(each, each.name, 'Buffer')}" for each in header.functions.values()]
    lines += ["", "    static {", "        if (Native.SIZE_T_SIZE != Long.BYTES) {"]
    lines += ['            throw new UnsatisfiedLinkError("polyfind is for machines of 64 bits");', "        }"]
    lines += ['        Native.register(PolyfindH.class, System.getProperty("polyfind.library", "polyfind"));']
    return "\n".join([*lines, "    }", "}"]) + "\n"
