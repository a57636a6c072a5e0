"""Builds and runs the C and C++ tests of the ABI: python3 tests/abi/run.py [--lib DIR] [--plain] [NAME ...]

Every program is compiled without warnings, linked with the shared library (queries.c also with the static one) and
run, plainly and under valgrind (with the word "short", for what would take long); readme.c and readme.cpp hold the
examples of README.md. With NAMEs only the steps whose name contains one of them are taken. Needs a built library (cargo
build --release), a C and a C++ compiler ($CC, $CXX), nm, and for the second run valgrind.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INCLUDE = ROOT / "include"
OUT = ROOT / "target" / "abi"

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-O1"]
CC = [*shlex.split(os.environ.get("CC", "cc")), *WARNINGS]
CXX = [*shlex.split(os.environ.get("CXX", "c++")), *WARNINGS]
STATIC = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"]
VALGRIND = [
    "valgrind",
    "--fair-sched=try",  # it runs one thread at a time, and else may leave one waiting for minutes
    "--error-exitcode=99",
    "--leak-check=full",
    "-q",
    f"--suppressions={HERE / 'valgrind.supp'}",
]

SECONDS = 300


class Tally:
    """Counts steps and says how each went."""

    def __init__(self, names: list[str], valgrind: bool) -> None:
        self.names = names
        self.valgrind = valgrind
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}

    def wants(self, step: str) -> bool:
        return not self.names or any(name in step for name in self.names)

    def note(self, outcome: str, step: str, detail: str = "") -> bool:
        self.counts[outcome] += 1
        print(f"{outcome:8}{step}", flush=True)
        if detail and outcome == "failed":
            print("        " + detail.strip().replace("\n", "\n        "), flush=True)
        return outcome == "passed"

    def run(self, step: str, command: list) -> tuple[bool, str]:
        """Runs a command; whether it ended with 0, and what it printed to stdout."""
        try:
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return self.note("failed", step, f"no end after {SECONDS} seconds"), ""
        detail = f"exit status {done.returncode}\n{done.stderr}{done.stdout}"
        return self.note("failed" if done.returncode else "passed", step, detail), done.stdout


def link_library(lib: Path) -> None:
    """The name that programs load the library by, in a folder of ours."""
    OUT.mkdir(parents=True, exist_ok=True)
    soname = OUT / "libpolyfind.so.0"
    soname.unlink(missing_ok=True)
    soname.symlink_to(lib / "libpolyfind.so")


def write_examples() -> None:
    """The C and the C++ example of README.md, as files to include."""
    text = (ROOT / "README.md").read_text()
    for language in ("c", "cpp"):
        example = re.search(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
        (OUT / f"readme_{language}.inc").write_text(example.group(1) if example else "#error README.md has no example")


def write_handle_calls() -> None:
    """For handles.c: every function of the header that takes a handle, called with that and otherwise with zeros."""
    header = re.sub(r"/\*.*?\*/", "", (INCLUDE / "polyfind.h").read_text(), flags=re.DOTALL)
    declared = re.findall(
        r"^([\w ]+[ *])(pf_\w+)\((?:const )?struct pf_(index|result|table|tally) \*\w+([^)]*)\);",
        header,
        flags=re.MULTILINE,
    )
    functions, rows = [], []
    for result, name, kind, rest in declared:
        more = [", &said" if "pf_error" in word else ", 0" for word in rest.split(",")[1:]]
        call = f"{name}((pf_{kind} *)handle{''.join(more)})"
        tests = {"void": f"{call}; return 1;", "pf_status": f'return is_refusal("{kind}", {call});'}
        functions.append(
            f"static int call_{name}(void *handle) {{ {tests.get(result.strip(), f'return {call} == 0;')} }}\n"
        )
        rows.append(f'    {{"{name}", "{kind}", call_{name}}},\n')
    table = "\nstatic const handle_call handle_calls[] = {\n" + "".join(rows) + "};\n"
    (OUT / "handle_calls.inc").write_text("".join(functions) + table)


def build_and_run(tally: Tally, name: str, compiler: list, source: Path, libraries: list, expected: str = "") -> str:
    """Builds a program, runs it plainly and under valgrind; returns what it printed."""
    if not tally.wants(name):
        return ""
    program = OUT / re.sub(r"\W+", "_", name)
    if not tally.run(f"{name}: build", [*compiler, f"-I{INCLUDE}", f"-I{OUT}", source, "-o", program, *libraries])[0]:
        return ""
    _, printed = tally.run(f"{name}: run", [program, *([] if tally.valgrind else ["short"])])
    if expected and printed != expected:
        tally.note("failed", f"{name}: prints the same as in C", f"{printed}instead of\n{expected}")
    if not tally.valgrind:
        pass
    elif shutil.which("valgrind"):
        tally.run(f"{name}: valgrind", [*VALGRIND, program, "short"])
    else:
        tally.note("skipped", f"{name}: valgrind (not installed)")
    return printed


def check_symbols(tally: Tally, lib: Path) -> None:
    """The header declares, the library exports and the C++ wrapper uses the same functions."""
    header = re.sub(r"/\*.*?\*/", "", (INCLUDE / "polyfind.h").read_text(), flags=re.DOTALL)
    declared = set(re.findall(r"^[\w ]+[ *](pf_\w+)\(", header, flags=re.MULTILINE))
    wrapper = re.sub(r"//[^\n]*", "", (INCLUDE / "polyfind.hpp").read_text())
    listing = subprocess.run(["nm", "-D", "--defined-only", lib / "libpolyfind.so"], capture_output=True, text=True)
    exported = {line.split()[-1].split("@")[0] for line in listing.stdout.splitlines() if line.strip()}
    # What Polars looks for: a function for each expression, and one for its type.
    plugin = {name.removeprefix("_polars_plugin_") for name in exported if name.startswith("_polars_plugin_")}
    exported -= {f"_polars_plugin_{name}" for name in plugin}
    plugin -= {"get_version", "get_last_error_message"}
    fields = {name.removeprefix("field_") for name in plugin if name.startswith("field_")}
    called = {name for name in plugin if not name.startswith("field_")}
    module = (ROOT / "bindings" / "python" / "polyfind" / "polars.py").read_text()
    expressions = set(re.findall(r'"(\w+)"', module)) & (called | fields)
    used = set(re.findall(r"\bpf_\w+", wrapper)) & declared
    for step, wanted, got in (
        ("symbols: the library exports what the header declares", declared, exported),
        ("symbols: polyfind.hpp uses what the header declares", declared, used),
        ("symbols: expressions for Polars have a type", called, fields),
        ("symbols: polyfind.polars uses the expressions for Polars", called, expressions),
    ):
        detail = f"missing: {sorted(wanted - got)}, not declared: {sorted(got - wanted)}"
        if tally.wants(step):
            tally.note("passed" if wanted and wanted == got else "failed", step, detail)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lib",
        type=Path,
        default=ROOT / "target" / "release",
        help="folder with libpolyfind.so and .a",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="no valgrind, for a library that watches itself; programs then are as short as there",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="take only steps whose name contains this")
    options = parser.parse_args()
    lib = options.lib.resolve()
    for file in ("libpolyfind.so", "libpolyfind.a"):
        if not (lib / file).exists():
            sys.exit(f"no {file} in {lib}: run cargo build --release, or say --lib DIR")
    link_library(lib)
    write_examples()
    write_handle_calls()
    shared = [lib / "libpolyfind.so", f"-Wl,-rpath,{OUT}", "-lpthread", "-lm"]
    tally = Tally(options.names, valgrind=not options.plain)

    check_symbols(tally, lib)
    for source in sorted(HERE.glob("*.c")):
        build_and_run(tally, f"{source.stem} (C99)", [*CC, "-std=c99"], source, shared)
    build_and_run(
        tally,
        "layout (C++11)",
        [*CXX, "-std=c++11", "-xc++"],
        HERE / "layout.c",
        ["-xnone", *shared],
    )
    build_and_run(
        tally,
        "queries (C99, static)",
        [*CC, "-std=c99"],
        HERE / "queries.c",
        [lib / "libpolyfind.a", *STATIC],
    )
    for standard in ("11", "20"):
        for source in sorted(HERE.glob("*.cpp")):
            build_and_run(
                tally,
                f"{source.stem} (C++{standard})",
                [*CXX, f"-std=c++{standard}"],
                source,
                shared,
            )

    story = ROOT / "bindings" / "c" / "smallest_close.c"
    printed = build_and_run(tally, "smallest_close (C99)", [*CC, "-std=c99"], story, shared)
    story = ROOT / "bindings" / "cpp" / "smallest_close.cpp"
    build_and_run(tally, "smallest_close (C++11)", [*CXX, "-std=c++11"], story, shared, expected=printed)

    print(", ".join(f"{count} {outcome}" for outcome, count in tally.counts.items()))
    return 1 if tally.counts["failed"] or not tally.counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
