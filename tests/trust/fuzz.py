"""The hostile inputs of tests/refrad2d/images/test_fuzz_parsers.py, other ones than in CI.

python -m tests.trust.fuzz
"""

import os
import re
import subprocess
import sys

from tests.fixtures.paths import ROOT
from tests.trust.outcome import Clock, Outcome, arguments, finish

TESTS = ROOT / "tests" / "refrad2d" / "images" / "test_fuzz_parsers.py"


def check() -> list[Outcome]:
    """One outcome: groups of inputs that held their properties."""
    clock = Clock()
    command = [sys.executable, "-m", "pytest", str(TESTS), "-q", "-n", "0", "-W", "ignore", "--show-capture=no"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "REFRAD2D_EXPLORE": "1"})
    print(done.stdout[-5000:])
    failed, passed = (int((re.search(rf"(\d+) {word}", done.stdout) or [0, 0])[1]) for word in ("failed", "passed"))
    from tests.refrad2d.images.test_fuzz_parsers import EXAMPLES

    inputs = sum(EXAMPLES.values())
    name = f"parsers: groups that held over {inputs:,} hostile inputs"
    ok = done.returncode == 0 and inputs >= 10_000
    return [Outcome(name, failed + passed, passed, "all", ok, clock.read(), {"inputs": inputs})]


def main() -> int:
    args = arguments(__doc__).parse_args()
    return finish(check(), args.json)


if __name__ == "__main__":
    sys.exit(main())
