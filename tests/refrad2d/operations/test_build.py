"""The walk from export to dataset, on the phantom: laws of what comes out, and what bad input gets."""

import hashlib
import io
import json
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from datasets import load_dataset
from PIL import Image

import refrad2d
from refrad2d.boxes import box_of, objects
from refrad2d.cli import main
from refrad2d.grounding import parse, render
from refrad2d.labels import label_by_id
from refrad2d.operations.build import build
from refrad2d.operations.verify import verify
from refrad2d.samples import native_values, read_png, read_samples
from refrad2d.schema import CONFIGS, SPLITS
from refrad2d.stages.pipeline import NothingUsable, Options
from refrad2d.system.files import read_json, read_jsonl
from refrad2d.windows import windows
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.tiny_exports import TEST, TRAIN, VALIDATION, run, write_key, write_study


def archive_rows(dataset: Path):
    for shard in sorted((dataset / "refrad2d-wds").glob("*.tar")):
        for _, sample in read_samples(shard):
            yield json.loads(sample["json"]), sample


def test_every_box_is_the_union_box_of_its_labels(dataset):
    count = 0
    for row, sample in archive_rows(dataset):
        mask = np.asarray(Image.open(io.BytesIO(sample["mask.png"])))
        assert row["objects"] == objects(mask)
        for report in filter(None, row["report"].values()):
            for span in report["spans"]:
                assert tuple(span["box"]) == box_of(mask, span["labels"])
                assert all((mask == i).any() for i in map(_id, span["labels"]))
                count += 1
    assert count > 100


def _id(name):
    return next(i for i in range(1, 122) if label_by_id(i) == name)


def test_the_image_is_the_windowed_archive(dataset):
    images = {
        row["id"]: row["image"] for split in load_dataset(str(dataset / "refrad2d"), "report").values() for row in split
    }
    for row, sample in archive_rows(dataset):
        assert np.array_equal(
            np.asarray(images[row["id"]]), windows(native_values(read_png(sample["pixels.png"]), row), row["modality"])
        )


def test_spans_point_at_words_and_survive_the_markup(dataset):
    for row, _ in archive_rows(dataset):
        for report in filter(None, row["report"].values()):
            spans = refrad2d.conversations.spans_of(report["spans"])
            assert parse(render(report["findings"], spans)).text == report["findings"]
            assert all(report["findings"][s.start : s.end].strip() for s in spans)


def test_no_patient_is_in_two_splits(dataset):
    splits = load_dataset(str(dataset / "refrad2d"), "report")
    patients = [set(split["patient"]) for split in splits.values()]
    assert sum(map(len, patients)) == len(set().union(*patients))


def test_no_identifier_of_the_export_is_in_the_output(dataset, hospital):
    import pydicom

    planted = set()
    for path in list(sorted((hospital / "dicom").rglob("*")))[::40]:
        if path.is_file():
            header = pydicom.dcmread(path, stop_before_pixels=True)
            planted |= {
                str(header.get(name, ""))
                for name in ("PatientID", "AccessionNumber", "StudyInstanceUID", "PatientBirthDate")
            }
            planted |= {part for part in str(header.get("PatientName", "")).replace("^", " ").split() if len(part) > 4}
    assert len(planted - {""}) > 20
    text = b"\n".join(
        path.read_bytes() for path in sorted(dataset.rglob("*")) if path.suffix in (".json", ".jsonl", ".md", ".tar")
    )
    assert not [secret for secret in planted - {""} if secret.encode() in text]


def test_every_input_file_is_accounted_for_once(dataset, hospital):
    lines = list(read_jsonl(dataset / "accounting.jsonl"))
    for root in ("dicom", "masks"):
        name = {"dicom": "export"}.get(root, root)
        positions = [line["n"] for line in lines if line["root"] == name]
        assert positions == list(range(sum(path.is_file() for path in (hospital / root).rglob("*"))))
    assert all(set(line) == {"root", "n", "status", "reason"} for line in lines)


def test_the_manifest_says_of_masks_that_were_given_just_that(dataset):
    assert read_json(dataset / "manifest.json")["segmenter"] == {"name": "masks"}


def test_the_manifest_holds_the_hash_of_every_file(dataset):
    manifest = read_json(dataset / "manifest.json")
    found = {
        p.relative_to(dataset).as_posix()
        for f in ("refrad2d", "refrad2d-wds")
        for p in (dataset / f).rglob("*")
        if p.is_file()
    }
    assert set(manifest["files"]) == found | {"stats.json", "accounting.jsonl"}
    for name, facts in manifest["files"].items():
        assert hashlib.sha256((dataset / name).read_bytes()).hexdigest() == facts["sha256"]


