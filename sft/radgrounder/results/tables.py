"""results.json as Markdown tables: our figures with their controls, the paper's layout, and the gaps between groups.

>>> print(format_table(json.loads(Path("OUT/results.json").read_text())))
"""

from collections.abc import Mapping, Sequence
from typing import Any

from radgrounder.benchmarks.base import facts_of, read_published
from refrad2d.system.markdown import table

SCALES = {
    "hallucinated": 1,
    "missed": 1,
    "finding_false": 1,
    "other_patient_finding_false": 1,
    "majority_finding_false": 1,
}  # entities a report; everything else is shown in percent
_UNCHANGED = "the answer to the unchanged picture"
_REDRAWN = "the report of a redraw with other noise and no change"
_ELSEWHERE = "another patient's picture"
CHANGES = {  # rates of interventions: in words, and what the control is
    "mirror_sides": ("mirrored: the box of a paired structure is on its side", _UNCHANGED),
    "mirror_follows": ("mirrored: the box is where the mirror has put the structure (IoU ≥ 0.5)", _UNCHANGED),
    "mirror_swaps": ("mirrored, one side of a pair shown: that one gets a box, the other none", _UNCHANGED),
    "mirror_report_sides": ("mirrored: the report tells the finding of the other side", _REDRAWN),
    "removed_goes": ("a finding taken out: the report tells of it no more", _REDRAWN),
    "added_comes": ("a finding put in: the report tells of it", _REDRAWN),
    "moved_iou": ("an organ moved: IoU of the box with the new place", _UNCHANGED),
    "moved_follows": ("an organ moved: the box shares more with the new place than with the old", _UNCHANGED),
    "scaled_iou": ("an organ scaled: IoU of the box with the new outline", _UNCHANGED),
    "scaled_follows": ("an organ scaled: the box shares more with the new outline than with the old", _UNCHANGED),
    "contrast_holds": ("other grey levels: the box stays (IoU ≥ 0.8)", _ELSEWHERE),
    "contrast_iou": ("other grey levels: IoU of the box with the one before", _ELSEWHERE),
}
FIGURE_KEYS = {"mean", "low", "high", "n"}


def format_figure(figure: Mapping[str, Any] | None, scale: float = 100) -> str:
    """A figure as "43.6 [42.0, 45.2]", in percent unless scaled otherwise; a dash where nothing was scored."""
    if figure is None or figure["mean"] is None:
        return "–"
    mean = f"{scale * figure['mean']:.1f}"
    return mean if figure["low"] is None else f"{mean} [{scale * figure['low']:.1f}, {scale * figure['high']:.1f}]"


