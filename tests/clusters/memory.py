"""What processes that map a file take of memory, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple


class Use(NamedTuple):
    """A process that maps a file; numbers are MB."""

    pid: int
    file: float
    """Pages of the file that it has."""
    share: float
    """The same, each divided by how many processes have it."""
    own: float
    """Pages of the file that it alone has, which is all that it adds to what another has."""
    rest: float
    """Pages of anything else that it alone has."""
    maps: int
    """How many times it maps the file."""


def users(word: str) -> list[Use]:
    """The other processes that map files with this in their path, by number."""
    pids = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    found = (use_of(pid, word) for pid in pids if pid != os.getpid())
    return sorted(use for use in found if use is not None)


def use_of(pid: int, word: str) -> Use | None:
    try:
        lines = Path(f"/proc/{pid}/smaps").read_text().splitlines()
    except OSError:  # it is gone, or is not ours
        return None
    sums = dict.fromkeys(("Rss", "Pss", "Private", "other"), 0)
    is_it, maps = False, 0
    for line in lines:
        name, *rest = line.split()
        if not name.endswith(":"):
            is_it = word in line
            maps += is_it and rest[1] == "00000000"
            continue
        kind = name[:-1].partition("_")[0]
        if kind == "Private" and not is_it:
            sums["other"] += int(rest[0])
        elif kind in sums and is_it and name != "Pss_Dirty:":
            sums[kind] += int(rest[0])
    if not maps:
        return None
    return Use(pid, *(kilobytes * 1024 / 1e6 for kilobytes in sums.values()), maps)


def tell(who: str, uses: list[Use]) -> None:
    for use in uses:
        print(
            f"  {who} {use.pid}: {use.file:.1f} MB of the index resident, mapped {use.maps} time(s),"
            f" its share (PSS) {use.share:.1f}, its own {use.own:.1f}; private memory beside it {use.rest:.1f} MB",
            flush=True,
        )