@pytest.mark.parametrize("config", CONFIGS)
def test_the_builder_class_gives_the_rows_of_the_parquet_files(dataset, config):
    parquet = load_dataset(str(dataset / "refrad2d"), config)
    archive = refrad2d.load(config, root=dataset)
    assert set(parquet) == set(archive) <= set(SPLITS)
    for split in parquet:
        assert parquet[split].features == archive[split].features and len(parquet[split]) == len(archive[split])
        for mine, theirs in islice(zip(parquet[split], archive[split], strict=True), 60):
            assert _plain(mine) == _plain(theirs)


def _plain(row):
    return {k: (v.size, v.mode, v.tobytes()) if isinstance(v, Image.Image) else v for k, v in row.items()}


@pytest.mark.parametrize("config", CONFIGS)
def test_configs_stream(dataset, config):
    parquet = load_dataset(str(dataset / "refrad2d"), config, split="train", streaming=True)
    archive = refrad2d.load(config, root=dataset, split="train", streaming=True)
    assert _plain(next(iter(parquet))) == _plain(next(iter(archive)))


def test_sft_has_no_test_patients_and_asks_for_what_it_shows(dataset):
    sft = load_dataset(str(dataset / "refrad2d"), "sft")
    assert "test" not in sft
    prompts = {
        message["content"][-1]["text"] for row in sft["train"].select(range(400)) for message in row["messages"][:1]
    }
    assert any(p.startswith("\n\nWhere is the") for p in prompts) and any("detektiere" in p for p in prompts)


def digest(folder):
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture
def small(tmp_path, hospital):
    """One study of the hospital, copied so that a test may spoil it."""
    patient = sorted(p for p in (hospital / "dicom").iterdir())[0]
    shutil.copytree(patient, tmp_path / "dicom" / patient.name)
    shutil.copytree(hospital / "masks", tmp_path / "masks")
    shutil.copy(hospital / "reports.csv", tmp_path / "reports.csv")
    (tmp_path / "k.key").write_text("0a" * 32)
    return tmp_path


def build_small(small, out="out", workers=1, **options):
    return build(
        small / "dicom",
        small / "reports.csv",
        small / out,
        small / "k.key",
        Options(**{"masks": small / "masks", "workers": workers, "burnt_in_text": "keep", **options}),
    )


def test_workers_and_order_of_files_change_no_byte(small):
    build_small(small, "one", workers=1)
    for path in sorted((small / "dicom").rglob("*"), reverse=True):
        if path.is_file():
            path.rename(path.with_suffix(".moved"))
            path.with_suffix(".moved").rename(path)
    build_small(small, "two", workers=2)
    assert digest(small / "one") == digest(small / "two")


def test_an_interrupted_build_goes_on_and_ends_the_same(small, monkeypatch):
    build_small(small, "whole")
    monkeypatch.setattr("refrad2d.operations.build.shards.run", _raise)
    with pytest.raises(OSError):
        build_small(small, "broken")
    assert not (small / "broken" / "manifest.json").exists() and (small / "broken" / ".stages" / "match").exists()
    monkeypatch.undo()
    build_small(small, "broken")
    assert digest(small / "whole") == digest(small / "broken")


def _raise(*_, **__):
    raise OSError("disk full")


def test_a_finished_build_is_not_built_again_and_other_input_is_refused(small):
    first = build_small(small)
    assert build_small(small) == first
    with pytest.raises(ValueError, match="already holds a dataset built from other input"):
        build_small(small, site="C")


def test_without_masks_there_are_reports_but_no_boxes_and_no_questions_that_nothing_shows(small):
    stats = build(small / "dicom", small / "reports.csv", small / "out", small / "k.key", Options())
    assert set(stats["slices"]["rule"]) == {"middle"} and "grounded" not in stats["rows"]
    split = next(iter(stats["rows"]["slices"]))
    row = load_dataset(str(small / "out" / "refrad2d"), "vqa", split=split)[0]
    assert row["vqa"] == []  # one slice: nothing says what it shows, and its modality and plane are those of all
    assert list(verify(small / "out")) == []


def run_cli(capsys, *arguments):
    code = main([str(a) for a in arguments])
    captured = capsys.readouterr()
    return code, captured.err.strip().splitlines()