def format_table(results: Mapping[str, Any]) -> str:
    """The whole table.md of a run."""
    parts = [
        f"# {results['benchmark']}: {results['model']['name']}",
        "\n".join(f"> **Note.** {note}" for note in results.get("notes", [])),
        "Percent, mean [95 % bootstrap interval], whole patients or images resampled; n = scored items.",
        format_sections({name: found for name, found in results.items() if name != "interventions"}),
        _chapter("Findings by class", format_findings(results.get("findings", {}))),
        _chapter("Bound and free decoding", format_decoding(results)),
        _chapter("Interventions", format_interventions(results)),
        _chapter("Beside the published figures", format_layout(results)),
        _chapter("Also measured", format_sections(results.get("additional", {}))),
        _chapter("Gaps", format_gaps(results.get("gaps", {}))),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _chapter(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def format_sections(sections: Mapping[str, Any]) -> str:
    """One line a figure of every section that holds figures and nothing else."""
    rows = [
        (section, name.replace("_", " "), format_figure(figure, SCALES.get(name, 100)), str(figure["n"]))
        for section, figures in sections.items()
        if holds_figures(figures)
        for name, figure in figures.items()
    ]
    return table(("task", "figure", "mean [interval]", "n"), rows) if rows else ""


def format_findings(findings: Mapping[str, Any]) -> str:
    """Every class of finding of the true reports, beside what another patient's report reaches."""
    control = findings.get("other_patient", {})
    rows = [
        (
            name.replace("_", " "),
            *(format_figure(measures[measure]) for measure in ("precision", "recall", "f1")),
            format_figure(control.get(name, {}).get("f1")),
            str(measures["recall"]["n"]),
        )
        for name, measures in findings.get("model", {}).items()
    ]
    return table(("finding", "precision", "recall", "F1", "F1 of another patient", "true"), rows) if rows else ""


def format_decoding(results: Mapping[str, Any]) -> str:
    """Every figure with decoding bound to the grammar, and as a bare generate has it; empty where only one was run."""
    rows = [
        (section, name.replace("_", " "), *(format_figure(one, SCALES.get(name, 100)) for one in (bound, free)))
        for section, figures in results.get("free", {}).items()
        for name, free in figures.items()
        if (bound := _find(results, (section, name))) and free["mean"] is not None and not _is_control(name)
    ]
    return table(("task", "figure", "bound", "free"), rows) if rows else ""


def format_interventions(results: Mapping[str, Any]) -> str:
    """How the changed pictures were made, every rate beside its controls, and the differences by region; "" if
    `results` has no interventions."""
    figures = results.get("interventions", {})
    rows = [row for name in CHANGES if name in figures for row in _change_rows(name, figures)]
    if not rows:
        return ""
    header = ("change", "rate [interval]", "n", "beside it", "its rate", "difference [interval]")
    parts = [_told_setting(results), table(header, rows), _changes_by_region(results.get("by_region", {}))]
    return "\n\n".join(part for part in parts if part)


def _change_rows(name: str, figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A rate with its control, then one line for each other thing that it is read beside."""
    words, control = CHANGES[name]
    beside = {
        "_control": control,
        "_prior": "the mean box of other patients",
        "_before": "the unchanged picture, held to its own truth",
    }
    cells = [
        (text, format_figure(figures.get(name + end)), format_figure(figures.get(name + "_over" + end)))
        for end, text in beside.items()
        if name + end in figures and (end == "_before" or name + "_over" + end in figures)
    ] or [("", "–", "–")]
    rate = (words, format_figure(figures[name]), str(figures[name]["n"]))
    return [((rate if number == 0 else ("", "", "")) + cell) for number, cell in enumerate(cells)]


def _told_setting(results: Mapping[str, Any]) -> str:
    if "regions" not in results:
        return ""
    samples = results["settings"]["report_samples"]
    reports = "decoded greedily" if samples == 1 else f"the consensus of {samples} samples"
    return (
        f"{results['patients']} patients of the phantom, site {', '.join(results['sites'])}, by turns"
        f" {', '.join(name.replace('_', ' ') for name in results['regions'])}; findings are looked for in four times as"
        f" many. Reports are {reports}. In percent; a difference is the rate minus what stands beside it, of the same"
        f" items, patients resampled."
    )


def _changes_by_region(regions: Mapping[str, Any]) -> str:
    """What the rates have over their controls, a line a region; "" where there is but one."""
    if len(regions) < 2:
        return ""
    names = [name for name in CHANGES if not name.endswith(("_iou", "_report_sides"))]
    rows = [
        (region.replace("_", " "), *(format_figure(figures.get(f"{name}_over_control")) for name in names))
        for region, figures in regions.items()
    ]
    head = ("rate minus control, points", *(name.replace("_", " ") for name in names))
    return table(head, rows)


def _is_control(name: str) -> bool:
    return name.startswith(("prior_", "majority_"))


def holds_figures(value: Any) -> bool:
    """True for a section of results.json: a non-empty mapping of names to figures."""
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(f, Mapping) and f.keys() >= FIGURE_KEYS for f in value.values())
    )


def format_layout(results: Mapping[str, Any]) -> str:
    """This run in the paper's columns, above the published systems; empty for a benchmark that states none."""
    benchmark = results["benchmark"]
    facts = facts_of(benchmark)
    columns = facts.layout
    if not columns:
        return ""
    mine = (f"**{results['model']['name']}**", *(format_figure(_find(results, path)) for path in columns.values()))
    published = read_published(benchmark)
    rows = [mine, *((f"{name} †", *(figures.get(c, "–") for c in columns)) for name, figures in published.items())]
    note = f"† as published, mean ± 95 % half width. {facts.caveat}".rstrip()
    return f"{table(('system', *columns), rows)}\n\n{note}"


def format_gaps(gaps: Mapping[str, Mapping[str, Any]]) -> str:
    """The differences between groups, in points; those whose interval excludes zero are marked."""
    rows = [
        (figure, name, format_figure(gap), str(gap["n"]), "yes" if _excludes_zero(gap) else "")
        for figure, found in gaps.items()
        for name, gap in found.items()
        if gap["mean"] is not None
    ]
    header = ("figure", "first - second", "difference [interval]", "n", "beyond chance")
    return table(header, rows) if rows else ""


def _excludes_zero(gap: Mapping[str, Any]) -> bool:
    return gap["low"] is not None and (gap["low"] > 0 or gap["high"] < 0)


def _find(results: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any] | None:
    found: Any = results
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
