"""Spine and ribs, and the table of their measures."""

import re
from pathlib import Path

import numpy as np

from refrad2d.labels import label_by_id, label_by_name
from refrad2d.phantom import Grid, Protocol, bones, labels_of, make_patient, render_grid
from refrad2d.phantom.bones import RIB_IDS, VERTEBRA_ZERO, measures
from refrad2d.system.tables import read_csv
from tests.fixtures.phantom_slices import middle, slice_at


def test_a_fractured_vertebra_is_lower_in_front():
    seeds = [k for k in range(60) if any(f.kind == "fracture" for f in make_patient(k).findings)]
    patient = make_patient(seeds[0])
    vertebra = next(iter(patient.crushed))
    z = patient.height(51 - vertebra)
    grid = Grid.of_plane("sagittal", patient.posture[1], size=400, fov_mm=200, centre=(0, patient.posture[2] + 30, z))
    rows = (render_grid(patient, grid, Protocol(), np.random.default_rng(0)).mask == vertebra).sum(axis=0)
    body = np.flatnonzero(rows > 10)
    assert rows[body[3 : len(body) // 6 + 4]].mean() < 0.8 * rows.max()


def test_every_measure_of_the_table_is_used_and_said_in_words():
    code = Path(bones.__file__).read_text(encoding="utf-8")
    rows = read_csv("refrad2d.phantom", "bones.csv")
    unused = [row for row in rows if not re.search(rf"\b{row['part']}(\"\))?\.{row['name']}\b", code)]
    assert unused == [] and all(row["meaning"] for row in rows)


def test_a_measure_stands_once():
    keys = [(row["part"], row["name"]) for row in read_csv("refrad2d.phantom", "bones.csv")]
    assert len(set(keys)) == len(keys) and measures("cord").radius == 5.2


def test_ids_of_vertebrae_and_ribs_are_those_of_the_label_table():
    assert label_by_name("vertebrae_L1").id == VERTEBRA_ZERO - 20
    assert [label_by_id(k) for k in (RIB_IDS[0], RIB_IDS[12])] == ["rib_left_1", "rib_right_1"]


def test_ribs_lie_on_their_own_side():
    _, mask, _ = slice_at(make_patient(3, parts=("chest",)), 14)
    found = [name for name in labels_of(mask, 8) if name.startswith("rib_")]
    assert {name.split("_")[1] for name in found} == {"left", "right"}
    assert all((middle(mask, name)[1] > 0.5) == name.startswith("rib_left") for name in found)


def test_the_cord_lies_behind_the_vertebra_and_ends_in_the_lumbar_spine():
    patient = make_patient(3)
    _, thoracic, _ = slice_at(patient, 18.0)
    _, lumbar, _ = slice_at(patient, 23.0)
    assert middle(thoracic, "spinal_cord")[0] > middle(thoracic, "vertebrae_T11")[0]
    assert "spinal_cord" not in labels_of(lumbar)
