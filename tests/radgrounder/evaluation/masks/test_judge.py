"""The judge of masks: perfect answers score 1, missing ones 0, controls are where they belong."""

import json

import numpy as np
import pytest
from datasets import Dataset

from radgrounder.evaluation.masks.judge import Costs, judge_reports, judge_structures, run, spacing_of
from radgrounder.inference.predictor import Predictor
from radgrounder.masks.codec_training import fit, structures_of
from radgrounder.masks.targets import select
from radgrounder.masks.text import CodeReader
from radgrounder.training.mask_rows import encode
from refrad2d.conversations import spans_of
from refrad2d.grounding import locate_answer, parse, render
from refrad2d.labels import find_label
from refrad2d.schema import CONFIG_COLUMNS, features
from refrad2d.windows import resize_mask
from tests.fixtures.mask_rows import mask_row

ROWS = [mask_row(seed) for seed in range(3)]
for made in ROWS:
    made["report"]["en"] = {**made["report"]["de"]}


class Oracle:
    """Writes the true box and draws the true mask, but for what it is told to miss."""

    reads_mentions = False

    def __init__(self, rows, missing=()):
        self.rows, self.missing, self.masks = rows, missing, self

    def mask_reader(self):
        return self

    def generate(self, images, prompts, **_):
        return [self._answer(self._row(image), prompt) for image, prompt in zip(images, prompts, strict=True)]

    def count_tokens(self, markup):
        return len(markup)

    def _row(self, image):
        return next(row for row in self.rows if np.array_equal(np.asarray(row["image"]), np.asarray(image)))

    def _answer(self, row, prompt):
        if "Where is the" not in prompt:
            report = row["report"]["en"]
            return render(report["findings"], spans_of(report["spans"]))
        label = find_label(prompt.strip().removeprefix("Where is the ").removesuffix("?")).name
        box = next(found["box"] for found in row["objects"] if found["label"] == label)
        return "not visible" if label in self.missing else locate_answer(label, label, box)

    def read(self, images, turns, sizes):
        found = []
        for image, own in zip(images, turns, strict=True):
            row = self._row(image)
            mask, told = resize_mask(np.asarray(row["mask"])), row["report"]["en"]["spans"]
            labels = []
            for prompt, answer in own:
                spans = parse(answer).spans
                labels += [s["labels"] for s in told] if "Where" not in prompt else [[s.label] for s in spans]
            found.append([select(mask, own_labels) for own_labels in labels])
        return found


def test_a_perfect_answer_scores_one_and_controls_less():
    items = list(judge_structures(Oracle(ROWS), ROWS, {}))
    assert len(items) == 9 and {item["label"] for item in items} == {"liver", "kidney_left", "kidney_right"}
    for item in items:
        scores = item["scores"]
        assert scores["head/dice"] == scores["head/iou"] == scores["mask_box_iou"] == 1.0
        assert scores["head/hausdorff95_mm"] == 0.0 and scores["mean_mask/dice"] == 0.0
        assert scores["true_box_filled/dice"] == pytest.approx(1.0)  # the fixture's structures are boxes
        assert 0.8 < scores["ellipse_in_true_box/dice"] < 0.95 and scores["ellipse_in_true_box/hausdorff95_mm"] > 0
        assert abs(scores["ellipse_in_token_box/dice"] - scores["ellipse_in_true_box/dice"]) < 0.03


def test_a_structure_without_a_box_scores_nought():
    items = list(judge_structures(Oracle(ROWS, missing=("liver",)), ROWS, {}))
    livers = [item["scores"] for item in items if item["label"] == "liver"]
    assert all(s["head/dice"] == s["token_box_iou"] == s["ellipse_in_token_box/iou"] == 0.0 for s in livers)
    assert all(s["head/hausdorff95_mm"] > 400 for s in livers)


def test_the_mean_mask_is_that_of_its_label_modality_and_plane():
    mask = select(resize_mask(np.asarray(ROWS[0]["mask"])), ("liver",))
    items = list(judge_structures(Oracle(ROWS), ROWS[:1], {("liver", "CT", "axial"): mask}))
    assert {item["label"]: item["scores"]["mean_mask/dice"] for item in items} == {
        "liver": 1.0, "kidney_left": 0.0, "kidney_right": 0.0
    }  # fmt: skip


