"""The paper's claims at nano scale, with power: `radgrounder ablations build/ablations`.

All arms with one seed, then all with the next: a runner that is stopped has whole repetitions, and what stands is not
made again. After two seeds, before the others, the detectable differences of the whole design are printed, from the
parts of variance of that pilot. Writes OUT/power.json, OUT/ablations.md and OUT/ablations.json.
"""

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any

import torch
from datasets import load_dataset

from radgrounder.claims.arms import ARMS, MASKS, PLAIN, Ablations, Arm
from radgrounder.claims.crossed import Panel, panel
from radgrounder.claims.fit import Example, fit
from radgrounder.claims.institutions import INTERNAL, arm_examples, make_institutions
from radgrounder.claims.judge import Measured, Tests, answer, load_tests, score, score_controls
from radgrounder.claims.tables import detectable_differences, format_power, format_results
from radgrounder.inference.predictor import Predictor
from radgrounder.masks.codec_training import fit as fit_codec
from radgrounder.masks.codec_training import load_codec, save_codec, structures_of
from radgrounder.models.fingerprint import weights_digest
from radgrounder.pretraining.clock import Paused
from refrad2d.system.files import atomic_path, write_text

_log = logging.getLogger(__name__)
PILOT = 2  # seeds whose scores tell what the whole design can see
BATCH = 64
CODEC_STEPS = 500
NOT_TOLD = ("out", "boxed", "boxless", "vqa_rad", "minutes", "threads")  # options: places and pace
FREE = ("seeds", "arms", "samples")  # of the design, what may be other in a later call: it changes no run that stands

Panels = dict[str, dict[str, Panel]]  # arm → measure → its scores


def run(options: Ablations) -> str:
    """Make what does not stand yet, and return the tables; Paused past `options.minutes`, the tables of all whole
    seeds written."""
    deadline = time.monotonic() + 60 * options.minutes if options.minutes else inf
    arms = [arm for arm in ARMS if arm.name in options.arms]
    torch.set_num_threads(options.threads)
    require_same_design(options)
    material = Material(options)
    for number, seed in enumerate(options.seeds):
        if number == PILOT:
            print(tell_power(arms, options), flush=True)
        for arm in arms:
            place = folder_of(arm, options) / f"seed{seed}"
            if not (place / "scores.json").is_file():
                if time.monotonic() > deadline:
                    write_results(arms, material.tests, options)
                    raise Paused
                make_run(arm, seed, place, options=options, material=material)
    return write_results(arms, material.tests, options)


def require_same_design(options: Ablations) -> None:
    """ValueError if what stands in the folder was made by another design: its runs would pass for ones of this."""
    path = options.out / "design.json"
    design = {"bases": base_digests(options), "vqa_rad": options.vqa_rad is not None, **told(options)}
    design = {name: value for name, value in design.items() if name not in FREE}
    if not path.is_file():
        options.out.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(design, indent=2) + "\n")
    before = json.loads(path.read_text(encoding="utf-8"))
    if other := sorted(name for name in design if before.get(name) != design[name]):
        raise ValueError(
            f"{options.out.name} was made with other {', '.join(other)}. Give the same, or another folder as OUT."
        )


def told(options: Ablations) -> dict[str, Any]:
    """The options that results state."""
    return {name: value for name, value in asdict(options).items() if name not in NOT_TOLD}


def base_digests(options: Ablations) -> dict[str, str]:
    """The weights of both twins."""
    return {name: weights_digest(folder) for name, folder in (("boxed", options.boxed), ("boxless", options.boxless))}


def folder_of(arm: Arm, options: Ablations) -> Path:
    """Where an arm's rows and runs lie."""
    return options.out / arm.name.replace(" ", "-").replace(",", "").replace("+", "and")


def make_codec(options: Ablations, internal: Path) -> Path:
    """The codec of masks, taught on the internal training patients."""
    path = options.out / "codec.safetensors"
    if not path.is_file():
        codec = fit_codec(structures_of(load_dataset(str(internal), "grounded", split="train")), steps=CODEC_STEPS)
        with atomic_path(path) as temporary:
            save_codec(codec, temporary)
    return path


