"""Does a model look? The phantom draws a patient again with one change, and the answers have to follow it.

    radgrounder eval --model MODEL --interventions --out OUT

Mirrored patients, findings taken out and put in, organs moved and scaled, other grey levels. Every figure stands beside
its control and what it has over that, paired: see `following`. New patients, as `radgrounder heldout` has them, whom
pretraining does not draw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from radgrounder.benchmarks.base import Benchmark, Facts, Item, Scores
from radgrounder.evaluation.answers import Generator
from radgrounder.evaluation.interventions.following import (
    COLUMNS,
    NAME,
    Truth,
    change_figures,
    mirror_box,
    mirror_name,
    score_change,
)
from radgrounder.evaluation.run import Settings, collect, describe
from radgrounder.evaluation.writing import write_figures
from radgrounder.metrics.boxes import iou
from radgrounder.results.tables import format_table
from refrad2d.boxes import MIN_PIXELS, objects, visible
from refrad2d.conversations import prompt
from refrad2d.grounding import Box, Parsed, Span, as_box
from refrad2d.labels import is_label, label_by_name
from refrad2d.phantom import Patient, Series, change_organ, draw_series, make_patient, render_grid, without_finding
from refrad2d.phantom.findings import PlantedFinding, describe_finding, focal_findings
from refrad2d.phantom.series import get_region
from refrad2d.system.files import write_text
from refrad2d.windows import IMAGE_SIZE, windows

PATIENTS = 40
SEARCHED = 4  # times as many are searched for findings: few have one that nothing else could be taken for
FIRST_SEED = 120_000_000  # of patients; those of heldout and of pretraining have other numbers
MOVED_IOU = 0.75  # of an organ's old and new place: what overlaps more has hardly moved
SHIFTS = (8, 30)  # mm, bounds of how far an organ is moved
GAMMAS = (0.6, 1.7)  # bounds of the grey-level curves: grey ** gamma, none between 0.8 and 1.25
SCOUT = 56  # pixels of the quick look for the slice that shows most of a finding
JUDGED = ("mirror", "swapped", "moved", "scaled", "contrast", "without", "added", "flipped")  # the others are controls


@dataclass(frozen=True)
class Shot:
    """One slice as a model sees it, (224, 224, 3) uint8, the boxes of what it shows by class, the classes of which it
    has a pixel, pixels of findings."""

    image: np.ndarray
    boxes: Mapping[str, Box]
    touched: frozenset[str] = frozenset()
    findings: Mapping[str, int] = field(default_factory=dict)

    def mirrored(self) -> "Shot":
        """The mirror image; what was at the left is the structure of the right side. What has no counterpart is out."""
        places = {mirror_name(name): mirror_box(box) for name, box in self.boxes.items() if is_label(mirror_name(name))}
        return Shot(self.image[:, ::-1], places)

    @property
    def lone_sides(self) -> list[str]:
        """The classes of a pair of whose other side there is not a pixel."""
        pairs = [(label, mirror_name(label)) for label in self.boxes]
        return [one for one, other in pairs if one != other and is_label(other) and other not in self.touched]

    def with_curve(self, gamma: float) -> "Shot":
        """The same with other grey levels."""
        table = np.round(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
        return replace(self, image=table[self.image])


@dataclass(frozen=True)
class Study:
    """A patient in one series of a region."""

    number: int
    region: str
    patient: Patient
    series: Series

    def shoot(self, k: int, *, noise: int = 0, patient: Patient | None = None) -> Shot:
        """Slice `k`, of the patient or of a changed one; with the same `noise` nothing differs but the change."""
        region, grid = get_region(self.region), replace(self.series, size=IMAGE_SIZE).grid(k)
        rng = np.random.default_rng([self.number, k, noise])
        picture = render_grid(patient or self.patient, grid, self.series.protocol, rng)
        there = objects(region.select(picture.mask))
        boxes = {found["label"]: as_box(found["box"]) for found in visible(there)}
        pixels = {name: int(found.sum()) for name, found in picture.findings.items()}
        touched = frozenset(found["label"] for found in there)
        return Shot(windows(picture.pixels, region.modality), boxes, touched, pixels)

    def with_finding(self, name: str) -> Patient:
        """The patient with a focal finding put in, if its host is there."""
        return make_patient(self.number, self.patient.site, parts=self.patient.parts, planted=(name,))

    def best_slice(self, finding: str, *, patient: Patient | None = None) -> int:
        """The slice that shows most of a finding of the patient, or of a changed one."""
        series = replace(self.series, size=SCOUT)
        rngs = (np.random.default_rng([self.number, k]) for k in range(len(series.positions)))
        person = patient or self.patient
        scouts = [render_grid(person, series.grid(k), series.protocol, rng) for k, rng in enumerate(rngs)]
        return int(np.argmax([scout.findings.get(finding, np.zeros(1)).sum() for scout in scouts]))


@dataclass
class _Collected:
    """Items, pictures by key, and what is needed to score."""

    items: list[Item] = field(default_factory=list)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)
    truth: Truth = field(default_factory=Truth)

    def locate(self, change: str, study: Study, key: str, image: str, label: str, box: Box | None) -> str:
        """An item that asks for a structure in a picture, None where it is not shown; returns its id."""
        name = label_by_name(label).english
        groups = {"region": study.region, "label": label}
        spans = [] if box is None else [Span(0, len(name), label, box)]
        item = Item(
            id=f"{change}/{key}/{label}", task="locate", control="" if change in JUDGED else change, image=image,
            prompt=prompt("locate", "en", name=name), true=Parsed(name, spans, 0),
            cluster=str(study.number), language="en", groups=groups,
        )  # fmt: skip
        self.items.append(item)
        return item.id

    def report(self, change: str, study: Study, key: str, image: np.ndarray, finding: PlantedFinding) -> None:
        """An item that asks for the report of a picture."""
        item = Item(
            id=f"{change}/{key}/{finding.name}", task="report", control="" if change in JUDGED else change,
            image=f"{key}/{finding.name}/{change}", prompt=prompt("report_boxes", "en"), true=Parsed("", [], 0),
            cluster=str(study.number), language="en", groups={"region": study.region, "finding": finding.name},
        )  # fmt: skip
        self.items.append(item)
        self.pictures[item.image] = np.ascontiguousarray(image)
        self.truth.findings[item.id] = finding


_Shots = Mapping[str, tuple[Study, Shot]]


def load(*, sites: Sequence[str], regions: Sequence[str], patients: int = PATIENTS) -> Benchmark:
    """The pictures and questions of so many patients, and how their answers are scored.

    Two slices a patient are mirrored, get other grey levels and one organ moved and one scaled. Of four times as many
    patients each focal finding is taken out of the slice that shows most of it, which is mirrored too where it has a
    side, and one that the patient has not is put in. ValueError for an unknown site or region.
    """
    found = _Collected()
    studies = [_study(number, sites, regions) for number in range(SEARCHED * patients)]
    shots: dict[str, tuple[Study, Shot]] = {}
    for study in studies[:patients]:
        count = len(study.series.positions)
        for k in (count // 3, 2 * count // 3):
            shots[f"{study.number}/{k}"] = study, study.shoot(k)
    for key, (study, shot) in shots.items():
        _add_slice(found, key, study, shot, shots)
    for study in studies:
        _remove_findings(found, study)
        _plant_finding(found, study)
    return Benchmark(
        facts=Facts(name=NAME, columns=COLUMNS),
        items=found.items,
        picture=found.pictures.__getitem__,
        score=lambda items, answers: _score(items, answers, found.truth),
        about={"patients": patients, "sites": list(sites), "regions": list(regions)},
    )


def evaluate(
    predictor: Generator,
    out: Path,
    settings: Settings,
    *,
    sites: Sequence[str],
    regions: Sequence[str],
    patients: int = PATIENTS,
) -> dict[str, Any]:
    """Ask a model, write predictions.jsonl, results.json and table.md into OUT, and return the figures by name."""
    out.mkdir(parents=True, exist_ok=True)
    rows = load(sites=sites, regions=regions, patients=patients)
    answered = collect(predictor, rows, out, settings)
    scores = rows.score(answered.items, answered.answers)
    drawn = {"samples": settings.samples, "seed": settings.seed}
    figures = change_figures(answered.items, scores, **drawn)
    apart = {}
    for region in regions:
        pairs = [pair for pair in zip(answered.items, scores, strict=True) if pair[0].groups["region"] == region]
        apart[region] = change_figures([item for item, _ in pairs], [score for _, score in pairs], **drawn)
    said = describe(predictor, answered, "", settings)
    results = {"benchmark": NAME, NAME: figures, "by_region": apart, **said, **rows.about}
    write_figures(out, rows, answered, scores, results)
    table = format_table(results)
    write_text(out / "table.md", table)
    print(table)
    return figures


def _study(number: int, sites: Sequence[str], regions: Sequence[str]) -> Study:
    seed = FIRST_SEED + number
    region = get_region(regions[number // len(sites) % len(regions)])
    patient = make_patient(seed, sites[number % len(sites)], parts=region.parts)
    return Study(
        seed, region.name, patient, draw_series(patient, np.random.default_rng([seed, 29]), region=region.name)
    )


def _score(items: Sequence[Item], answers: Sequence[Parsed], truth: Truth) -> list[Scores]:
    said = {item.id: answer for item, answer in zip(items, answers, strict=True)}
    return [dict(score_change(item, said, truth)) for item in items]


def _partner(key: str, shots: _Shots) -> str | None:
    """A slice of the next patient of the same region and plane."""
    study, keys = shots[key][0], list(shots)
    at = keys.index(key)
    for other in keys[at + 1 :] + keys[:at]:
        mate = shots[other][0]
        if (mate.region, mate.series.plane) == (study.region, study.series.plane) and mate.number != study.number:
            return other
    return None


def _typical(study: Study, label: str, shots: _Shots) -> Box | None:
    """The mean box of a class in the other patients of the same region and plane, None if no slice shows it."""
    kin = [
        shot
        for mate, shot in shots.values()
        if (mate.region, mate.series.plane) == (study.region, study.series.plane) and mate.number != study.number
    ]
    boxes = [shot.boxes[label] for shot in kin if label in shot.boxes]
    return as_box(np.mean(boxes, axis=0).tolist()) if boxes else None


def _add_slice(found: _Collected, key: str, study: Study, shot: Shot, shots: _Shots) -> None:
    rng, partner = np.random.default_rng([study.number, len(found.items)]), _partner(key, shots)
    found.pictures[key] = shot.image
    for label, box in shot.boxes.items():
        found.locate("before", study, key, key, label, box)
        if partner:
            found.locate("other", study, key, partner, label, box)
    first = len(found.items)
    if study.series.plane != "sagittal":
        _add_mirrored(found, key, study, shot)
    low, high = GAMMAS
    changed = shot.with_curve(float(rng.uniform(low, 0.8) if rng.random() < 0.5 else rng.uniform(1.25, high)))
    found.pictures[f"{key}/contrast"] = changed.image
    for label, box in shot.boxes.items():
        found.locate("contrast", study, key, f"{key}/contrast", label, box)
    for change in ("moved", "scaled"):
        _add_changed_organ(found, key, study, shot, change, rng)
    for item in found.items[first:]:
        if item.id in found.truth.before and (mean := _typical(study, item.groups["label"], shots)):
            found.truth.typical[item.id] = mean


def _add_mirrored(found: _Collected, key: str, study: Study, shot: Shot) -> None:
    """Every structure that both show, at another place, and every pair of which each shows another side alone."""
    mirrored, image = shot.mirrored(), f"{key}/mirror"
    found.pictures[image] = np.ascontiguousarray(mirrored.image)
    for label, box in mirrored.boxes.items():
        if label not in shot.boxes:
            continue
        item = found.locate("mirror", study, key, image, label, box)
        found.truth.before[item] = shot.boxes[label]
        if mirror_name(label) != label and mirror_name(label) in mirrored.boxes:
            found.truth.rival[item] = mirrored.boxes[mirror_name(label)]
    for label in shot.lone_sides:
        other = mirror_name(label)
        found.locate("swapped", study, key, image, other, mirrored.boxes[other])
        found.locate("swapped_gone", study, key, image, label, None)
        found.locate("before_gone", study, key, key, other, None)


def _add_changed_organ(
    found: _Collected, key: str, study: Study, shot: Shot, change: str, rng: np.random.Generator
) -> None:
    """One organ that is visibly elsewhere, or of another size, after the change; none if no try makes it so."""
    painted = {organ.label for organ in study.patient.organs if not organ.finding}
    labels = [label for label in shot.boxes if label in painted]
    for label in rng.permutation(labels)[:6].tolist():
        changed = study.shoot(int(key.split("/")[1]), patient=_change(study, shot.boxes[label], label, change, rng))
        place = changed.boxes.get(label)
        if place is None or iou(place, shot.boxes[label]) > MOVED_IOU:
            continue
        found.pictures[f"{key}/{change}"] = changed.image
        found.truth.before[found.locate(change, study, key, f"{key}/{change}", label, place)] = shot.boxes[label]
        return


def _change(study: Study, box: Box, label: str, change: str, rng: np.random.Generator) -> Patient:
    """The patient with the organ scaled, or moved in the plane in any direction: by half of its size there, which is
    the root of its box's area, but no less and no more than SHIFTS."""
    if change == "scaled":
        return change_organ(study.patient, label, scale=float(rng.choice([0.7, 1.35])))
    grid, angle = study.series.grid(0), rng.uniform(0, 2 * np.pi)
    across, down = (line / np.linalg.norm(line) for line in (grid.across, grid.down))
    size = study.series.fov_mm * np.sqrt((box[2] - box[0]) * (box[3] - box[1]))
    x, y, z = (np.clip(0.5 * size, *SHIFTS) * (np.cos(angle) * across + np.sin(angle) * down)).tolist()
    return change_organ(study.patient, label, shift=(x, y, z))