def test_bad_input_gets_one_line_and_leaves_nothing(small, capsys):
    empty, text = small / "empty", small / "text.txt"
    empty.mkdir()
    text.write_text("not a table")
    good = ("--reports", small / "reports.csv", "--out", small / "o")
    cases = [
        (2, "holds no files", ("build", empty, *good)),
        (2, "does not exist", ("build", small / "nowhere", *good)),
        (2, "no column 'report'", ("build", small / "dicom", "--reports", text, "--out", small / "o")),
        (2, "does not exist", ("build", small / "dicom", "--reports", small / "no.csv", "--out", small / "o")),
        (2, "Mask folder", ("build", small / "dicom", *good, "--masks", small / "nomasks")),
        (
            2,
            "Unknown mask labels",
            ("build", small / "dicom", *good, "--masks", small / "masks", "--mask-labels", "totl"),
        ),
        (
            2,
            "lies inside the input",
            ("build", small / "dicom", "--reports", small / "reports.csv", "--out", small / "dicom" / "o"),
        ),
        (2, "Unknown report column", ("build", small / "dicom", *good, "--column", "befund=x")),
        (2, "Unknown window 'bones'", ("draw", small, small / "x.png", "--window", "bones")),
        (2, "outside 0..", ("explain", small / "dicom", 9999)),
    ]
    for code, words, arguments in cases:
        got, lines = run_cli(capsys, *arguments)
        assert got == code and len(lines) == 1 and words in lines[0], (arguments, lines)
        assert not (small / "o").exists() and not (small / "o.key").exists()


def test_masks_that_fit_nothing_end_the_build(small, capsys):
    write_slice(small / "other" / "a")
    (small / "r.csv").write_text("report,language\nLeber glatt.,de\n")
    code, lines = run_cli(
        capsys, "build", small / "other", "--reports", small / "r.csv", "--masks", small / "masks", "--out", small / "o"
    )
    assert code == 1 and "mask_on_another_grid" in lines[-1] and not (small / "o").exists()


def test_reports_that_fit_nothing_end_the_build(small):
    (small / "reports.csv").write_text("report,language,StudyInstanceUID\nLeber glatt.,de,1.2.3\n")
    with pytest.raises(NothingUsable, match="1 no_matching_study"):
        build_small(small)


def test_explain_names_the_file_at_a_position(small, capsys):
    assert main(["explain", str(small / "dicom"), "0"]) == 0
    first = min(p.relative_to(small / "dicom").as_posix() for p in (small / "dicom").rglob("*") if p.is_file())
    assert capsys.readouterr().out.strip() == first


def test_draw_shows_boxes(dataset, tmp_path):
    assert main(["draw", str(dataset), str(tmp_path / "sheet.png"), "--rows", "2"]) == 0
    assert Image.open(tmp_path / "sheet.png").size[0] == 800
    row = load_dataset(str(dataset / "refrad2d"), "grounded", split="train")[0]
    assert refrad2d.draw(row).size[0] == 448


def answering_model(request):
    """A language model on site, as the protocol has it: rewrites nothing, translates one text, names the liver."""
    from tests.fixtures.llm_stub import reply, text_of

    task, text = request["response_format"]["json_schema"]["name"], text_of(request)
    if task == "rewrite":
        return reply({"findings": "Die Leber ist glatt, 12 mm Zyste."})
    if task == "translate":
        return reply({"translation": "The liver is smooth, 12 mm cyst."})
    if task == "mentions":
        word = "Leber" if "Leber" in text else "liver"
        return reply({"mentions": [{"text": word, "labels": ["liver"], "negated": False}]})
    return reply("no JSON at all")


def test_a_model_on_site_gives_the_second_language(small):
    from refrad2d.llm.client import LLM
    from tests.fixtures.llm_stub import stub_server

    (small / "r.csv").write_text('report,language\n"Die Leber ist glatt, 12 mm Zyste.",de\n', encoding="utf-8")
    with stub_server(answering_model) as stub:
        llm = LLM(base_url=stub.url, model="stub", cache=small / "cache", backoff=0.001, attempts=2, progress=False)
        options = Options(masks=small / "masks", llm=llm)
        build(small / "dicom", small / "r.csv", small / "out", small / "k.key", options)
    row = next(archive_rows(small / "out"))[0]
    assert row["report"]["de"]["origin"] == "original" and row["report"]["en"]["origin"] == "translated"
    assert row["report"]["en"]["findings"] == "The liver is smooth, 12 mm cyst."
    assert [s["label"] for s in row["report"]["en"]["spans"]] == ["liver"] and row["vqa"]
    assert list(verify(small / "out")) == []


@pytest.mark.parametrize("others", [(VALIDATION[0], TEST[0]), (TEST[0], VALIDATION[0])])
def test_pictures_in_two_splits_are_resolved_before_verify_could_find_them(tmp_path, others):
    write_key(tmp_path)
    for brighter, patient in enumerate((TRAIN[0], *others)):
        write_study(tmp_path, patient, "first", pixels_of="one and the same", add=brighter)
    write_study(tmp_path, TRAIN[1], "first")
    assert run("build", root=tmp_path, month=tmp_path, out=tmp_path / "dataset") == 0
    stats = read_json(tmp_path / "dataset" / "stats.json")
    assert stats["ready"] == {"dropped_duplicate_across_splits": 6} and stats["patients"] == {"train": 1, "test": 1}
    assert stats["slices"]["modality_plane"] == {"CT axial": 6} == {"CT axial": sum(stats["rows"]["slices"].values())}
    assert list(verify(tmp_path / "dataset")) == []
