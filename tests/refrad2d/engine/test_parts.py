"""Parts of any number give the bytes of one; what stands is not done again."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from refrad2d.engine.parts import run_part, run_parts
from refrad2d.engine.processes import Processes
from refrad2d.stages import curate
from refrad2d.system.files import read_json
from tests.fixtures.paths import ROOT

CURATE = "refrad2d.stages.curate:run"
TEXTS = ("Erguss rechts, unverändert.", "Unverändert.", "Die Leber ist glatt.", "   ", "Kein Erguss.")


def write_rows(path, count=23):
    rows = ({"id": f"a{n}", "text": TEXTS[n % len(TEXTS)], "language": "de", "modality": "CT"} for n in range(count))
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def one_by_one(folder, ranks):
    for rank in ranks:
        run_part(folder, rank)


@pytest.mark.parametrize("world", [1, 2, 5, 40])
def test_any_world_gives_the_same_bytes_and_counts(tmp_path, world):
    src = write_rows(tmp_path / "in.jsonl")
    counts = curate.run(src, tmp_path / "whole.jsonl")
    found = run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", one_by_one, world=world)
    assert found == counts and (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not (tmp_path / "parts").exists()


def test_the_world_depends_on_the_input_alone(tmp_path):
    asked = []
    for count in (0, 1, 256, 257):
        src = write_rows(tmp_path / "in.jsonl", count)
        with pytest.raises(RuntimeError, match="parts were not written. Run the command again"):
            run_parts(CURATE, src, tmp_path / "out", tmp_path / "parts", lambda _, ranks: asked.append(len(ranks)))
    assert asked == [1, 1, 1, 2]


def test_a_killed_run_goes_on_and_a_changed_input_begins_anew(tmp_path):
    src, asked = write_rows(tmp_path / "in.jsonl"), []

    def dies(folder, ranks):
        asked.append(list(ranks))
        one_by_one(folder, ranks[:2])
        (folder / "part-00003.jsonl.tmp").write_text("half")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", dies, world=5)
    run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", dies, world=5)
    assert asked == [[0, 1, 2, 3, 4], [2, 3, 4], [4]]
    with pytest.raises(RuntimeError):
        run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", dies, world=5)
    write_rows(src, 30)
    with pytest.raises(RuntimeError):
        run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", dies, world=5)
    assert asked[-1] == [0, 1, 2, 3, 4]


def test_a_part_is_a_command(tmp_path):
    src = write_rows(tmp_path / "in.jsonl", 3)

    def elsewhere(folder, ranks):
        subprocess.run([sys.executable, "-m", "refrad2d.engine.parts", str(folder), "0"], check=True, cwd=ROOT)
        assert read_json(folder / "part-00000.json") == {"dropped_temporal_only": 1, "kept": 2}

    found = run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", elsewhere)
    assert isinstance(found, Counter) and found["kept"] == 2


def test_processes_are_an_executor(tmp_path):
    src = write_rows(tmp_path / "in.jsonl")
    counts = curate.run(src, tmp_path / "whole.jsonl")
    found = run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", Processes(2), world=3)
    assert found == counts and (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_run_that_ended_before_its_parts_were_joined_joins_them(tmp_path, monkeypatch):
    src = write_rows(tmp_path / "in.jsonl")
    asked = []

    def all_but_the_join(folder, ranks):
        asked.append(list(ranks))
        one_by_one(folder, ranks)

    def no_join(*_):
        raise OSError("disk full")

    with monkeypatch.context() as full, pytest.raises(OSError, match="disk full"):
        full.setattr("refrad2d.engine.parts.shutil.copyfileobj", no_join)
        run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", all_but_the_join, world=3)
    run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", Processes(2), world=3)
    curate.run(src, tmp_path / "whole.jsonl")
    assert asked == [[0, 1, 2]] and (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_run_that_is_killed_while_it_tidies_up_begins_anew(tmp_path, monkeypatch):
    src, out = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"

    def dies(folder, **_):
        if parts := sorted(folder.glob("part-*.jsonl")):
            parts[0].unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("refrad2d.engine.parts.shutil.rmtree", dies)
        run_parts(CURATE, src, out, tmp_path / "parts", one_by_one, world=5)
    whole = out.read_bytes()
    run_parts(CURATE, src, out, tmp_path / "parts", one_by_one, world=5)
    assert out.read_bytes() == whole and not (tmp_path / "parts").exists()
