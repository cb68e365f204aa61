"""The `radgrounder` command; its commands stand in radgrounder/commands, each with its options.

Exit codes: 0 done, 2 wrong arguments. Errors are one line with value, rule, remedy.
"""

import os
import sys
from collections.abc import Sequence

from radgrounder.commands import (
    ablations,
    agreement,
    audit,
    calibrate,
    card,
    compare,
    eval,
    mix,
    plan,
    predict,
    prepare,
    pretrain,
)
from radgrounder.commands.towers import contrast
from refrad2d import __version__
from refrad2d.system.arguments import find_commands, run

COMMANDS = find_commands(
    prepare, predict, eval, compare, calibrate, card, mix, plan, ablations, contrast, audit, agreement, pretrain
)  # in the order of their use
DESCRIPTION = "Train, run and judge grounded radiology models."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    return run("radgrounder", DESCRIPTION, COMMANDS, argv, groups=mix.GROUP, version=__version__)


if __name__ == "__main__":
    sys.exit(main())
