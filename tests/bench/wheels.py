"""Is every library of every extra there as a wheel for a version of Python? Resolved, nothing is installed.

    python -m tests.bench.wheels 3.12 3.13

Says that the packages resolve together and need no compiler, not that the code was run there.
"""

import subprocess
import sys
import tempfile
import tomllib

from tests.fixtures.paths import ROOT


def requirements() -> dict[str, list[str]]:
    """The requirements of the package alone and of each extra with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = project["dependencies"]
    return {"core": core, **{name: [*core, *more] for name, more in project["optional-dependencies"].items()}}


def resolve(version: str, wanted: list[str]) -> str:
    """The last line of what pip says: what it would install, or what is missing."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--report", f"{folder}/report.json"),
                *("--ignore-installed", "--target", folder, "--python-version", version, "--only-binary=:all:"),
                *("--constraint", str(ROOT / "constraints.txt"), *wanted),
            ],
            capture_output=True,
            text=True,
        )
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return "resolves" if done.returncode == 0 else errors[-1] if errors else f"exit {done.returncode}"


def main(versions: list[str]) -> int:
    """A line for each version and extra."""
    failed = 0
    for version in versions:
        for extra, wanted in requirements().items():
            verdict = resolve(version, wanted)
            failed += verdict != "resolves"
            print(f"{version}  {extra:<8} {verdict}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["3.12", "3.13"]))
