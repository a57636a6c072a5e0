#!/usr/bin/env python3
"""Builds the fuzz targets with the stable compiler and runs them: python3 fuzz/run.py [options] [TARGET ...]

    --seconds N     how long each target runs (default 60)
    --address       with AddressSanitizer, which also looks for leaks
    --keep          afterwards take over into the corpus what reaches new code, in as few bytes as possible
    --build         only build

Needs cargo and a C++ compiler; no nightly compiler and no cargo-fuzz, which works as well (cargo +nightly fuzz run
TARGET). Coverage is what cargo-fuzz turns on, too: options that the stable compiler takes with RUSTC_BOOTSTRAP=1.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGETS = sorted(path.stem for path in (HERE / "fuzz_targets").glob("*.rs"))

# Comparisons are not traced, which took a third of the time: what is compared with a constant targets make right.
COVERAGE = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=3",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "--cfg=fuzzing",
]

# Longer inputs than this say nothing new.
LONGEST = {"file_bytes": 8192}


def host() -> str:
    text = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    return next(line.split()[1] for line in text.splitlines() if line.startswith("host:"))


def build(address: bool) -> Path:
    """The folder of programs, one for each target."""
    flags = [*COVERAGE, "-Zsanitizer=address"] if address else COVERAGE
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target")) / ("address" if address else "plain")
    environment = {
        **os.environ,
        "RUSTC_BOOTSTRAP": "1",
        "RUSTFLAGS": " ".join(flags),
        "CARGO_TARGET_DIR": str(target),
    }
    # With a target named, build scripts are left as they are.
    command = ["cargo", "build", "--release", "--target", host()]
    subprocess.run(command, cwd=HERE, env=environment, check=True)
    return target / host() / "release"


def fuzz(program: Path, name: str, seconds: int) -> tuple[int, str]:
    """Runs a target; how often it was called, and its last words."""
    corpus = HERE / "corpus" / name
    grown = HERE / "artifacts" / "corpus" / name
    for folder in (corpus, grown):
        folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            program,
            grown,
            corpus,
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST.get(name, 320)}",
            f"-artifact_prefix={HERE / 'artifacts'}/{name}-",
            "-timeout=60",
            # Which inputs are rare is not worth what it takes to know: two thirds of the time where targets are large.
            "-entropic=0",
            # Short inputs say little here: what is missing in them is 0.
            "-len_control=10",
            "-rss_limit_mb=2048",
            "-malloc_limit_mb=1024",
            "-print_final_stats=1",
            "-verbosity=1",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    lines = done.stdout.splitlines()
    (HERE / "artifacts" / f"{name}.log").write_text(done.stdout)
    runs = [int(line.split()[-1]) for line in lines if "number_of_executed_units" in line]
    covered = [line for line in lines if re.search(r"cov: \d+", line)]
    words = re.findall(r"(?:cov|ft|corp|exec/s): \S+", covered[-1]) if covered else []
    outcome = " ".join(words)
    if done.returncode:
        outcome += " FOUND " + next((line for line in lines if "Test unit written" in line), f"exit {done.returncode}")
    return sum(runs), outcome


def keep(program: Path, name: str, most: int = 300) -> None:
    """The smallest inputs that together reach all that both corpora reach; at most `most`, the smallest."""
    corpus = HERE / "corpus" / name
    with tempfile.TemporaryDirectory() as folder:
        merged = Path(folder) / "merged"
        merged.mkdir()
        grown = HERE / "artifacts" / "corpus" / name
        subprocess.run([program, "-merge=1", merged, corpus, grown], check=True, capture_output=True)
        chosen = sorted(merged.iterdir(), key=lambda path: (path.stat().st_size, path.name))[:most]
        shutil.rmtree(corpus)
        corpus.mkdir()
        for path in chosen:
            shutil.copyfile(path, corpus / path.name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--address", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--build", action="store_true")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {sorted(unknown)}")
    programs = build(options.address)
    if options.build:
        return 0
    total, found = 0, 0
    for name in options.targets or TARGETS:
        runs, outcome = fuzz(programs / name, name, options.seconds)
        total += runs
        found += "FOUND" in outcome
        print(f"{name:16}{runs:12,} runs  {outcome}", flush=True)
        if options.keep and "FOUND" not in outcome:
            keep(programs / name, name)
    print(f"{total:,} runs, {found} targets with findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
