"""``python3 -m bot <command>``: make sure that the packages are there, then hand over to the commands.

Only the standard library is imported here, and the syntax is old on purpose: an outdated Python must get far
enough to read that it is outdated.
"""

from __future__ import annotations

import sys

from bot import bootstrap


def main() -> None:
    """Run the command line. Never returns: it ends in ``SystemExit`` or in another process image."""
    bootstrap.enter(sys.argv[1:])

    from bot.commands.cli import cli

    cli(prog_name="python3 -m bot")


if __name__ == "__main__":
    main()
