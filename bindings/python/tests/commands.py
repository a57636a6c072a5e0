"""What tests of the polyfind command share."""

from __future__ import annotations

import sys

from polyfind import cli

COMMAND = [sys.executable, "-m", "polyfind"]


def run(capfdbinary, *arguments):
    """Exit code, output and error lines of a command."""
    code = cli.main(list(arguments))
    sys.stdout.flush()
    out, err = capfdbinary.readouterr()
    return code, out.decode(), err.decode().splitlines()
