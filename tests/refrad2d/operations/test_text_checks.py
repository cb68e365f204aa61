"""Manifest, stats, accounting, card and changelog: whatever is not ours, or does not follow from the rows, is found.

Each damage comes with a manifest that was made to fit, so that no hash tells.
"""

import json
import re
from pathlib import Path

import pytest

import refrad2d
from refrad2d import __version__
from refrad2d.dataset.manifest import digest_files, hash_files
from refrad2d.operations.text_checks import (
    HISTORY,
    check_accounting,
    check_changes,
    check_form,
    is_file_count,
    is_stated_reason,
)
from refrad2d.operations.transaction import CHANGES_HEAD
from refrad2d.operations.verify import verify
from refrad2d.system.files import read_json, write_json
from tests.refrad2d.operations import test_verify as built

sound, root = built.sound, built.root
CARD = "refrad2d/README.md"


def refit(root, **more):
    files = hash_files(root)
    old = read_json(root / "manifest.json")
    write_json(root / "manifest.json", {**old, "files": files, "fingerprint": digest_files(files), **more})


def found(root):
    faults = list(verify(root))
    assert "Hans" not in repr(faults) and "Testmann" not in repr(faults)
    return {(fault.file, fault.kind) for fault in faults}


def changed(value, path, new):
    """A JSON value with one part replaced, or added."""
    at = value
    for step in path[:-1]:
        at = at.setdefault(step, {})
    at[path[-1]] = new
    return value


@pytest.mark.parametrize(
    ("path", "new", "kind"),
    [
        (("Hans Testmann",), 1, "unknown_field"),
        (("patients_by_name",), {"Hans": 1}, "unknown_field"),
        (("comment",), "by Hans", "unknown_field"),
        (("identities_hans",), 1, "unknown_field"),
        (("identities_merged",), "Hans", "unknown_value"),
        (("files", "Hans"), {"kept": 1}, "unknown_value"),
        (("files", "export", "dropped_Hans Testmann"), 1, "unknown_value"),
        (("reports",), {"dropped_hans": 1}, "unknown_value"),
        (("reports",), {"kept": "Hans"}, "unknown_value"),
        (("table",), {"csv of Hans": 1}, "unknown_value"),
        (("table",), {"Hans in line 3": 1}, "unknown_value"),
        (("heads",), {"series": 1, "Hans": 1}, "unknown_value"),
        (("burnt_in",), {"HANS": 1}, "unknown_value"),
        (("sentences",), {"hans": 1}, "unknown_value"),
        (("curate",), {"dropped_Hans": 1}, "unknown_value"),
        (("ready",), {"dropped_hans": 1}, "unknown_value"),
        (("not_appended",), {"Hans": 1}, "unknown_value"),
        (("slices", "sex"), {"F": 4, "M": 1}, "counts"),
        (("slices", "site"), {"Praxis Testmann": 5}, "counts"),
        (("texts", "de"), 6, "counts"),
        (("labels",), {"liver": 4, "Hans": 1}, "counts"),
        (("slices", "site", "Hans"), 0, "counts"),
        (("labels", "Hans"), 0, "counts"),
        (("slices", "referrer"), {}, "counts"),
        (("vqa",), {}, "counts"),
        (("spans", "de"), 0, "counts"),
        (("patients", "train"), 3, "counts"),
        (("rows", "slices", "train"), 5, "row_count"),
        (("blind",), {}, "blind"),
        (("blind", "Hans"), {}, "blind"),
        (("leaks",), [], "leaks"),
        (("leaks",), [{"one": "train", "other": "Hans", "pictures": [1, 1], "pairs": 1, "seen": 1}], "leaks"),
    ],
)
def test_stats_that_do_not_follow_from_the_rows_are_found(root, path, new, kind):
    write_json(root / "stats.json", changed(read_json(root / "stats.json"), path, new))
    refit(root)
    assert ("stats.json", kind) in found(root)


def test_every_count_of_masks_and_sentences_is_known():
    """A count that a stage writes and verify does not know would make a fresh build fail its own verify."""
    package = Path(refrad2d.__file__).parent
    code = "".join((package / name).read_text() for name in ("images/masks/painting.py", "stages/segment.py"))
    assert all(is_file_count(name) for name in re.findall(r'counts\["(\w+)"\]', code))
    names = re.findall(r'counts\["(\w+?)_(\w+)"\]', (package / "stages/match.py").read_text())
    assert len(names) >= 4 and all(HISTORY[section](name) for section, name in names)