def _remove_findings(found: _Collected, study: Study) -> None:
    """Every focal finding that nothing else could be taken for, taken out; and mirrored, where it has a side."""
    for finding in study.patient.findings:
        if finding.is_diffuse or not _stands_alone(finding, study.patient):
            continue
        k, cured = study.best_slice(finding.name), without_finding(study.patient, finding.name)
        shot = study.shoot(k)
        if shot.findings.get(finding.name, 0) < MIN_PIXELS:
            continue
        images = {"with": shot.image, "with_again": study.shoot(k, noise=1).image}
        images["without"] = study.shoot(k, patient=cured).image
        if describe_finding(finding)["side"] and study.series.plane != "sagittal":
            images["flipped"] = shot.image[:, ::-1]
        for change, image in images.items():
            found.report(change, study, f"{study.number}/{k}", image, finding)


def _plant_finding(found: _Collected, study: Study) -> None:
    """One focal finding that the patient has not, put in: the first in random order that the series then shows."""
    rng, own = np.random.default_rng([study.number, 31]), {finding.name for finding in study.patient.findings}
    for name in rng.permutation([name for name in focal_findings(study.patient.parts) if name not in own]).tolist():
        ill = study.with_finding(name)
        finding = next((one for one in ill.findings if one.name == name), None)
        if finding is None or not _stands_alone(finding, ill):
            continue
        k = study.best_slice(name, patient=ill)
        shot = study.shoot(k, patient=ill)
        if shot.findings.get(name, 0) < MIN_PIXELS:
            continue
        images = {"added": shot.image, "plain": study.shoot(k).image, "plain_again": study.shoot(k, noise=1).image}
        for change, image in images.items():
            found.report(change, study, f"{study.number}/{k}", image, finding)
        return


def _stands_alone(finding: PlantedFinding, patient: Patient) -> bool:
    """Whether a report that names it means it: nothing else that the patient has may be called the same."""
    called = set(describe_finding(finding)["called"])
    rivals = [other for other in patient.findings if other.name != finding.name]
    return bool(called) and not any(called & set(describe_finding(other)["called"]) for other in rivals)
