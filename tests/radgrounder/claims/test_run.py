"""The runner: what stands is not made again, the pilot tells the power first, figures become tables."""

import json

import pytest

from radgrounder.claims import run as runner
from radgrounder.claims.arms import ARMS, Ablations
from radgrounder.claims.measures import BELOW, CLAIMS, MEASURES, margins
from radgrounder.pretraining.clock import Paused

PATIENTS = 12


class NoMaterial:
    """Nothing is drawn."""

    tests = None

    def __init__(self, options):
        self.options = options


def scores(level, seed):
    return {
        measure.title: {f"i{n}": (level + 0.1 * (n % 3) + 0.002 * seed + 0.001 * (n * seed % 5), f"p{n}") for n in range(PATIENTS)}
        for measure in MEASURES
    }  # fmt: skip


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Runs that are made up: plain arms, and what is external, score 0.5, arms with boxes 0.6."""
    order = []

    def make_run(arm, seed, place, *, options, material):
        order.append((arm.name, seed))
        place.mkdir(parents=True)
        level = 0.6 if arm.form == "boxes" else 0.5
        (place / "scores.json").write_text(json.dumps(scores(level, seed)))

    monkeypatch.setattr(runner, "Material", NoMaterial)
    monkeypatch.setattr(runner, "make_run", make_run)
    monkeypatch.setattr(runner, "score_controls", lambda tests: {"report F1": scores(0.55, 0)["report F1"]})
    monkeypatch.setattr(runner, "weights_digest", lambda folder: "digest")
    return order


def options(tmp_path, **more):
    return Ablations(**{"out": tmp_path / "out", "samples": 100, "seeds": (0, 1, 2), **more})


def test_every_arm_is_run_with_a_seed_before_the_next(made, tmp_path, capsys):
    text = runner.run(options(tmp_path))
    assert made == [(arm.name, seed) for seed in (0, 1, 2) for arm in ARMS]
    told = capsys.readouterr().out
    assert "finds in 80 of 100 repetitions" in told and "first 2 seeds" in told
    assert text.startswith("Differences between two arms") and "| report F1 |" in text
    found = json.loads((tmp_path / "out/ablations.json").read_text())
    assert found["bases"] == {"boxed": "digest", "boxless": "digest"} and len(found["claims"]) == len(CLAIMS)
    assert found["power"]["report F1"]["pilot_seeds"] == 2 and found["power"]["report F1"]["seeds"] == 3


def test_what_stands_is_not_made_again_and_power_stays_that_of_the_pilot(made, tmp_path):
    runner.run(options(tmp_path))
    power = (tmp_path / "out/power.json").read_bytes()
    made.clear()
    runner.run(options(tmp_path, seeds=(0, 1, 2, 3)))
    assert made == [(arm.name, 3) for arm in ARMS] and (tmp_path / "out/power.json").read_bytes() == power


def test_a_run_stops_by_its_clock_between_two_runs(made, tmp_path):
    with pytest.raises(Paused):
        runner.run(options(tmp_path, minutes=1e-9))
    assert made == []


def test_claims_get_verdicts_and_none_below_the_control(made, tmp_path):
    runner.run(options(tmp_path))
    found = {one["text"] + one["first"] + one["measure"]: one for one in json.loads((tmp_path / "out/ablations.json").read_text())["claims"]}  # fmt: skip
    reports = found["boxes cost no report qualityall + boxesreport F1"]
    assert reports["verdict"] == "better" and reports["holds"] == "yes" and reports["margin"] == margins()["report F1"]
    same = found["clinical data improves open VQA over external sets aloneall, no boxesexternal F1 open"]
    assert same["verdict"] == "equivalent" and same["holds"] == "no"
    masks = found["masks cost no report qualityall + masksreport F1"]
    assert masks["verdict"] == "worse" and masks["above_control"]


def test_arms_below_the_control_get_no_verdict(made, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "score_controls", lambda tests: {"report F1": scores(0.9, 0)["report F1"]})
    text = runner.run(options(tmp_path))
    claims = json.loads((tmp_path / "out/ablations.json").read_text())["claims"]
    assert {one["verdict"] for one in claims if one["measure"] == "report F1"} == {BELOW}
    assert BELOW in text


def test_another_design_in_the_same_folder_is_refused(made, tmp_path):
    runner.run(options(tmp_path))
    runner.run(options(tmp_path, seeds=(0, 1), samples=50, minutes=9))
    with pytest.raises(ValueError, match="out was made with other manner, steps. Give the same, or another folder"):
        runner.run(options(tmp_path, steps=7, manner="other"))