def test_pairs_with_a_benchmark_are_taken_as_they_are(root):
    stats = read_json(root / "stats.json")
    pair = {"one": "train", "other": "vqa-rad", "pictures": [4, 9], "pairs": 1, "seen": 1}
    stats["leaks"].append(pair)
    write_json(root / "stats.json", stats)
    refit(root)
    assert found(root) == {(CARD, "card_differs")}  # the card was made before
    stats["leaks"][-1] = {**pair, "note": "Hans"}
    write_json(root / "stats.json", stats)
    refit(root)
    assert ("stats.json", "unknown_field") in found(root)


@pytest.mark.parametrize("damage", ["gone", "text", "list"])
def test_stats_that_are_none_are_found(root, damage):
    if damage == "gone":
        (root / "stats.json").unlink()
    else:
        (root / "stats.json").write_text({"text": "Hans", "list": "[1]\n"}[damage])
    refit(root)
    kind = "missing_file" if damage == "gone" else "unreadable"
    assert ("stats.json", kind) in found(root)


@pytest.mark.parametrize(
    ("path", "new"),
    [
        (("author",), "Hans Testmann"),
        (("versions", "Hans"), "1"),
        (("versions", "numpy"), "of Hans"),
        (("key_id",), "Testmann, Hans"),
        (("inputs",), "/home/hans"),
        (("privacy",), {"head": "keep", "who": "Hans"}),
        (("privacy",), {"head": "Hans"}),
        (("segmenter",), {"name": "hans"}),
        (("segmenter",), {"name": "masks", "folder": "/home/hans"}),
        (("segmenter",), {"name": "totalsegmentator", "version": "of Hans"}),
        (("segmenter",), {"name": "totalsegmentator", "weights": {"total": ["/home/hans/Dataset1_x"]}}),
        (("batches",), [{"name": "b001", "inputs": "x" * 20, "who": "Hans"}]),
        (("batches",), [{"name": "Hans", "inputs": "x" * 20}]),
        (("removed",), ["Hans"]),
        (("emptied",), ["refrad2d/data/hans.parquet"]),
        (("assumptions",), {"modality": "Hans"}),
        (("balance",), {"counts": {"Hans Testmann": [1, 2]}, "values": {}}),
        (("balance",), {"counts": {"de sees liver": [1, 2]}, "values": {"body_part": ["Hans"]}}),
        (("rows", "slices", "hans"), 0),
    ],
)
def test_a_manifest_with_other_fields_or_values_is_found(root, path, new):
    write_json(root / "manifest.json", changed(read_json(root / "manifest.json"), path, new))
    assert ("manifest.json", "unknown_field") in found(root)


def test_a_file_of_the_manifest_has_our_fields(root):
    manifest = read_json(root / "manifest.json")
    manifest["files"][CARD]["by"] = "Hans"
    write_json(root / "manifest.json", manifest)
    assert ("manifest.json", "unknown_field") in found(root)


@pytest.mark.parametrize("name", ["manifest.json", "stats.json"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: text.replace("\n", " ", 1),
        lambda text: '{"rows": "Hans Testmann", ' + text[1:],
        lambda text: json.dumps(json.loads(text)),
    ],
)
def test_json_has_the_form_that_we_write(root, name, change):
    assert list(check_form(root, name)) == []
    text = (root / name).read_text()
    (root / name).write_text(change(text))
    assert [fault.kind for fault in check_form(root, name)] == ["not_as_written"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"reason": "Hans Testmann was here", "status": "dropped"}, "unknown_reason"),
        ({"reason": "hans", "status": "dropped"}, "unknown_reason"),
        ({"reason": "error_Hans Testmann", "status": "dropped"}, "unknown_reason"),
        ({"reason": "error_testmann", "status": "dropped"}, "unknown_reason"),
        ({"reason": "error_", "status": "dropped"}, "unknown_reason"),
        ({"file": "Testmann.dcm"}, "unknown_field"),
        ({"root": "Hans"}, "unknown_field"),
        ({"root": "export-hans"}, "unknown_field"),
    ],
)
def test_accounting_holds_reasons_of_the_table_and_our_fields(tmp_path, line, kind):
    entry = {"n": 0, "reason": None, "root": "export", "status": "kept", **line}
    (tmp_path / "accounting.jsonl").write_text(json.dumps(entry, sort_keys=True) + "\n")
    assert kind in [fault.kind for fault in check_accounting(tmp_path)]


