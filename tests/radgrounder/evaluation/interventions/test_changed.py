"""Interventions: what changes in the pictures, and what a model that looks, and one that does not, get for it."""

import json
import re

import numpy as np
import pytest

from radgrounder.evaluation.interventions.changed import Shot, evaluate, load
from radgrounder.evaluation.interventions.following import COLUMNS, NAME, RATES
from radgrounder.evaluation.run import Settings
from radgrounder.metrics.boxes import iou
from refrad2d.grounding import Parsed, locate_answer
from refrad2d.labels import labels
from refrad2d.phantom import make_patient, report_sentences
from refrad2d.phantom.series import get_region


@pytest.fixture(scope="module")
def rows():
    return load(sites=("A",), regions=("abdomen_ct",), patients=5)


def figures(rows, answers):
    scores = rows.score(rows.items, answers)
    means = {}
    for column in COLUMNS:
        values = [one[column.measure] for item, one in zip(rows.items, scores, strict=True)
                  if not item.control and column.measure in one]  # fmt: skip
        means[column.name] = float(np.mean(values)) if values else None
    return means


def looking(rows):
    """What a model says that sees everything."""
    sentences = {item.id: _sentence(item) for item in rows.items if item.task == "report"}
    return [Parsed(sentences[item.id], [], 0) if item.task == "report" else item.true for item in rows.items]


def _sentence(item):
    change, *_, finding = item.id.split("/")
    if change.startswith(("without", "plain")):
        return "The liver is normal."
    region = get_region(item.groups["region"])
    planted = (finding,) if change == "added" else ()
    patient = make_patient(int(item.cluster), "A", parts=region.parts, planted=planted)
    told = report_sentences(patient, {label.name for label in labels()}, np.random.default_rng(0),
                            wordings=region.wordings, modality=region.modality)  # fmt: skip
    said = next(sentence.clean["en"] for sentence in told if sentence.finding == finding)
    swap = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
    return re.sub("|".join(swap), lambda side: swap[side[0]], said) if change == "flipped" else said


def frozen(rows):
    """What a model says that always sees the unchanged picture."""
    said = dict(zip((item.id for item in rows.items), looking(rows), strict=True))
    unchanged = {"mirror": "before", "moved": "before", "scaled": "before", "contrast": "before", "added": "plain",
                 "swapped": "before_gone", "swapped_gone": "before", "without": "with", "flipped": "with"}  # fmt: skip
    parts = [item.id.partition("/") for item in rows.items]
    return [said[f"{unchanged.get(change, change)}/{rest}"] for change, _, rest in parts]


def test_a_model_that_looks_follows_every_change(rows):
    found = figures(rows, looking(rows))
    assert {name: found[name] for name in RATES} == dict.fromkeys(RATES, 1.0)
    assert found["moved_iou_before"] == found["mirror_follows_before"] == found["mirror_swaps_before"] == 1
    none = ("mirror_follows", "mirror_swaps", "mirror_report_sides", "removed_goes", "added_comes", "moved_follows")
    assert {found[f"{name}_control"] for name in none} == {0.0}
    assert {found[f"{name}_over_control"] for name in none} == {1.0}


def test_a_model_that_does_not_look_has_nothing_over_its_controls(rows):
    found = figures(rows, frozen(rows))
    for name in ("mirror_sides", "mirror_follows", "mirror_swaps", "moved_iou", "moved_follows", "scaled_follows"):
        assert found[f"{name}_over_control"] == 0 and found[name] == found[f"{name}_control"]
    assert found["removed_goes"] == found["added_comes"] == found["mirror_report_sides"] == 0


def test_a_paired_structure_stays_on_its_side_for_who_does_not_look_too(rows):
    assert figures(rows, frozen(rows))["mirror_sides"] > 0.7 < figures(rows, looking(rows))["mirror_sides_prior"]


def test_a_model_without_boxes_follows_nothing(rows):
    found = figures(rows, [Parsed("not visible", [], 0)] * len(rows.items))
    assert {found[name] for name in RATES} == {0.0, None}


def test_there_is_something_of_every_kind(rows):
    kinds = {item.id.partition("/")[0] for item in rows.items}
    assert {"before", "other", "mirror", "contrast", "moved", "scaled", "with", "without", "swapped", "added"} <= kinds
    assert {len(item.cluster) for item in rows.items} == {9} and len({item.id for item in rows.items}) == len(
        rows.items
    )


def test_changed_pictures_differ_and_keep_their_form(rows):
    for item in rows.items:
        picture = rows.picture(item.image)
        assert picture.shape == (224, 224, 3) and picture.dtype == np.uint8
    key = next(item.image for item in rows.items if item.id.startswith("moved/"))
    before, after = rows.picture(key.rpartition("/")[0]).astype(int), rows.picture(key).astype(int)
    assert 0 < (np.abs(before - after).max(axis=2) > 8).mean() < 0.4  # the organ, not the patient


