"""The `refrad2d` command; its commands stand in refrad2d/commands, each with its options.

Exit codes: 0 done, 1 nothing usable or faults found, 2 wrong arguments. Errors are one line with value, rule, remedy.
"""

import sys
from collections.abc import Sequence

from refrad2d import __version__
from refrad2d.commands import audit, build, look, phantom, texts
from refrad2d.system.arguments import find_commands, run

COMMANDS = find_commands(phantom, build, texts, look, audit)
DESCRIPTION = "From PACS export and reports to a grounded dataset."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return run("refrad2d", DESCRIPTION, COMMANDS, argv, groups=audit.GROUP, version=__version__)


if __name__ == "__main__":
    sys.exit(main())
