"""What README.md promises of each runtime: its table under "Other runtimes", row by row.

The first row has the functions of the header that each column stands for; a column without any is about something
else. A runtime promises the columns in which its row has something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).resolve().parent.parent.parent / "README.md"

# What the test program of a runtime says, one line each, when it has seen what a column promises.
CHECKS = {
    "header": ["functions", "structures"],
    "build": ["build"],
    "locate": ["locate"],
    "find": ["find", "nothing"],
    "nearest": ["nearest"],
    "files": ["file"],
    "errors": ["point error", "row of the error", "layout error", "freed"],
    "progress": ["progress", "cancel", "own error", "many callbacks"],
    "cancel flag": ["cancel flag"],
}


@dataclass(frozen=True)
class Promise:
    runtime: str
    checks: frozenset[str]
    functions: frozenset[str]
    in_ci: bool

    def broken(self, said: set[str], called: set[str]) -> list[str]:
        """Sentences about what a test program has not said, and which functions it has not called."""
        return [f"{self.runtime} did not say: {check}" for check in sorted(self.checks - said)] + [
            f"{self.runtime} did not call {name}" for name in sorted(self.functions - called)
        ]


def promises(readme: str) -> list[Promise]:
    section = readme.split("## Other runtimes\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in section.splitlines() if line.startswith("|")]
    titles, _, functions, *runtimes = rows
    unknown = set(titles) - set(CHECKS) - {"", "through", "tested"}
    if unknown:
        raise ValueError(f"README.md has columns that no test knows: {sorted(unknown)}")
    found = []
    unasked = ("", "included")  # whose compiler checks what is included
    for row in runtimes:
        kept = [i for i, title in enumerate(titles) if title in CHECKS and row[i] not in unasked]
        checks = frozenset(check for i in kept for check in CHECKS[titles[i]])
        names = frozenset(name for i in kept for name in re.findall(r"`(pf_\w+)`", functions[i]))
        label = re.findall(r"\[(.+?)\]", row[0])[0]
        found.append(Promise(label, checks, names, row[titles.index("tested")] == "CI"))
    return found


def of_the_readme() -> list[Promise]:
    return promises(README.read_text())
