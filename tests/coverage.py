"""Which lines and branches of some sources tests take.

    python3 tests/coverage.py [--all=NAME] PROFILE LLVM-COV SOURCES -- PROGRAMS

With --all only the sum, under that name. What was compiled more than once (for each relation, on each level of SIMD)
counts as taken if one of them was; code of tests does not count. Lines and branches that were never taken are listed.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path


def export(tool: str, profile: str, programs: list[str], *how: str) -> str:
    command = [tool, "export", f"--instr-profile={profile}", *how, programs[0]]
    command += [f"--object={program}" for program in programs[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def lines_of(text: str) -> dict[Path, dict[int, int]]:
    """How often each line of each file ran, from lcov's format."""
    counts: dict[Path, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    file = Path()
    for row in text.splitlines():
        kind, _, rest = row.partition(":")
        if kind == "SF":
            file = Path(rest)
        elif kind == "DA":
            line, count = rest.split(",")[:2]
            counts[file][int(line)] += int(count)
    return counts


def branches_of(text: str) -> dict[Path, dict[tuple[int, int], list[int]]]:
    """How often each condition of each file, by line and column, was true and false."""
    counts: dict[Path, dict[tuple[int, int], list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for file in json.loads(text)["data"][0]["files"]:
        for line, column, _, _, true, false, *_ in file["branches"]:
            found = counts[Path(file["filename"])][line, column]
            found[0] += true
            found[1] += false
    return counts


def end_of_code(path: Path) -> int:
    """The line at which a file's own tests begin."""
    rows = path.read_text().splitlines()
    return next((i for i, row in enumerate(rows, 1) if row.startswith("#[cfg(test)]")), len(rows) + 1)


def main() -> int:
    only = [word.partition("=")[2] for word in sys.argv[1:] if word.startswith("--all=")]
    profile, tool, *words = sys.argv[1 + len(only) :]
    middle = words.index("--")
    sources, programs = [Path(word).resolve() for word in words[:middle]], words[middle + 1 :]
    lines = lines_of(export(tool, profile, programs, "--format=lcov"))
    branches = branches_of(export(tool, profile, programs))
    missed: list[str] = []
    total = [0, 0, 0, 0]
    if not only:
        print(f"{'':36}{'lines':>16}{'branches':>18}")
    wanted = [path for path in lines if any(path == top or top in path.parents for top in sources)]
    for path in sorted(path for path in wanted if path.name != "tests.rs"):
        end, name = end_of_code(path), str(path.relative_to(Path.cwd()))
        text = path.read_text().splitlines()
        own = {line: count for line, count in lines[path].items() if line < end}
        ways = [
            (line, column, way, count)
            for (line, column), counts in sorted(branches[path].items())
            if line < end
            for way, count in zip(("true", "false"), counts)
        ]
        if not own:
            continue
        row = [sum(map(bool, own.values())), len(own), sum(count > 0 for *_, count in ways), len(ways)]
        total = [a + b for a, b in zip(total, row)]
        if only:
            continue
        print(f"{name:36}{row[0]:>8} of {row[1]:>4}{row[2]:>10} of {row[3]:>4}")
        missed += [f"{name}:{line}: {text[line - 1].strip()}" for line, count in sorted(own.items()) if not count]
        missed += [
            f"{name}:{line}:{column}: never {way}: {text[line - 1].strip()}"
            for line, column, way, count in ways
            if not count and own.get(line, 1)
        ]
    print(f"{(only or ['all'])[0]:36}{total[0]:>8} of {total[1]:>4}{total[2]:>10} of {total[3]:>4}")
    print("\n".join(["", *missed]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
