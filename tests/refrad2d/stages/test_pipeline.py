"""The order of the stages, and what a stage leaves: the stages themselves have tests of their own."""

from collections import Counter

import pytest

from refrad2d.stages.options import Options
from refrad2d.stages.pipeline import STAGES, NothingUsable, account_stages, check_arguments, rows_file, run_stage
from refrad2d.system.files import read_json, write_json, write_jsonl


def test_each_stage_stands_behind_what_it_reads():
    order = [stage.name for stage in STAGES]
    assert order.index("ingest") < order.index("segment") < order.index("match")
    assert order.index("curate") < order.index("mentions") < order.index("match") < order.index("questions")


def test_a_stage_that_stands_is_not_done_again(tmp_path):
    done = []
    for _ in range(2):
        run_stage(tmp_path / "curate", lambda dst: done.append(dst) or Counter(kept=1))
    assert len(done) == 1 and read_json(tmp_path / "curate" / "counts.json") == {"kept": 1}


def test_a_stage_that_dies_leaves_no_folder(tmp_path):
    def die(dst):
        (dst / "half").write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        run_stage(tmp_path / "curate", die)
    assert not (tmp_path / "curate").exists()


@pytest.mark.parametrize("name", ["ingest", "match"])
def test_a_stage_that_leaves_nothing_ends_the_build_in_words(tmp_path, name):
    (tmp_path / name).mkdir()
    write_json(tmp_path / name / "counts.json", {"dropped_not_an_image": 3})
    for file in ("series.jsonl", "texts.jsonl", "rows.jsonl"):
        write_jsonl(tmp_path / name / file, [])
    (require,) = (stage.require for stage in STAGES if stage.name == name)
    with pytest.raises(NothingUsable):
        require(tmp_path / name, Options())


def words_of(tmp_path, name: str, counts: dict, options: Options) -> str:
    """What the check behind a stage says that left these counts, one series and nothing else."""
    for folder, found in ((name, counts), ("curate", {"kept": 1, "dropped_temporal_only": 1})):
        (tmp_path / folder).mkdir()
        write_json(tmp_path / folder / "counts.json", found)
    write_jsonl(tmp_path / name / "series.jsonl", [{}])
    for file in ("texts.jsonl", "rows.jsonl"):
        write_jsonl(tmp_path / name / file, [])
    (require,) = (stage.require for stage in STAGES if stage.name == name)
    with pytest.raises(NothingUsable) as nothing:
        require(tmp_path / name, options)
    return str(nothing.value)


@pytest.mark.parametrize(
    ("name", "counts", "said"),
    [
        ("ingest", {"kept": 1, "reports_kept": 0}, "no row below its header"),
        ("ingest", {"kept": 1, "reports_dropped_no_identifier": 2}, "2 no_identifier"),
        ("segment", {"kept": 0}, "No file of --masks is a mask"),
        ("segment", {"kept": 0, "dropped_ambiguous_mask": 2}, "2 ambiguous_mask"),
        ("match", {"sentences_unclear_image": 3, "sentences_without_slice": 1}, "1 temporal_only, 3 unclear_image"),
    ],
)
def test_words_name_what_was_lost_and_never_a_viewer_where_no_file_is_at_fault(tmp_path, name, counts, said):
    words = words_of(tmp_path, name, counts, Options(masks=tmp_path))
    assert said in words and "viewer" not in words


def test_the_rows_of_a_build_are_those_of_its_last_stage(tmp_path):
    assert rows_file(tmp_path).parent.name == STAGES[-1].name


def test_every_input_and_the_table_are_accounted_for(tmp_path):
    line = {"root": "export", "n": 0, "status": "kept", "reason": None}
    for name, lines in (("ingest", [line]), ("segment", [])):
        (tmp_path / name).mkdir()
        write_jsonl(tmp_path / name / "accounting.jsonl", lines)
    assert list(account_stages(tmp_path)) == [line, {**line, "root": "reports"}]


def test_an_output_inside_the_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match="lies inside the input"):
        check_arguments(tmp_path, tmp_path / "out", Options(burnt_in_text="keep"))
