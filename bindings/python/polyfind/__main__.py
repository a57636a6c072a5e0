"""``python -m polyfind``, and the command ``polyfind``."""

from __future__ import annotations

import sys

from ._numpy import HAS_NUMPY


def main() -> int:
    """The command line, which is imported only when it is wanted."""
    if not HAS_NUMPY:
        print('polyfind: commands need numpy: pip install "polyfind[numpy]"', file=sys.stderr)
        return 1
    from . import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
