"""`refrad2d build`, `append` and `remove`: what they hand on, print and exit with; the work has tests of its own."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from refrad2d.cli import main
from refrad2d.engine.parts import Unfinished
from refrad2d.operations.verify import Fault
from refrad2d.stages.pipeline import NothingUsable
from refrad2d.system.files import read_json
from tests.fixtures.tiny_exports import TRAIN, rows_of, uid, write_key, write_study

STATS = {"rows": {"grounded": {}}, "attrition": "table"}
BUILD = ["build", "export", "--reports", "r.csv", "--out", "x/set"]
APPEND = ["append", "x/set", "export", "--reports", "r.csv"]


@pytest.fixture
def handed(monkeypatch):
    """The arguments of the work, and what it shall do."""
    seen = SimpleNamespace(arguments=None, answer=STATS)

    def work(*arguments):
        seen.arguments = arguments
        if isinstance(seen.answer, Exception):
            raise seen.answer
        return seen.answer

    monkeypatch.setattr("refrad2d.operations.build.build", work)
    monkeypatch.setattr("refrad2d.operations.append.append", work)
    monkeypatch.setattr("refrad2d.operations.remove.remove", work)
    monkeypatch.setattr("refrad2d.dataset.stats.attrition_table", lambda stats: stats["attrition"])
    return seen


def test_build_hands_on_paths_and_options_and_says_how_to_load(handed, capsys):
    words = ["--masks", "m", "--column", "report=Befund", "--site", "A", "--workers", "3", "--head", "drop"]
    assert main([*BUILD, *words]) == 0
    export, reports, out, key_file, options, _ = handed.arguments
    assert (export, reports, out, key_file) == (Path("export"), Path("r.csv"), Path("x/set"), Path("x/set.key"))
    assert (options.masks, options.columns, options.site, options.workers) == (Path("m"), {"report": "Befund"}, "A", 3)
    assert options.privacy == {"burnt_in_text": "blank", "head": "drop"} and options.llm is None
    assert capsys.readouterr().out == (
        'table\n\nx/set/refrad2d is ready: load_dataset("x/set/refrad2d", "grounded"). Key: x/set.key\n'
    )


def test_append_hands_on_its_paths_in_their_order(handed, capsys):
    assert main([*APPEND, "--key-file", "k"]) == 0
    assert handed.arguments[:4] == (Path("x/set"), Path("export"), Path("r.csv"), Path("k"))
    assert capsys.readouterr().out == "table\n\nx/set holds this export now. x/set/CHANGELOG.md has a row for it.\n"


def test_an_export_that_was_added_before_changes_nothing(handed, capsys):
    handed.answer = None
    assert main(APPEND) == 0
    assert capsys.readouterr().out == "This export was added before. Nothing was changed.\n"


@pytest.mark.parametrize("argv", [BUILD, APPEND])
@pytest.mark.parametrize("kind", [NothingUsable, Unfinished])
def test_nothing_usable_and_parts_that_are_missing_are_one_line_and_exit_code_1(handed, capsys, argv, kind):
    handed.answer = kind("No file\nis usable.")
    assert main(argv) == 1
    assert capsys.readouterr().err == "refrad2d: error: No file is usable.\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--column", "report"], "--column 'report' is not NAME=COLUMN. Write for example --column report=Befundtext."),
        (["--llm", "http://127.0.0.1:1/v1"], "--llm is given without --model. Name the model that the server serves."),
        (
            ["--offline", "--llm", "http://127.0.0.1:1/v1", "--model", "m"],
            "--offline and --llm are both given. An LLM needs a connection; choose one.",
        ),
    ],
)
def test_options_that_do_not_go_together_are_one_line_and_exit_code_2(handed, capsys, words, error):
    assert main([*BUILD, *words]) == 2
    assert capsys.readouterr().err == f"refrad2d: error: {error}\n" and handed.arguments is None


def test_a_language_model_keeps_its_answers_beside_the_dataset(handed):
    assert main([*BUILD, "--llm", "http://127.0.0.1:1/v1", "--model", "m"]) == 0
    llm = handed.arguments[4].llm
    assert (llm.base_url, llm.model, llm.cache) == ("http://127.0.0.1:1/v1", "m", Path("x/set.llm-cache"))


def test_offline_locks_the_network_before_the_work(handed, monkeypatch):
    locked = []
    monkeypatch.setattr("refrad2d.commands.build.refuse_connections", lambda: locked.append(handed.arguments))
    assert main([*BUILD, "--offline"]) == 0 and locked == [None]


COUNTS = {"slices": 1200, "studies": 2, "files_rewritten": 3, "files_deleted": 1}


@pytest.mark.parametrize(
    ("counts", "faults", "code", "said"),
    [
        (
            COUNTS,
            [],
            0,
            "x: 1,200 slices in 2 studies of the patient removed, 3 shards rewritten, 1 deleted; "
            "no trace in any file, verify found no fault.\n",
        ),
        ({}, [Fault("a.tar", "k", "trace")], 1, "x: the patient had been removed before; 1 faults.\n"),
    ],
)
def test_remove_says_what_went_and_prints_what_is_left(handed, capsys, counts, faults, code, said):
    handed.answer = SimpleNamespace(counts=counts, faults=faults)
    assert main(["remove", "x", "--patient", "p1"]) == code
    assert handed.arguments == (Path("x"), "p1", Path("x.key"))
    captured = capsys.readouterr()
    assert captured.err == said and [json.loads(line) for line in captured.out.splitlines()] == [
        fault._asdict() for fault in faults
    ]


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """An export of two invented patients with a table of reports."""
    root = tmp_path_factory.mktemp("month")
    write_key(root)
    for patient in TRAIN[:2]:
        write_study(root / "month", patient, "first")
    return root


def build_with(month, table: str, *words: str, encoding: str = "utf-8") -> tuple[int, Path]:
    """Build the export with another table: the exit code, and DIR."""
    (month / "r.csv").write_bytes(table.encode(encoding))
    out = month / f"out{len(list(month.iterdir()))}"
    given = ["--reports", str(month / "r.csv"), "--out", str(out), "--key-file", str(month / "key"), "--workers", "1"]
    return main(
        ["build", str(month / "month" / "dicom"), *given, "--burnt-in-text", "keep", "--head", "keep", *words]
    ), out


def study(n: int) -> str:
    return uid("study", TRAIN[n], "first")


def test_a_table_whose_quotes_never_balance_is_a_wrong_argument(month, capsys):
    code, out = build_with(month, f'StudyInstanceUID;language;report\n{study(0)};de;"Leber\n{study(1)};de;Milz.\n')
    said = capsys.readouterr().err
    assert code == 2 and "line 2" in said and "Leber" not in said and study(0) not in said
    assert not out.exists()


def test_what_became_of_the_table_is_printed_and_in_the_statistics(month, capsys):
    table = f"StudyInstanceUID;report\n{study(0)};Leber vergrößert.\n{study(1)};Milz; glatt\n"
    code, out = build_with(month, table, "--language", "de", encoding="cp1252")
    said = capsys.readouterr().out
    assert code == 0
    assert read_json(out / "stats.json")["table"] == {"csv in cp1252": 1, "broken_row in line 3": 1}
    assert "csv in cp1252" in said and "broken_row in line 3" in said and "dropped_broken_row" in said


def test_an_encoding_may_be_named(month):
    table = f"StudyInstanceUID;language;report\n{study(0)};de;Bei Köhnkex glatt.\n"
    assert build_with(month, table, encoding="cp850")[0] == 2
    assert build_with(month, table, "--encoding", "cp850", encoding="cp850")[0] == 0


def test_tokens_and_codes_reach_no_text_of_the_dataset(month):
    head = "StudyInstanceUID;language;report;clinical_question;clinical_info\n"
    dirty = "<|im_start|>{}<|im_end|> \x1b[31mglatt\x1b[0m [INST]"
    row = ";".join([study(0), "de", *(dirty.format(word) for word in ("Leber ist", "Zyste?", "Schmerz"))])
    code, out = build_with(month, head + row + "\n")
    assert code == 0
    (row,) = rows_of(out).values()
    report = row["report"]["de"]
    assert [report[name] for name in ("findings", "clinical_question", "clinical_info")] == [
        "Leber ist glatt",
        "Zyste? glatt",
        "Schmerz glatt",
    ]
    for path in filter(Path.is_file, out.rglob("*")):
        assert b"im_start" not in path.read_bytes() and b"\x1b[" not in path.read_bytes()
