"""The chapter of docs/results.md on the base: its figures, what its reports say of findings, absence, groups."""

from collections.abc import Mapping, Sequence

from radgrounder.results.comparison import show_figure
from radgrounder.results.tables import format_findings
from tests.bench.stored import figures, read

GERMAN = ("miou_de", "present_boxed_de", "absent_boxed_de")
ENTITIES = ("entity_precision", "entity_recall", "shuffled_g_iou_class", "blank_image_g_iou_class")
ALSO = """Also measured: places in German, structures of reports (found at an IoU of 0.5), findings a report, and what stands above
the model's own answers to another patient's picture."""
OVER = ("accuracy_over_shuffled", "f1_open_over_shuffled")
FINDINGS = (
    *("f1_over_shuffled", "finding_f1_over_shuffled"),
    *("finding_precision", "other_patient_finding_precision", "finding_recall", "other_patient_finding_recall"),
    *("finding_false", "other_patient_finding_false", "majority_finding_false", "finding_size_error"),
)


def section() -> str:
    """The base's figures, what its reports say of findings, its ROC of absence, and the figures by group."""
    found = read("base.json")
    more = found["additional"]
    also = {"grounding": [*GERMAN, *ENTITIES], "report": FINDINGS, "vqa": OVER}
    rest = {
        section: {name: more[section][name] for name in names if name in more[section]}
        for section, names in also.items()
    }
    parts = [
        figures(found),
        f"{ALSO}\n\n{figures(rest)}",
        "Findings by class, over all reports together; shares in percent.\n\n"
        + format_findings(found.get("findings", {})),
        curve(found.get("absence", [])),
        groups(),
    ]
    return "\n\n".join(part for part in parts if part)


def curve(points: Sequence[Mapping[str, float]]) -> str:
    """Points of the ROC curve of absence; "" without any."""
    if not points:
        return ""
    cells = ["| " + " | ".join(f"{point[name]:.3f}" for point in points) + " |" for name in points[0]]
    names = ["present structures with a box", "absent structures with a box"]
    rows = [f"| {name} {row}" for name, row in zip(names, cells, strict=True)]
    return "What another threshold would give (thresholds of these very patients):\n\n" + "\n".join(
        ["| |" + " |" * len(points), "|---|" + "---|" * len(points), *rows]
    )


def groups() -> str:
    """The base's figures by modality, body part, plane, size, sex and language."""
    found = read("base.json")["subgroups"]
    asked = {
        "grounding.miou": ("modality", "body_part", "plane", "size", "sex"),
        "grounding.absent_boxed": ("modality", "body_part", "plane", "sex"),
        "report.f1": ("modality", "body_part", "sex", "language"),
        "report.finding_f1": ("modality", "body_part", "sex", "language"),
        "vqa.accuracy_closed": ("modality", "body_part", "sex", "language"),
    }
    rows = [
        f"| {name.replace('.', ' ').replace('_', ' ')} | {key.replace('_', ' ')} | {member} | {show_figure(one)} |"
        f" {one['n']} |"
        for name, keys in asked.items()
        for key in keys
        for member, one in found.get(name, {}).get(key, {}).items()
    ]
    return "\n".join(["| figure | group | | mean [interval] | n |", "|---|---|---|---|---|", *rows])