def make_run(arm: Arm, seed: int, place: Path, *, options: Ablations, material: "Material") -> None:
    """Train an arm with a seed, unless its model stands, ask it, score it."""
    began = time.process_time()
    if not (place / "model").exists():
        place.mkdir(parents=True, exist_ok=True)
        codec = material.codec if arm.form == MASKS else None
        how: dict[str, Any] = {
            "steps": round(options.steps * arm.share),
            "batch": options.train_batch,
            "seed": seed,
            "precision": options.precision,
        }
        fit(material.examples(arm), place / "model", base=base_of(arm, options), codec=codec, **how)
    trained = time.process_time()
    predictor = Predictor.load(place / "model", batch_size=BATCH)
    said = answer(predictor, material.tests, arm.form)
    write_text(place / "answers.json", json.dumps(said, indent=0, ensure_ascii=False))
    write_text(place / "scores.json", json.dumps(score(said, material.tests, arm.form, predictor)))
    _log.info(
        "%s, seed %d: %.0f CPU s of training, %.0f of %d answers",
        arm.name, seed, trained - began, time.process_time() - trained, len(said),
    )  # fmt: skip


def base_of(arm: Arm, options: Ablations) -> Path:
    """The twin without boxes for plain arms, the one with boxes for the others."""
    return options.boxless if arm.form == PLAIN else options.boxed


class Material:
    """What all runs share: the institutions, and once they are asked for the codec of masks and each arm's examples."""

    def __init__(self, options: Ablations) -> None:
        self.options, self.folders = options, make_institutions(options)
        self.tests = load_tests(
            self.folders,
            options.vqa_rad,
            structures=options.structures,
            questions=options.questions,
            pictures=options.patients,
        )
        self._examples: dict[str, list[Example]] = {}

    @cached_property
    def codec(self) -> Path:
        """The file of the codec."""
        return make_codec(self.options, self.folders[INTERNAL])

    def examples(self, arm: Arm) -> list[Example]:
        """The pictures of an arm with their turns."""
        if arm.name not in self._examples:
            codec = load_codec(self.codec) if arm.form == MASKS else None
            size = read_image_size(base_of(arm, self.options))
            self._examples[arm.name] = arm_examples(arm, self.folders, self.options.vqa_rad, codec, size=size)
        return self._examples[arm.name]


def read_image_size(base: Path) -> int:
    """The side of the pictures of a base, in pixels."""
    return int(json.loads((base / "config.json").read_text(encoding="utf-8"))["vision_config"]["image_size"])


def read_panels(arms: Iterable[Arm], options: Ablations, seeds: Sequence[int]) -> Panels:
    """The scores of every arm that has all of these seeds."""
    found: Panels = {}
    for arm in arms:
        paths = [folder_of(arm, options) / f"seed{seed}" / "scores.json" for seed in seeds]
        if all(path.is_file() for path in paths):
            runs: list[Measured] = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
            found[arm.name] = {title: panel([as_scores(run[title]) for run in runs]) for title in runs[0]}
    return found


def as_scores(stored: Mapping[str, Sequence[Any]]) -> dict[str, tuple[float, str]]:
    """Scores as JSON holds them."""
    return {item: (float(value), str(patient)) for item, (value, patient) in stored.items()}


def tell_power(arms: Sequence[Arm], options: Ablations) -> str:
    """What the whole design can see, by the pilot; kept in OUT/power.json once the pilot stands."""
    path = options.out / "power.json"
    if not path.is_file():
        pilot = read_panels(arms, options, options.seeds[:PILOT])
        found = detectable_differences(pilot, seeds=len(options.seeds))
        write_text(path, json.dumps(found, indent=2) + "\n")
    return format_power(json.loads(path.read_text(encoding="utf-8")))


def write_results(arms: Sequence[Arm], tests: Tests, options: Ablations) -> str:
    """The tables of all seeds that every arm has, written and returned; "" with less than two."""
    seeds = [
        seed
        for seed in options.seeds
        if all((folder_of(arm, options) / f"seed{seed}" / "scores.json").is_file() for arm in arms)
    ]
    if len(seeds) < PILOT:
        return ""
    panels = read_panels(arms, options, seeds)
    controls = {title: panel([items]) for title, items in score_controls(tests).items()}
    power = json.loads(path.read_text(encoding="utf-8")) if (path := options.out / "power.json").is_file() else {}
    results, text = format_results(panels, controls, power, samples=options.samples)
    about = {"bases": base_digests(options), "settings": told(options), "seeds": seeds}
    whole = {**about, "vqa_rad": options.vqa_rad is not None, **results}
    write_text(options.out / "ablations.json", json.dumps(whole, indent=2) + "\n")
    write_text(options.out / "ablations.md", text)
    return text
