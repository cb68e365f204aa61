"""The series of a mask are found among many without asking all: the same ones, and few are compared."""

import random
from dataclasses import asdict

import numpy as np
import pytest

from refrad2d.images.geometry import Placement
from refrad2d.images.masks import joins
from refrad2d.images.masks.joins import align, find_series, index_series
from refrad2d.images.masks.records import MaskRecord, MaskSlice, Statement
from refrad2d.images.sources import Source
from refrad2d.system.pseudonyms import pseudonym
from tests.fixtures.export_records import KEY


def keyed(uid):
    return pseudonym(KEY, "uid", uid)


def stack(draw, origin=None):
    """Slices of any turn, step and tilt, which begin near each other."""
    turn, size, step = draw.choice([0.0, 0.3]), draw.choice([0.3, 0.7, 2.0]), draw.choice([1.0, 5.0, 30.0])
    across, down, normal = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    first = np.array(origin or [draw.choice([-200, -180, 0, 700.5]), draw.choice([-170, 0]), draw.choice([0, 3])])
    tilt = across * draw.choice([0, 0, 0.4, 2.0])
    steps = [first + k * (step * normal + tilt) for k in range(draw.choice([1, 2, 4]))]
    vectors = (down * size).tolist(), (across * size).tolist()
    return [Placement("axial", (8, 8), tuple(at.tolist()), *map(tuple, vectors)) for at in steps]


def row(name, places, **said):
    frames = [{"placement": asdict(place), "sop": said.pop(f"sop{n}", None)} for n, place in enumerate(places)]
    about = dict.fromkeys(("uid", "study_uid", "frame_of_reference", "patient_id")) | said
    return {"series": name, "plane": "axial", "frames": frames, "paths": [], **about}


def mask(places, **stated):
    slices = tuple(MaskSlice(str(n), place) for n, place in enumerate(places))
    return MaskRecord({}, frozenset({1}), slices, Statement(**stated), sparse=bool(stated))


@pytest.mark.parametrize("seed", range(40))
def test_every_series_that_a_mask_fits_is_near_it(seed):
    draw = random.Random(seed)
    stacks = [stack(draw) for _ in range(6)]
    rows = [row(str(n), places) for n, places in enumerate(stacks + [some[1:] for some in stacks if len(some) > 1])]
    index = index_series(rows)
    for places in stacks:
        off = draw.choice([0, 5e-4, 0.009])
        moved = [Placement(p.plane, p.shape, (p.origin[0] + off, *p.origin[1:]), p.down, p.across) for p in places]
        for one in (mask(moved), mask(moved, patient_id="P")):
            assert {n for n, known in enumerate(rows) if align(one, known)[0]} <= set(index.near(one))


def test_statements_find_who_says_so_and_who_says_nothing():
    at = stack(random.Random(0))
    said = [{"uid": keyed("1.1"), "sop0": keyed("2.1")}, {"uid": keyed("1.2")}, {}, {"uid": keyed("1.1")}]
    index = index_series([row(str(n), at, **about) for n, about in enumerate(said)])
    assert index.find("uid", {keyed("1.1"), keyed("1.9")}) == [0, 3] and index.find("sop", {keyed("2.1")}) == [0]
    assert index.find("case", {"liver 1"}) == [] and index.is_silent(2, ("uid", "sop"))
    assert not index.is_silent(1, ("uid", "sop")) and index.any_silent(("uid", "sop", "patient_id"))
    assert len(index) == 4 and index[2]["series"] == "2" and not index_series([]).any_silent(())


@pytest.mark.parametrize("few", [0, 32])
@pytest.mark.parametrize("uids", [frozenset(), frozenset({"1.1"}), frozenset({"1.2"}), frozenset({"1.1", "1.2"})])
def test_a_mask_finds_its_series_among_many_whatever_it_states(monkeypatch, uids, few):
    monkeypatch.setattr(joins, "FEW", few)
    draw = random.Random(3)
    mine, other = stack(draw, [5.0, 5.0, 5.0]), stack(draw, [95.0, 5.0, 5.0])
    rows = [
        row("mine", mine, uid=keyed("1.1")),
        row("same", mine, uid=keyed("1.2")),
        row("far", other, uid=keyed("1.1")),
    ]
    owner, reason = find_series(mask(mine, series_uids=uids), Source("/masks", "m.nii"), rows, KEY)
    expected = {frozenset({"1.1"}): "mine", frozenset({"1.2"}): "same"}.get(uids)
    assert (owner["series"] if owner else reason) == (expected or "ambiguous_mask")


def test_the_grid_of_a_mask_is_compared_with_few_series_however_many_there_are(monkeypatch):
    compared = []
    monkeypatch.setattr(joins, "align", lambda one, known: compared.append(1) or align(one, known))
    stacks = [stack(random.Random(1), [20.0 * (n % 20), 20.0 * (n // 20), 0.0]) for n in range(200)]
    index = index_series([row(str(n), places) for n, places in enumerate(stacks)])
    found = [find_series(mask(places), Source("/masks", "m.nii"), index, KEY)[0] for places in stacks]
    assert [one["series"] for one in found] == [str(n) for n in range(200)] and len(compared) <= 2 * 200
