"""All benchmarks, one after the other; ends with 1 if answers differ anywhere.

    python run.py [--quick]

--quick takes small sizes and two minutes: a smoke test, whose figures mean little. Missed bars are
printed and change nothing.
"""

import subprocess
import sys

from compare import HERE

ALL = (
    ("story.py",),
    ("calls.py",),
    ("measures.py",),
    ("encoded.py",),
    ("pipeline.py",),
    ("close.py",),
    ("close.py", "--clustered"),
    ("engine.py",),
    ("curves.py",),
    ("hostile.py",),
    ("report.py",),
)


def main():
    if not set(sys.argv[1:]) <= {"--quick"}:
        raise SystemExit(__doc__)
    failed = []
    for name, *options in ALL:
        print(f"\n== {' '.join([name, *options])}", flush=True)
        command = [sys.executable, HERE / name, *options, *sys.argv[1:]]
        if subprocess.run(command).returncode:
            failed.append(name)
    passed = len(ALL) - len(failed)
    print(f"\n{passed} passed, {len(failed)} failed{': ' * bool(failed)}{', '.join(failed)}")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
