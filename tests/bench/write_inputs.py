"""Write docs/inputs.md from the rows of tests/fixtures/inputs.

python -m tests.bench.write_inputs
"""

from tests.fixtures.inputs import inputs, render
from tests.fixtures.paths import ROOT

PAGE = ROOT / "docs/inputs.md"


def main() -> None:
    """Write the page whole."""
    PAGE.write_text(render(inputs()), encoding="utf-8")


if __name__ == "__main__":
    main()