class Writer(Oracle):
    """Writes the true box and the codes of the true mask."""

    def __init__(self, rows, codec, missing=()):
        super().__init__(rows, missing)
        self.codec, self.reader = codec, CodeReader(codec)

    def mask_reader(self):
        return self.reader

    def _answer(self, row, prompt):
        assert prompt.startswith("\n\nSegment the ")
        label = find_label(prompt.strip().removeprefix("Segment the ").removesuffix(":")).name
        box = next(found["box"] for found in row["objects"] if found["label"] == label)
        codes = encode(row, self.codec)[(label,)]
        return "not visible" if label in self.missing else locate_answer(label, label, box, codes=codes)


def test_text_codes_stand_beside_the_head_with_what_both_cost():
    codec, costs = fit(structures_of(ROWS), steps=24), Costs()
    writer = Writer(ROWS, codec, missing=("liver",))
    items = list(judge_structures(Oracle(ROWS), ROWS, {}, writer=writer, costs=costs))
    for item in items:
        scores, there = item["scores"], item["label"] != "liver"
        assert scores["head/dice"] == 1.0 and (scores["codes/dice"] > 0.5) is there
        assert (scores["codes_box_iou"] > 0.95) is there and (scores["ellipse_in_codes_box/dice"] > 0.5) is there
    each = costs.each()
    assert set(each) == {"locate", "head", "segment"} and each["head"]["tokens"] == 0 < each["locate"]["tokens"]
    assert each["segment"]["tokens"] > each["locate"]["tokens"] and each["segment"]["cpu_s"] > 0


def test_a_model_that_only_writes_masks_has_no_head_to_score():
    writer = Writer(ROWS, fit(structures_of(ROWS), steps=24))
    writer._answer = lambda row, prompt: (Oracle if "Where" in prompt else Writer)._answer(writer, row, prompt)
    items = list(judge_structures(writer, ROWS[:1], {}, writer=writer))
    assert all("head/dice" not in item["scores"] and item["scores"]["token_box_iou"] > 0.95 for item in items)
    assert all(item["scores"]["mask_box_iou"] > 0 for item in items)


def test_reports_are_judged_by_mention():
    [item, *_] = judge_reports(Oracle(ROWS), ROWS)
    assert item["scores"]["g_iou_class_masks"] == 1.0 and item["scores"]["g_iou_class"] > 0.95
    assert list(judge_reports(Oracle(ROWS), [{**ROWS[0], "report": {"de": None, "en": None}}])) == []


def test_spacing_is_that_of_the_image():
    assert spacing_of({**mask_row(size=112), "spacing": [3.0, 4.0]}) == (1.5, 2.0)


def test_a_run_writes_what_it_found(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    rows = [{name: row[name] for name in CONFIG_COLUMNS["grounded"]} for row in ROWS]
    Dataset.from_list(rows, features=features("grounded")).to_parquet(tmp_path / "data" / "judged-test.parquet")
    card = (
        "---\nconfigs:\n- config_name: grounded\n  data_files:\n  - split: test\n    path: judged-test.parquet\n---\n"
    )
    (tmp_path / "data" / "README.md").write_text(card)
    monkeypatch.setattr(Predictor, "load", lambda model, batch_size: Oracle(ROWS))
    result = run("model", str(tmp_path / "data"), tmp_path / "out", limit=2)
    assert json.loads((tmp_path / "out" / "masks.json").read_text()) == json.loads(json.dumps(result))
    assert result["structures"]["head/dice"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 6}


def test_a_head_for_mentions_without_boxes_is_refused(tmp_path, monkeypatch):
    oracle = Oracle(ROWS)
    oracle.reads_mentions = True
    monkeypatch.setattr(Predictor, "load", lambda model, batch_size: oracle)
    with pytest.raises(ValueError, match="without boxes"):
        run("model", str(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out").exists()
