"""Does a model look? The phantom draws a patient again with one change, and the answers have to follow it.

    radgrounder eval --model MODEL --interventions --out OUT

Mirrored patients, findings taken out and put in, organs moved and scaled, other grey levels. Every figure stands beside
its control: what the answer to the unchanged picture, or a redraw with other noise, would have scored. New patients, as
`radgrounder heldout` has them, whom pretraining does not draw.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from radgrounder.benchmarks.base import Benchmark, Column, Facts, Item, Scores
from radgrounder.evaluation.answers import Generator
from radgrounder.evaluation.run import Settings, collect, describe
from radgrounder.evaluation.summary import summarise
from radgrounder.evaluation.writing import write_figures
from radgrounder.metrics.boxes import iou
from radgrounder.results.tables import format_table
from refrad2d.boxes import MIN_PIXELS, objects, visible
from refrad2d.conversations import prompt
from refrad2d.grounding import Box, Parsed, Span, as_box
from refrad2d.labels import is_label, label_by_name
from refrad2d.phantom import Patient, Series, change_organ, draw_series, make_patient, render_grid, without_finding
from refrad2d.phantom.findings import PlantedFinding, describe_finding
from refrad2d.phantom.series import get_region
from refrad2d.questions.known import said_findings
from refrad2d.system.files import write_text
from refrad2d.windows import IMAGE_SIZE, windows

NAME = "interventions"
PATIENTS = 40
SEARCHED = 4  # times as many are searched for findings: few have one that nothing else could be taken for
FIRST_SEED = 120_000_000  # of patients; those of heldout and of pretraining have other numbers
HOLDS_IOU = 0.8  # of two boxes that count as the same
FOUND_IOU = 0.5
MOVED_IOU = 0.75  # of an organ's old and new place: what overlaps more has hardly moved
GAMMAS = (0.6, 1.7)  # bounds of the grey-level curves: grey ** gamma, none between 0.8 and 1.25
SCOUT = 56  # pixels of the quick look for the slice that shows most of a finding
_SIDES = {"left": "right", "right": "left"}

# What each is a mean of. "_control": the same of the answer to the unchanged picture, or what is said, "_before": the
# unchanged picture's answer held to the unchanged truth.
RATES = (
    "mirror_sides",  # the box of a paired structure is nearer to its side; control: asked for the other side
    "mirror_follows",  # the box of a structure that changes place lies at the new one, IoU 0.5 or more
    "removed_goes",  # the report told of a finding, and does not when it is taken out
    "added_comes",  # the report did not tell of it, and does when it is put in
    "moved_iou",  # IoU with the new place of an organ
    "moved_follows",  # the box is nearer to the new place than to the old one
    "scaled_iou",
    "scaled_follows",
    "contrast_holds",  # the box stays, IoU 0.8 or more; control: in another patient's picture
    "contrast_iou",  # IoU of the box before and after
)
UNCHANGED = ("mirror_sides", "mirror_follows", "moved_iou", "scaled_iou")  # also: right before anything was changed
COLUMNS = tuple(Column(NAME, f"{name}{end}", ("locate", "report"), "", f"{name}{end}") for name in RATES
                for end in ("", "_control", *(("_before",) if name in UNCHANGED else ())))  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """One slice as a model sees it, (224, 224, 3) uint8, the boxes of what it shows by class, pixels of findings."""

    image: np.ndarray
    boxes: Mapping[str, Box]
    findings: Mapping[str, int] = field(default_factory=dict)

    def mirrored(self) -> "Shot":
        """The mirror image; what was at the left is the structure of the right side. What has no counterpart is out."""
        places = {mirror_name(name): mirror_box(box) for name, box in self.boxes.items() if is_label(mirror_name(name))}
        return Shot(self.image[:, ::-1], places)

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
        shown = visible(objects(region.select(picture.mask)))
        boxes = {found["label"]: as_box(found["box"]) for found in shown}
        pixels = {name: int(found.sum()) for name, found in picture.findings.items()}
        return Shot(windows(picture.pixels, region.modality), boxes, pixels)

    def best_slice(self, finding: str) -> int:
        """The slice that shows most of a finding."""
        series = replace(self.series, size=SCOUT)
        rngs = (np.random.default_rng([self.number, k]) for k in range(len(series.positions)))
        scouts = [render_grid(self.patient, series.grid(k), series.protocol, rng) for k, rng in enumerate(rngs)]
        return int(np.argmax([scout.findings.get(finding, np.zeros(1)).sum() for scout in scouts]))


def mirror_name(label: str) -> str:
    """The class at the other side: kidney_left → kidney_right; a class without a side stays itself."""
    return "_".join(_SIDES.get(word, word) for word in label.split("_"))


def mirror_box(box: Box) -> Box:
    """The box in the mirror image."""
    return 1 - box[2], box[1], 1 - box[0], box[3]


@dataclass
class _Collected:
    """Items, pictures by key, and what is needed to score: where the structures were and are."""

    items: list[Item] = field(default_factory=list)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)
    before: dict[str, Box] = field(default_factory=dict)  # by item: the place of the structure in the unchanged picture
    rival: dict[str, Box] = field(default_factory=dict)  # by item: the new place of its counterpart
    findings: dict[str, PlantedFinding] = field(default_factory=dict)  # by item of a report

    def locate(self, change: str, study: Study, key: str, image: str, label: str, box: Box) -> str:
        """An item that asks for a structure in a picture; returns its id."""
        name = label_by_name(label).english
        groups = {"region": study.region, "label": label}
        item = Item(
            id=f"{change}/{key}/{label}", task="locate", control="" if change in CHANGES else change, image=image,
            prompt=prompt("locate", "en", name=name), true=Parsed(name, [Span(0, len(name), label, box)], 0),
            cluster=str(study.number), language="en", groups=groups,
        )  # fmt: skip
        self.items.append(item)
        return item.id

    def report(self, change: str, study: Study, key: str, finding: PlantedFinding) -> None:
        """An item that asks for the report of a picture."""
        item = Item(
            id=f"{change}/{key}/{finding.name}", task="report", control="" if change == "without" else change,
            image=f"{key}/{change}", prompt=prompt("report_boxes", "en"), true=Parsed("", [], 0),
            cluster=str(study.number), language="en", groups={"region": study.region, "finding": finding.name},
        )  # fmt: skip
        self.items.append(item)
        self.findings[item.id] = finding


CHANGES = ("mirror", "moved", "scaled", "contrast")


def load(*, sites: Sequence[str], regions: Sequence[str], patients: int = PATIENTS) -> Benchmark:
    """The pictures and questions of so many patients, and how their answers are scored.

    Two slices a patient are mirrored, get other grey levels and one organ moved and one scaled. Of four times as many
    patients each focal finding is taken out of the slice that shows most of it. ValueError for an unknown site or
    region.
    """
    found = _Collected()
    studies = [_study(number, sites, regions) for number in range(SEARCHED * patients)]
    shots: dict[str, tuple[Study, Shot]] = {}
    for study in studies[:patients]:
        count = len(study.series.positions)
        for k in (count // 3, 2 * count // 3):
            shots[f"{study.number}/{k}"] = study, study.shoot(k)
    for key, (study, shot) in shots.items():
        _add_slice(found, key, study, shot, _partner(key, shots))
    for study in studies:
        _add_findings(found, study)
    return Benchmark(
        facts=Facts(name=NAME, columns=COLUMNS),
        items=found.items,
        picture=found.pictures.__getitem__,
        score=_scorer(found),
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
    figures = summarise(COLUMNS, (), answered.items, scores, **drawn)[NAME]
    results = {"benchmark": NAME, NAME: figures, **describe(predictor, answered, "", settings), **rows.about}
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


def _partner(key: str, shots: Mapping[str, tuple[Study, Shot]]) -> str | None:
    """A slice of the next patient of the same region and plane."""
    study, keys = shots[key][0], list(shots)
    at = keys.index(key)
    for other in keys[at + 1 :] + keys[:at]:
        mate = shots[other][0]
        if (mate.region, mate.series.plane) == (study.region, study.series.plane) and mate.number != study.number:
            return other
    return None


def _add_slice(found: _Collected, key: str, study: Study, shot: Shot, partner: str | None) -> None:
    rng = np.random.default_rng([study.number, len(found.items)])
    found.pictures[key] = shot.image
    for label, box in shot.boxes.items():
        found.locate("before", study, key, key, label, box)
        if partner:
            found.locate("other", study, key, partner, label, box)
    if study.series.plane != "sagittal":
        _add_mirrored(found, key, study, shot)
    low, high = GAMMAS
    changed = shot.with_curve(float(rng.uniform(low, 0.8) if rng.random() < 0.5 else rng.uniform(1.25, high)))
    found.pictures[f"{key}/contrast"] = changed.image
    for label, box in shot.boxes.items():
        found.before[found.locate("contrast", study, key, f"{key}/contrast", label, box)] = box
    for change in ("moved", "scaled"):
        _add_changed_organ(found, key, study, shot, change, rng)


def _add_mirrored(found: _Collected, key: str, study: Study, shot: Shot) -> None:
    """Every structure that the mirror image shows and the picture has too: at another place."""
    mirrored = shot.mirrored()
    found.pictures[f"{key}/mirror"] = np.ascontiguousarray(mirrored.image)
    for label, box in mirrored.boxes.items():
        if label not in shot.boxes:
            continue
        item = found.locate("mirror", study, key, f"{key}/mirror", label, box)
        found.before[item] = shot.boxes[label]
        if mirror_name(label) != label and mirror_name(label) in mirrored.boxes:
            found.rival[item] = mirrored.boxes[mirror_name(label)]


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
        found.before[found.locate(change, study, key, f"{key}/{change}", label, place)] = shot.boxes[label]
        return


def _change(study: Study, box: Box, label: str, change: str, rng: np.random.Generator) -> Patient:
    """The patient with the organ moved in the plane by about half of its width there, or scaled by a third."""
    if change == "scaled":
        return change_organ(study.patient, label, scale=float(rng.choice([0.7, 1.35])))
    grid, angle = study.series.grid(0), rng.uniform(0, 2 * np.pi)
    across, down = (line / np.linalg.norm(line) for line in (grid.across, grid.down))
    width = study.series.fov_mm * np.sqrt((box[2] - box[0]) * (box[3] - box[1]))
    x, y, z = (np.clip(0.5 * width, 8, 30) * (np.cos(angle) * across + np.sin(angle) * down)).tolist()
    return change_organ(study.patient, label, shift=(x, y, z))


def _add_findings(found: _Collected, study: Study) -> None:
    for finding in study.patient.findings:
        if finding.is_diffuse or not _stands_alone(finding, study.patient):
            continue
        k = study.best_slice(finding.name)
        if study.shoot(k).findings.get(finding.name, 0) < MIN_PIXELS:
            continue
        key, cured = f"{study.number}/{k}/{finding.name}", without_finding(study.patient, finding.name)
        shots = {"with": (None, 0), "with_again": (None, 1), "without": (cured, 0), "without_again": (cured, 1)}
        for change, (patient, noise) in shots.items():
            found.pictures[f"{key}/{change}"] = study.shoot(k, noise=noise, patient=patient).image
            found.report(change, study, key, finding)


def _stands_alone(finding: PlantedFinding, patient: Patient) -> bool:
    """Whether a report that names it means it: nothing else that the patient has may be called the same."""
    called = set(describe_finding(finding)["called"])
    rivals = [other for other in patient.findings if other.name != finding.name]
    return bool(called) and not any(called & set(describe_finding(other)["called"]) for other in rivals)


def tells(text: str, finding: PlantedFinding, modality: str) -> bool:
    """Whether an English report affirms the finding: by one of its names, and at its place if it says a place."""
    called = set(describe_finding(finding)["called"])
    places = {finding.host, re.sub("_(left|right)$", "", finding.host), finding.name}
    return any(
        said.name in called and (not where or places & set(where))
        for said, where in said_findings(text, "en", modality)
    )


def _scorer(found: _Collected) -> Callable[[Sequence[Item], Sequence[Parsed]], list[Scores]]:
    """How the answers of these items are scored, each beside that to the unchanged picture."""

    def score(items: Sequence[Item], answers: Sequence[Parsed]) -> list[Scores]:
        said = {item.id: answer for item, answer in zip(items, answers, strict=True)}
        return [dict(_score(item, said, found)) for item in items]

    return score


def _score(item: Item, said: Mapping[str, Parsed], found: _Collected) -> Iterator[tuple[str, float]]:
    change, _, rest = item.id.partition("/")
    if item.control:
        return
    if item.task == "report":
        yield from _score_finding(found.findings[item.id], rest, said, get_region(item.groups["region"]).modality)
        return
    new, old = item.true.spans[0].box, found.before[item.id]
    answer, before = (_box_of(said[f"{kind}/{rest}"]) for kind in (change, "before"))
    if change == "contrast":
        asked = {"": answer, "_control": _box_of(said[f"other/{rest}"])} if f"other/{rest}" in said else {"": answer}
        for end, box in asked.items() if before else ():
            yield f"contrast_holds{end}", float(iou(box, before) >= HOLDS_IOU)
            yield f"contrast_iou{end}", iou(box, before)
    elif change == "mirror":
        if item.id in found.rival:
            rival, swapped = found.rival[item.id], said[f"mirror/{mirror_name(rest)}"]
            yield "mirror_sides", float(_is_nearer(answer, new, rival))
            yield "mirror_sides_control", float(_is_nearer(_box_of(swapped), new, rival))
            yield "mirror_sides_before", float(_is_nearer(before, old, mirror_box(new)))
        if iou(new, old) < FOUND_IOU:
            yield "mirror_follows", float(iou(answer, new) >= FOUND_IOU)
            yield "mirror_follows_control", float(iou(before, new) >= FOUND_IOU)
            yield "mirror_follows_before", float(iou(before, old) >= FOUND_IOU)
    else:
        yield f"{change}_iou", iou(answer, new)
        yield f"{change}_iou_control", iou(before, new)
        yield f"{change}_iou_before", iou(before, old)
        yield f"{change}_follows", float(iou(answer, new) > iou(answer, old))
        yield f"{change}_follows_control", float(iou(before, new) > iou(before, old))


def _score_finding(
    finding: PlantedFinding, rest: str, said: Mapping[str, Parsed], modality: str
) -> Iterator[tuple[str, float]]:
    told = {
        kind: tells(said[f"{kind}/{rest}"].text, finding, modality)
        for kind in ("with", "with_again", "without", "without_again")
    }
    if told["with"]:
        yield "removed_goes", float(not told["without"])
        yield "removed_goes_control", float(not told["with_again"])
    if not told["without"]:
        yield "added_comes", float(told["with"])
        yield "added_comes_control", float(told["without_again"])


def _is_nearer(box: Box | None, place: Box, other: Box) -> bool:
    """Whether the middle of a box, if there is one, is nearer to that of one place than to that of the other."""
    middle = lambda one: (one[0] + one[2]) / 2  # noqa: E731  # across the picture
    return box is not None and abs(middle(box) - middle(place)) < abs(middle(box) - middle(other))


def _box_of(answer: Parsed) -> Box | None:
    return answer.spans[0].box if answer.spans else None
