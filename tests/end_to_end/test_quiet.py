"""No command opens a connection or writes beside what it was told to, seen from outside: under strace, without a net."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_exports import rows_of

CONNECT = re.compile(r"(?:connect|sendto|sendmsg)\(.*sa_family=AF_INET6?")
TO_ITSELF = re.compile(r'sin_addr=inet_addr\("127\.')  # a page asks its own server whether it is up
WRITTEN = re.compile(r'(?:openat|open|creat)\([^"]*"(?P<path>[^"]*)".*(?:O_CREAT|O_WRONLY|O_RDWR).*\) = \d|'
                     r'mkdir(?:at)?\([^"]*"(?P<made>[^"]*)".*\) = 0|'
                     r'rename(?:at2?)?\([^"]*"[^"]*",[^"]*"(?P<moved>[^"]*)".*\) = 0')  # fmt: skip
STRACE = [
    "strace",
    "-ff",
    "-qq",
    "-s",
    "4096",
    "-e",
    "trace=network,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2",
]
ROWS = '{"id": "a", "text": "Die Leber ist unverändert glatt. Frau Weber.", "language": "de", "modality": "CT"}\n'


def works(*command: str) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not works("strace", "-o", os.devnull, "true"), reason="strace is missing or refused")
NO_NET = ["unshare", "--map-root-user", "--net"] if works("unshare", "--map-root-user", "--net", "true") else []


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quiet")
    for name in ("home", "tmp", "hf", "desk"):
        (folder / name).mkdir()
    (folder / "desk" / "rows.jsonl").write_text(ROWS, encoding="utf-8")
    return folder


def watch(place: Path, package: str, *arguments: str, codes=(0,), outputs=(), page=False) -> None:
    """Run a command below `place`/desk without a net; nothing else may be written than `outputs`, their .tmp, the key and what
    lies beside it.

    A page is a server, which may ask itself for an answer, and is let go after a while.
    """
    script = f"import sys; from {package}.cli import main; sys.exit(main())"
    if package in ("trl", "app"):
        script = f"import sys; from {'trl.cli' if package == 'trl' else 'app'} import main; sys.exit(main())"
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(place / "home"), "TMPDIR": str(place / "tmp"),
        "HF_HOME": str(place / "hf"), "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "builder", ROOT / "sft", ROOT / "space", ROOT))),
    }  # fmt: skip
    log = place / "strace.log"
    isolated = ["timeout", "--signal=INT", "60"] if page else NO_NET
    ran = subprocess.run(
        [*isolated, *STRACE, "-o", str(log), sys.executable, "-c", script, *arguments],
        cwd=place / "desk", env=environ, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert ran.returncode in codes, ran.stderr[-2000:]
    logs = sorted(place.glob("strace.log*"))  # -ff: one of each process, so that no line is broken off
    seen = [line for path in logs for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    for path in logs:
        path.unlink()
    assert [line for line in seen if CONNECT.search(line) and not (page and TO_ITSELF.search(line))] == []
    assert list((place / "home").iterdir()) == []
    named = [f"{place}/desk/{name}{end}" for name in outputs for end in ("", ".tmp", ".key", ".key.tmp")]
    beside = re.compile(rf"{re.escape(str(place))}/desk/[\w.]+\.key\.people[\w.]*")  # keyed hashes, beside the key
    allowed = ("/dev/", "/proc/", f"{place}/tmp/", f"{place}/hf/", *(f"{name}/" for name in named))
    written = [next(filter(None, match.groups())) for line in seen if (match := WRITTEN.search(line))]
    full = [os.path.normpath(os.path.join(place, "desk", path)) for path in written]
    assert [path for path in full if not (path in named or path.startswith(allowed) or beside.fullmatch(path))] == []


def test_a_build_and_what_follows_it(place):
    watch(place, "refrad2d", "phantom", "hospital", "--patients", "1", "--seed", "3", outputs=("hospital",))
    export = ("hospital/dicom", "--reports", "hospital/reports.csv", "--masks", "hospital/masks")
    watch(place, "refrad2d", "build", *export, "--out", "ds", outputs=("ds",))
    watch(place, "refrad2d", "build", *export, "--out", "ds2", "--offline", "--burnt-in-text", "keep", outputs=("ds2",))
    watch(place, "refrad2d", "verify", "ds")
    watch(place, "refrad2d", "inspect", "ds", codes=(0, 1), outputs=("ds",))
    watch(place, "refrad2d", "draw", "ds", "rows.png", outputs=("rows.png",))
    watch(place, "refrad2d", "audit", "leaks", "ds")
    watch(place, "refrad2d", "explain", "hospital/dicom", "--reason", "stack_too_small", "--dataset", "ds", codes=(2,))
    watch(place, "refrad2d", "phantom", "later", "--patients", "1", "--seed", "4", outputs=("later",))
    export = ("later/dicom", "--reports", "later/reports.csv", "--masks", "later/masks")
    watch(place, "refrad2d", "append", "ds", *export, outputs=("ds",))
    patient = next(iter(rows_of(place / "desk/ds").values()))["patient"]
    watch(place, "refrad2d", "remove", "ds", "--patient", patient, outputs=("ds",))
    watch(place, "refrad2d", "verify", "ds")


@pytest.mark.parametrize("command", ["deidentify", "curate", "mentions"])
def test_texts(place, command):
    watch(place, "refrad2d", command, "rows.jsonl", f"{command}.jsonl", outputs=(f"{command}.jsonl",))


def test_a_prediction(place):
    from PIL import Image

    Image.effect_noise((224, 224), 60).save(place / "desk" / "slice.png")
    watch(place, "radgrounder", "predict", "slice.png", "--model", str(ROOT / "sft/bases/nano"))


def test_training_release_and_judging(place, dataset):
    watch(place, "radgrounder", "heldout", "new", "--patients", "1", outputs=("new",))
    watch(place, "radgrounder", "prepare", str(ROOT / "sft/bases/nano"), "base", outputs=("base",))
    recipe = ("--config", str(ROOT / "sft/recipes/nano/detection.yaml"), "--model_name_or_path", "base")
    short = ("--max_steps", "1", "--warmup_steps", "0", "--eval_strategy", "no", "--load_best_model_at_end", "false")
    watch(place, "trl", "sft", *recipe, "--dataset_name", str(dataset / "refrad2d"), "--output_dir", "adapter", *short,
          outputs=("adapter",))  # fmt: skip
    watch(place, "radgrounder", "release", "adapter", "model", outputs=("model",))
    judged = ("--benchmark", "refrad2d", "--data", "new", "--limit", "2", "--out")
    watch(place, "radgrounder", "eval", "--model", "model", *judged, "before", outputs=("before",))
    watch(place, "radgrounder", "compare", "before", "before", outputs=("before",))
    watch(place, "radgrounder", "card", "model", "before/results.json", outputs=("model",))


def test_the_space(place):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    model = str(ROOT / "sft/bases/nano")
    watch(place, "app", "--model", model, "--port", port, codes=(0, 124, 130), page=True)


@pytest.mark.skipif(not NO_NET, reason="a namespace without network is refused")
def test_the_watcher_sees_a_connection_and_a_stray_file(place):
    """A watcher that sees nothing proves nothing."""
    log = place / "strace.log"
    script = "import socket; socket.socket().connect_ex(('127.0.0.1', 9)); open('stray', 'w')"
    subprocess.run([*STRACE, "-o", str(log), sys.executable, "-c", script], cwd=place / "tmp", check=True)
    seen = [line for path in place.glob("strace.log*") for line in path.read_text(encoding="utf-8").splitlines()]
    assert any(CONNECT.search(line) for line in seen)
    assert any((match := WRITTEN.search(line)) and match["path"] == "stray" for line in seen)
