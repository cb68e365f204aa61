"""Every proof in full, and one table of what was found: `make trust`; exit 1 if a bound is missed.

    python -m tests.trust.run [--jobs 2] [--only kill_restart …]
    python -m tests.trust.run --docs          # nothing is run: the table of results.json goes into docs/privacy.md

The checks run side by side, the longest first, each in a process of its own. What they found is kept in
tests/trust/results.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tests.trust.outcome import Clock, Outcome, finish, table

HERE = Path(__file__).resolve().parent
RESULTS, DOCS = HERE / "results.json", HERE.parents[1] / "docs" / "privacy.md"
BEGIN, END = "<!-- make trust: begin -->", "<!-- make trust: end -->"
CHECKS = (
    "kill_restart",
    "planted",
    "shard_faults",
    "malformed",
    "fuzz",
    "phi_corpus",
    "ray_cluster",
)  # the longest first
MAX_SECONDS = 20 * 60  # of one check


def run(name: str, folder: Path) -> list[Outcome]:
    """The outcomes of a check; one that ends without any has failed."""
    clock, path = Clock(), folder / f"{name}.json"
    command = [sys.executable, "-m", f"tests.trust.{name}", "--work", str(folder / name), "--json", str(path)]
    (folder / name).mkdir()
    with (folder / f"{name}.log").open("w") as log:
        try:
            subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, timeout=MAX_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{name} took more than {MAX_SECONDS} seconds", file=log)
    if not path.exists():
        print((folder / f"{name}.log").read_text()[-3000:], file=sys.stderr)
        return [Outcome(f"{name} ended without a result", 1, 0, "a result", False, clock.read())]
    outcomes = [Outcome(**row) for row in json.loads(path.read_text("utf-8"))]
    for outcome in outcomes:
        if not outcome.ok:
            print(f"missed: {outcome.check}\n{(folder / f'{name}.log').read_text()[-3000:]}", file=sys.stderr)
    print(f"{name}: {sum(o.ok for o in outcomes)} of {len(outcomes)} bounds met", file=sys.stderr)
    return outcomes


def read_results() -> dict[str, list[Outcome]]:
    """The outcomes of each check when it last ran."""
    if not RESULTS.exists():
        return {}
    found = json.loads(RESULTS.read_text("utf-8"))
    return {name: [Outcome(**row) for row in found[name]] for name in CHECKS if name in found}


def write_docs(text: str) -> str:
    """docs/privacy.md with the table between its marks replaced."""
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (mark and end):
        raise SystemExit(f"docs/privacy.md has no {BEGIN} … {END}. Put them where the table belongs.")
    outcomes = [outcome for rows in read_results().values() for outcome in rows]
    return f"{before}{BEGIN}\n{table(outcomes)}\n{END}{after}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="checks at a time")
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=CHECKS)
    parser.add_argument("--docs", action="store_true", help="run nothing, write the table into docs/privacy.md")
    args = parser.parse_args()
    if args.docs:
        DOCS.write_text(write_docs(DOCS.read_text("utf-8")), "utf-8")
        return 0
    os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(args.jobs) as pool:
        found = dict(zip(args.only, pool.map(lambda name: run(name, Path(folder)), args.only), strict=True))
    kept = {name: [asdict(o) for o in rows] for name, rows in (read_results() | found).items()}
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return finish([outcome for rows in found.values() for outcome in rows])


if __name__ == "__main__":
    sys.exit(main())
