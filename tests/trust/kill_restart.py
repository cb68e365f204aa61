"""Builds that are killed, run out of disk, meet another builder or run elsewhere: the same bytes, nothing half done.

    python -m tests.trust.kill_restart [--kills 50] [--work DIR]

Kills are spread evenly over the whole length of a build that was left alone, the last stage and the publishing
included. After each kill every file that stands under a final name must already be whole, and no identifier of the
hospital may stand in any file, temporary ones included.
"""

import csv
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import pydicom

from tests.trust.outcome import PLAIN, Clock, Outcome, arguments, build_command, finish, phantom

MARKS = (
    *(f".stages/{stage}.tmp" for stage in ("ingest", "segment", "curate", "mentions", "match", "questions", "shards")),
    ".stages/shards",  # from here on parts are renamed into place
    "manifest.json",  # and what is left is to clean up
)
OPTIONS = ("--workers", "1", "--offline", *PLAIN)
PLACES = (  # workers and surroundings that must not show in the output
    ("1", {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"}),
    ("2", {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "2"}),
    ("3", {"LC_ALL": "de_DE.ISO-8859-1", "TZ": "America/St_Johns", "PYTHONHASHSEED": "random", "PYTHONUTF8": "0"}),
)


def tree(root: Path) -> dict[str, str]:
    """Relative path → SHA-256 of every published file; stages, and what is left of them, have names with a dot."""
    paths = [p for p in sorted(root.rglob("*")) if p.is_file() and not p.relative_to(root).parts[0].startswith(".")]
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def identifiers(hospital: Path) -> list[bytes]:
    """What only the hospital may know: names, ids and UIDs of headers and report rows."""
    found = set()
    for path in (hospital / "dicom").rglob("*"):
        if path.is_file():
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            words = [
                str(header.get(n, ""))
                for n in ("PatientID", "AccessionNumber", "StudyInstanceUID", "SeriesInstanceUID")
            ]
            found.update([*words, *str(header.get("PatientName", "")).split("^")])
    with (hospital / "reports.csv").open(encoding="utf-8") as file:
        found.update(row["PatientID"] for row in csv.DictReader(file))
    return [word.encode() for word in found if len(word) > 5]


def leaks(folders: list[Path], words: list[bytes]) -> int:
    """Identifiers that stand in any file below the folders, or in its name."""
    paths = [p for folder in folders if folder.exists() for p in folder.rglob("*")]
    texts = [os.fsencode(str(p)) for p in paths] + [text for p in paths if p.is_file() for text in unpacked(p)]
    return sum(any(word in text for text in texts) for word in words)


def unpacked(path: Path) -> list[bytes]:
    """What a file holds, and what is packed in it wherever it begins: sealed parts are packed before they are sealed."""
    data = path.read_bytes()
    texts = [data]
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        try:
            texts.append(zlib.decompressobj().decompress(data[found.start() :]))
        except zlib.error:
            pass
    return texts


def until(out: Path, mark: str, build: subprocess.Popen) -> None:
    """Wait until a file or folder stands, or the build has ended."""
    while not (out / mark).exists() and build.poll() is None:
        time.sleep(0.002)


def measure(command: list[str], out: Path) -> list[float]:
    """Run a build and return the seconds at which each of MARKS came, and at which it ended."""
    start = time.monotonic()
    build = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    times = []
    for mark in MARKS:
        until(out, mark, build)
        times.append(time.monotonic() - start)
    message = build.communicate()[1].decode()
    if build.returncode:
        raise SystemExit(f"The build failed: {message[-1500:]}")
    return [*times, time.monotonic() - start]


def kill_once(command: list[str], out: Path, marks: list[float], share: float, env: dict) -> bool:
    """Start a build and kill it at a share of its length, counted from the mark before; False if it was done sooner."""
    moment = share * marks[-1]
    before = [n for n in range(len(MARKS)) if marks[n] <= moment]
    build = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=env
    )
    if before:
        until(out, MARKS[before[-1]], build)
    try:
        build.wait(timeout=moment - (marks[before[-1]] if before else 0))
    except subprocess.TimeoutExpired:
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        return True
    return False


def check_kills(work: Path, hospital: Path, calm: dict[str, str], marks: list[float], kills: int) -> list[Outcome]:
    """Kill builds, up to eight times each, until there were enough kills; then let each end."""
    draw, clock, words = random.Random(0), Clock(), identifiers(hospital)
    shares = [(n + draw.random()) / kills for n in range(kills)]
    publishing = marks[len(MARKS) - 2] / marks[-1]
    shares[::5] = [draw.uniform(publishing, 1) for _ in shares[::5]]  # short moments that even draws would miss
    draw.shuffle(shares)
    killed = partial = different = leaked = builds = 0
    while killed < kills:
        out, temporary = work / "killed", work / "tmp"
        shutil.rmtree(out, ignore_errors=True)
        temporary.mkdir(exist_ok=True)
        env = {**os.environ, "TMPDIR": str(temporary)}
        command = build_command(hospital, out, work / "key", *OPTIONS)
        for share in sorted(shares[killed : killed + 8]):
            done = kill_once(command, out, marks, share, env)
            killed += done
            partial += any(calm.get(name) != digest for name, digest in tree(out).items())
            leaked += leaks([out, temporary], words)
            if not done:
                break
        ended = subprocess.run(command, capture_output=True, env=env)
        different += ended.returncode != 0 or tree(out) != calm
        builds += 1
    seconds = clock.read()
    return [
        Outcome("kills: no half file under a final name", killed, killed - partial, "all", not partial, seconds),
        Outcome(
            "kills: restarted builds that end with the same bytes", builds, builds - different, "all", not different
        ),
        Outcome(
            "identifiers on disk after a kill", len(words) * killed, len(words) * killed - leaked, "none", not leaked
        ),
    ]


def check_full_disk(work: Path, hospital: Path, calm: dict[str, str]) -> Outcome:
    """A file system that fills up at different moments, then grows: one line of error, and then the same bytes.

    Mounts a tmpfs in a namespace of its own; where that is not allowed, a limit on the size of single files stands in.
    """
    clock, mounted, made, passed = Clock(), work / "small", 0, 0
    mounted.mkdir()
    out = mounted / "out"
    command = build_command(hospital, out, work / "key", *OPTIONS)
    quoted = " ".join(f"'{part}'" for part in command)
    peak = 3 * sum(p.stat().st_size for p in (work / "calm").rglob("*") if p.is_file()) + (4 << 20)
    mount = ["unshare", "--mount", "--map-root-user", "--user"]
    able = subprocess.run([*mount, "mount", "-t", "tmpfs", "none", str(mounted)], capture_output=True).returncode == 0
    for share in (0.02, 0.1, 0.2, 0.35):
        size = int(peak * share)
        copy, log = work / f"full{share}", work / f"full{share}.log"
        if able:
            script = (
                f"mount -t tmpfs -o size={size} none '{mounted}'; {quoted} >/dev/null 2>'{log}'; code=$?; "
                f"mount -o remount,size=4g '{mounted}'; {quoted} >/dev/null 2>&1; cp -r '{out}' '{copy}'; exit $code"
            )
            first = subprocess.run([*mount, "sh", "-c", script])
        else:
            limited = f"ulimit -f {max(1, size // 4096)}; exec {quoted} 2>'{log}'"
            first = subprocess.run(["sh", "-c", limited], stdout=subprocess.DEVNULL)
            subprocess.run(command, capture_output=True)
            shutil.move(out, copy)
        if first.returncode:  # else it was large enough
            made += 1
            said = log.read_text()
            passed += tree(copy) == calm and "The disk is full" in said and "Traceback" not in said
    return Outcome("full disk: one line of error, then the same bytes", made, passed, "all, of 2 or more", passed == made >= 2, clock.read(), {"tmpfs": able})  # fmt: skip


def check_two_builders(work: Path, hospital: Path, calm: dict[str, str]) -> Outcome:
    """A second builder on the same output is refused while the first works, and the result is whole."""
    clock, out = Clock(), work / "twice"
    command = build_command(hospital, out, work / "key", *OPTIONS)
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(out, MARKS[0], first)
    second = subprocess.run(command, capture_output=True, text=True)
    first.wait()
    refused = second.returncode == 2 and "Another" in second.stderr
    passed = refused and first.returncode == 0 and tree(out) == calm
    return Outcome("two builders: one is refused, the result is whole", 1, int(passed), "all", passed, clock.read())


def check_places(work: Path, hospital: Path, calm: dict[str, str]) -> Outcome:
    """Other numbers of workers, locales, time zones and hash seeds, another folder, files listed in another order."""
    clock, passed = Clock(), 0
    for number, (workers, surroundings) in enumerate(PLACES):
        moved, out = work / f"moved{number}", work / f"elsewhere{number}"
        paths = sorted((p for p in hospital.rglob("*") if p.is_file()), reverse=bool(number % 2))
        random.Random(number).shuffle(paths) if number == 2 else None
        for path in paths:
            copy = moved / path.relative_to(hospital)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        command = build_command(moved, out, work / "key", "--workers", workers, *OPTIONS[2:])
        subprocess.run(command, capture_output=True, env={**os.environ, **surroundings})
        passed += tree(out) == calm
    return Outcome("other workers, order, locale, time zone: the same bytes", len(PLACES), passed, "all", passed == len(PLACES), clock.read())  # fmt: skip


def check(work: Path, kills: int = 50) -> list[Outcome]:
    """All outcomes; `work` must be empty."""
    hospital = phantom(work / "hospital", patients=2, seed=9, keep_every=5)
    command = build_command(hospital, work / "calm", work / "key", *OPTIONS)
    marks, calm = measure(command, work / "calm"), tree(work / "calm")
    return [
        *check_kills(work, hospital, calm, marks, kills),
        check_full_disk(work, hospital, calm),
        check_two_builders(work, hospital, calm),
        check_places(work, hospital, calm),
    ]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--kills", type=int, default=50)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return finish(check(args.work or Path(folder), args.kills), args.json)


if __name__ == "__main__":
    sys.exit(main())