def test_a_removed_finding_changes_only_its_place(rows):
    keys = [item.image for item in rows.items if item.id.startswith("without/")]
    for key in keys:
        before = rows.picture(key.replace("/without", "/with")).astype(int)
        assert 0 < (np.abs(before - rows.picture(key)).max(axis=2) > 8).mean() < 0.1


def test_an_added_finding_is_one_that_the_patient_has_not(rows):
    added = [item for item in rows.items if item.id.startswith("added/")]
    for item in added:
        patient = make_patient(int(item.cluster), "A", parts=get_region(item.groups["region"]).parts)
        assert item.groups["finding"] not in {finding.name for finding in patient.findings}
        plain = rows.picture(item.image.replace("/added", "/plain")).astype(int)
        assert 0 < (np.abs(plain - rows.picture(item.image)).max(axis=2) > 8).mean() < 0.2
    assert added


def test_moved_organs_are_elsewhere(rows):
    places = {item.id: item.true.spans[0].box for item in rows.items if item.true.spans}
    moved = [(box, places[f"before/{name.partition('/')[2]}"]) for name, box in places.items()
             if name.startswith(("moved/", "scaled/"))]  # fmt: skip
    assert moved and all(iou(new, old) <= 0.75 for new, old in moved)


def test_the_same_call_draws_the_same(rows):
    again = load(sites=("A",), regions=("abdomen_ct",), patients=5)
    assert [item.id for item in again.items] == [item.id for item in rows.items]
    assert np.array_equal(again.picture(again.items[-1].image), rows.picture(rows.items[-1].image))


def test_a_mirror_image_has_every_structure_at_its_mirrored_place():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:, 0] = 9
    shot = Shot(picture, {"kidney_left": (0.0, 0.25, 0.25, 0.5), "lung_middle_lobe_right": (0.5, 0.5, 1.0, 1.0)})
    mirrored = shot.mirrored()
    assert mirrored.boxes == {"kidney_right": (0.75, 0.25, 1.0, 0.5)} and mirrored.image[0, 3, 0] == 9


def test_a_side_is_alone_where_not_a_pixel_of_the_other_is_seen():
    places = {"kidney_left": (0.0, 0.25, 0.25, 0.5), "liver": (0.5, 0.5, 1.0, 1.0)}
    picture = np.zeros((4, 4, 3), np.uint8)
    assert Shot(picture, places, frozenset(places)).lone_sides == ["kidney_left"]
    assert Shot(picture, places, frozenset({*places, "kidney_right"})).lone_sides == []


def test_a_curve_keeps_black_white_and_order():
    shot = Shot(np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3), {})
    bent = shot.with_curve(1.7).image.reshape(-1)
    assert bent[0] == 0 and bent[-1] == 255 and (np.diff(bent.astype(int)) >= 0).all() and bent[384] < 128


class Eye:
    """Looks up the truth by the picture; `fingerprint` tells it from others."""

    fingerprint = "eye"

    def __init__(self, rows):
        self.known = {(rows.picture(i.image).tobytes(), i.prompt): i.true.spans[0] for i in rows.items if i.true.spans
                      and i.control != "other"}  # fmt: skip

    def generate(self, images, prompts):
        spans = [self.known.get((np.asarray(i).tobytes(), p)) for i, p in zip(images, prompts, strict=True)]
        return [locate_answer("it", span.label, span.box) if span else "nothing" for span in spans]


def test_any_model_is_asked_and_its_table_stands_in_the_folder(rows, tmp_path, capsys):
    settings = Settings(model="eye", samples=50)
    found = evaluate(Eye(rows), tmp_path, settings, sites=("A",), regions=("abdomen_ct",), patients=5)
    assert found["moved_iou"]["mean"] > 0.95 and found["moved_iou"]["low"] is not None
    written = json.loads((tmp_path / "results.json").read_text())
    assert written[NAME] == found == written["by_region"]["abdomen_ct"] and written["regions"] == ["abdomen_ct"]
    table = (tmp_path / "table.md").read_text()
    assert "| an organ moved:" in table and table in capsys.readouterr().out
    assert len((tmp_path / "predictions.jsonl").read_text().splitlines()) == len(rows.items)


def test_other_regions_and_planes_are_drawn_too():
    found = load(sites=("B", "C"), regions=("chest_ct", "head_mr"), patients=4)
    assert {item.groups["region"] for item in found.items} == {"chest_ct", "head_mr"}


def test_an_unknown_region_is_refused():
    with pytest.raises(ValueError, match="Unknown region 'knee'"):
        load(sites=("A",), regions=("knee",), patients=1)
