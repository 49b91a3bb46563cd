"""`python -m ganymede check FILE.py`: everything that is wrong with the GAN of a program."""

from __future__ import annotations

import sys

from .errors import Error
from .program import check_program


def main(words: list[str]) -> int:
    """Runs the command; 0 where nothing is wrong, 1 where something is, 2 for other words."""
    if len(words) != 2 or words[0] != "check":
        print("usage: python -m ganymede check FILE.py", file=sys.stderr)
        return 2
    try:
        report = check_program(words[1])
    except (Error, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        if getattr(error, "hint", None):
            print(f"hint: {error.hint}", file=sys.stderr)  # type: ignore[union-attr]
        return 1
    print(report)
    return 1 if report.errors else 0


sys.exit(main(sys.argv[1:]))