@pytest.mark.parametrize(
    "text",
    [
        '{"n": 0, "reason": null, "root": "export", "status": "kept"}',
        '{"n":0, "reason": null, "root": "export", "status": "kept"}\n',
        '{"n": 5, "n": 0, "reason": null, "root": "export", "status": "kept"}\n',
    ],
)
def test_accounting_has_the_form_that_we_write(tmp_path, text):
    (tmp_path / "accounting.jsonl").write_text(text)
    assert [fault.kind for fault in check_accounting(tmp_path)] == ["not_as_written"]


@pytest.mark.parametrize(
    ("reason", "fine"),
    [
        ("no_pixels", True),
        ("duplicate_across_splits", True),
        ("error_ValueError", True),
        ("error_InvalidDicomError", True),
        ("error_error", True),
        ("error_Hans", False),
        ("error", True),
        ("Patient Testmann", False),
    ],
)
def test_a_reason_is_of_the_table_or_an_exception(reason, fine):
    assert is_stated_reason(reason) is fine


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda text: "", "card_head"),
        (lambda text: "# RefRad2D\n", "card_differs"),
        (lambda text: text.replace("## Privacy\n", "## Privacy\nAsk Hans Testmann.\n"), "card_differs"),
        (lambda text: text + "\n", "card_differs"),
        (lambda text: text[: text.index("## Content")], "card_differs"),
        (lambda text: text.replace("pretty_name: RefRad2D", "pretty_name: Hans"), "card_head"),
        (lambda text: text.replace("---\n", "---\nauthor: Hans\n", 1), "card_head"),
        (lambda text: text.replace("---\n", "---\n# by Hans\n", 1), "card_head"),
        (lambda text: text.replace("num_examples: 4", "num_examples: 5"), "card_head"),
        (
            lambda text: text.replace(f"`refrad2d build` {__version__}", "`refrad2d build` 0.0.9 of Hans")[:900],
            "card_differs",
        ),
    ],
)
def test_a_card_that_is_not_the_one_of_the_rows_is_found(root, change, kind):
    (root / CARD).write_text(change((root / CARD).read_text()))
    refit(root)
    assert (CARD, kind) in found(root)


def test_a_card_that_is_gone_is_found(root):
    (root / CARD).unlink()
    refit(root)
    assert (CARD, "missing_file") in found(root)


def test_a_card_of_another_version_may_have_other_words(root):
    text = (root / CARD).read_text().replace(f"`refrad2d build` {__version__}", "`refrad2d build` 9.9.9")
    (root / CARD).write_text(text.replace("## Splits", "## Parts"))
    refit(root)
    assert found(root) == set()


ROW = "| 1. append | 0123456789ab | +1 | +2 | +3 | shards b001 |\n"


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (CHANGES_HEAD + ROW, True),
        (CHANGES_HEAD + ROW.replace(" |\n", "; left out: 2 already_published, 1 duplicate_across_splits |\n"), True),
        (CHANGES_HEAD + "| 1. remove | 0123456789ab | -1 | -2 | -3 | 4 shards rewritten, 1 deleted |\n", True),
        (CHANGES_HEAD + ROW + "Hans Testmann\n", False),
        (CHANGES_HEAD + ROW.replace("append", "Hans"), False),
        (CHANGES_HEAD + ROW.replace("shards b001", "shards b001; left out: Hans"), False),
        (CHANGES_HEAD + ROW[:-1], False),
        ("# Hans\n" + CHANGES_HEAD + ROW, False),
        (ROW, False),
        ("", False),
    ],
)
def test_the_changelog_has_rows_of_counts(tmp_path, text, fine):
    (tmp_path / "CHANGELOG.md").write_text(text)
    assert [fault.kind for fault in check_changes(tmp_path)] == ([] if fine else ["unknown_field"])
