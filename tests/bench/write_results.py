"""Write docs/results.md, and the base's table in sft/README.md, from the files in docs/results: `make results`.

Each file there is what a command wrote; the tables name it. `make results COLLECT="base-results demo"` first copies those of
these commands from build/, and no others: what stands there may be older than what was committed.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from radgrounder.contrast.ab import format_trial, verdict
from radgrounder.contrast.judge import format_judged
from radgrounder.evaluation.answers import hash_model
from radgrounder.evaluation.calibrate import LOST
from radgrounder.models.fingerprint import STALE, weights_digest
from radgrounder.results.comparison import format_changes, show_figure
from radgrounder.results.tables import format_interventions
from tests.bench import aims, base_tables, claims
from tests.bench.recipes import format_recipes
from tests.bench.stored import RESULTS, figures, is_there, read
from tests.fixtures.paths import ROOT

MADE = {  # by command: file in docs/results → where the command leaves it
    "base-results": {"base.json": "build/base-results/results.json"},
    "volumes": {"volumes.json": "build/volumes/eval/results.json"},
    "interventions": {"interventions.json": "build/interventions/interventions/results.json"},
    "base-again": {
        "again-after.json": "build/base-again/results.json",
        "again-changes.json": "build/base-again/changes.json",
    },
    "demo": {
        "demo-before.json": "build/demo/results-before.json",
        "demo-after.json": "build/demo/results.json",
        "demo-changes.json": "build/demo/eval/changes.json",
    },
    "demo-recipes": {
        "recipes-before.json": "build/demo/results-before.json",
        "recipes-stock.json": "build/demo/stock/results.json",
        "recipes-packed.json": "build/demo/results.json",
        "recipes-changes.json": "build/demo/recipes/changes.json",
        "recipes-training.json": "build/demo/recipes/training.json",
    },
    "vqa-rad": {
        "vqa-rad-before.json": "build/vqa-rad-before/results.json",
        "vqa-rad-after.json": "build/vqa-rad-after/results.json",
        "vqa-rad-changes.json": "build/vqa-rad-after/changes.json",
    },
    "ablations": {"ablations.json": "build/ablations/ablations.json"},
    "contrast": {"contrast.json": "build/contrast/judged/contrast.json"},
    "contrast-ab": {"contrast-ab.json": "build/contrast/ab/contrast-ab.json"},
}
ENOUGH = 30  # scored reports below which a figure is said to show nothing
FEW = ", far too few to show anything either way."
UNPAIRED = """ mIoU and that of the mean box stand
side by side, without a paired interval of their difference."""
HEAD = """# Results of the nano

Written by `make results` from the files in [results](results), each of which the command above its table made. The nano
has never been trained on a real patient's clinical report: the tables show that the pipeline works and what its controls
say, not that a model is good. All on CPU. Intervals are 95 %, whole patients or pictures resampled.
"""


def main() -> int:
    """Copy if asked to, then write both documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collect", nargs="*", default=[], choices=MADE, help="copy these from build/ first")
    asked = parser.parse_args().collect
    made = {name: ROOT / path for command in asked for name, path in MADE[command].items()}
    if missing := [str(path.relative_to(ROOT)) for path in made.values() if not path.is_file()]:
        parser.error(f"{', '.join(missing)} are not there, so nothing was copied. Run what makes them first.")
    for name, path in made.items():
        shutil.copyfile(path, RESULTS / name)
        print(name)
    (ROOT / "docs/results.md").write_text(document(), encoding="utf-8")
    replace_table(ROOT / "sft/README.md", "base", figures(read("base.json")))
    replace_table(ROOT / "sft/README.md", "reports", told("reports.json", decoding))
    replace_table(ROOT / "sft/README.md", "decoding", told("decoding.json", ways))
    replace_table(ROOT / "sft/README.md", "sites", told("sites.json", sites))
    return 0


def stale() -> str:
    """What of the shipped base waits for new weights, "" if nothing does."""
    path = ROOT / "sft/bases/nano" / STALE
    if not path.is_file():
        return ""
    told = json.loads(path.read_text(encoding="utf-8"))
    return f"Stale ({STALE} of the base): {', '.join(f'`{part}`' for part in told['parts'])}. {told['why']}\n\n"


def document() -> str:
    """docs/results.md."""
    chapters = {
        "What was aimed at, and what was reached": aims.section(),
        "The base on new patients: `make base-results`": stale() + base_tables.section(),
        "By region and site: `python -m tests.bench.sites`": told("sites.json", sites),
        "Structures of whole series: `make volumes`": volumes(),
        "The base made again: `make base-again`": again(),
        "Does it look? `make interventions`": earlier("interventions.json") + interventions(),
        "Its confidence: `make base-calibrate`": confidence(),
        "LoRA on a region that the base has never seen: `make demo`": demo(),
        "Both recipes of the demo: `make demo-recipes`": recipes(),
        "Real questions: `make vqa-rad VQA_RAD=DATA`": f"""{earlier("vqa-rad-before.json")}LoRA on the pictures and questions of VQA-RAD's training set,
judged on its test set; no picture occurs in both. The checkpoint is the best on validation pictures. What the pictures
add is what stands above the text-only and shuffled rows.

{before_and_after("vqa-rad")}""",
        claims.TITLE: claims.section(read("ablations.json")),
        "Markup tokens: `python -m tests.bench.markup_tokens build/demo/dataset`": earlier("markup-tokens.json")
        + markup(read("markup-tokens.json")),
        "The vision tower taught by sentences: `make contrast`": contrast(),
        "Behind the adapted tower: `make contrast-ab`": contrast_ab(),
        "What training and prediction cost: `make bench`": costs(read("training.json")),
        "Real anatomy: `python -m tests.bench.real_images DATA`": earlier("real-images.json")
        + real_images(read("real-images.json")),
    }
    return "\n".join([HEAD, *(f"## {title}\n\n{body}\n" for title, body in chapters.items() if body)])


def demo() -> str:
    """What the demo changed, and what its figures cannot show."""
    after = read("demo-after.json")
    findings = after["report"]["finding_f1"]["n"]
    unpaired = "" if "miou_over_prior" in after["grounding"] else UNPAIRED
    return f"""{earlier("demo-before.json")}The pelvis in MR, which the base has never seen, at site C, whose other
examinations it has. Packed rows, LoRA on every layer, the patches and the projector; reports are decoded greedily.
The hospital has 60 patients and not more, since it is drawn, built and trained on while somebody waits; `make demo
PATIENTS=150 STEPS=300 DEMO=build/demo-150` is a longer run. Finding F1 is scored on {findings} reports only{FEW if findings < ENOUGH else "."}{unpaired}

{before_and_after("demo")}"""


def before_and_after(name: str) -> str:
    """The table that `radgrounder compare` printed."""
    return format_changes(*(read(f"{name}-{part}.json") for part in ("before", "after", "changes")))


def volumes() -> str:
    """The base's boxes in 3D beside their controls; "" while that was not run."""
    if not is_there("volumes.json"):
        return ""
    found = read("volumes.json")
    return f"""{earlier("volumes.json")}Four examinations at all three sites, built as an export is. Each structure of
{found["n_series"]} series of new patients is asked for on each of its published slices, {found["n_slices"]} in all, and a box in 3D is fused of the
answers. The prior is the mean box of training series; `true slices` are the true boxes of these slices, fused alike.

{figures(found, ("volumes",))}"""


def again() -> str:
    """The shipped base beside the one that `make base` made from nothing; "" while that was not run for this base."""
    if not is_there("again-after.json"):
        return ""
    results = [read(name) for name in ("base.json", "again-after.json", "again-changes.json")]
    return f"""`make base` from nothing, judged on the same slices as the shipped weights; the difference is paired.

{format_changes(*results, names=("shipped", "made again"))}"""


def recipes() -> str:
    """The stock recipe beside the packed one; "" while that was not run."""
    if not is_there("recipes-training.json"):
        return ""
    stock, packed, changed, training = (
        read(f"recipes-{part}.json") for part in ("stock", "packed", "changes", "training")
    )
    return f"""{earlier("recipes-before.json")}The same base, hospital and slices: `trl sft` as it comes, an answer a sample, beside
packed rows. Minutes are the trainer's own, without loading; answers seen are its epochs times the answers of the
training rows.

{format_recipes(training, {"stock": stock, "packed": packed}, changed)}

All figures, the change being packed minus stock:

{format_changes(stock, packed, changed, names=("stock", "packed"))}"""


def interventions() -> str:
    """The tables of the causal tests; "" while they were not run for this base."""
    return format_interventions(read("interventions.json")) if is_there("interventions.json") else ""


def sites(results: dict) -> str:
    """One line a region and site."""
    names = ("base", "large", "mean box", "shuffled", "above mean box", "above shuffled")
    rows = [
        f"| {region} | {site} | " + " | ".join(show_figure(one[name]) for name in names) + f" | {one['base']['n']} |"
        for region, by_site in results.items()
        for site, one in by_site.items()
    ]
    head = [
        "| region | site | base | 16 px and more | mean box | other patient's picture | above mean box | above other's | n |"
    ]
    return """mIoU of the locate prompt on fresh slices of new patients, decoded as in use. pelvis_mr is the region that the
base has never seen. The mean box of a class in a plane is that of four slices each of 60 other patients of the same
region and site; a class that none of them shows scores 0. The other patient's picture is of the same region, site and
plane. What stands above them is paired, whole patients resampled; the mean of the known regions weighs each alike.

""" + "\n".join([*head, "|---|" + "---|" * 8, *rows])


def earlier(name: str) -> str:
    """A sentence for what was measured with other weights than the shipped ones, else ""."""
    found = read(name)
    shipped = weights_digest(ROOT / "sft/bases/nano")
    known = (
        hash_model(str(ROOT / "sft/bases/nano")),
        read("base.json")["model"]["fingerprint"],
    )  # that was before it had a head
    same = found.get("base") == shipped or found.get("model", {}).get("fingerprint") in known
    return "" if same else "Measured with an earlier version of the base. "


def told(name: str, table: Callable[[dict], str]) -> str:
    """The table of a bench's file, below what `earlier` says of it; "base" there is the digest of the weights."""
    rows = {key: row for key, row in read(name).items() if key != "base"}
    return f"{earlier(name)}\n\n{table(rows)}".strip()


def tell_base(weights: str) -> str:
    """Whether the shipped base was it."""
    which = (
        "the shipped one"
        if weights == weights_digest(ROOT / "sft/bases/nano")
        else "an earlier version of the shipped one"
    )
    return f"The base was {which} ({weights[:12]})."


def confidence() -> str:
    """What stands in the base's calibration.json."""
    path = ROOT / "sft/bases/nano/calibration.json"
    if not path.is_file():
        return ""
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        f"| {kind} | {one['n']} | {one['right']:.3f} | {one['ece_before']:.3f} | {one['ece_after']:.3f} |"
        f" {one['abstain_below']:.2f} | {one['coverage']:.2f} |"
        for kind, one in found.items()
        if kind != "absent"
    ]
    absent = found.get("absent")
    rest = (
        ""
        if absent is None
        else f"""

Asked where something is, {absent["offset"]:+.2f} is added to the log-odds of "not visible", so that {100 * LOST:.1f} % of what is
shown gets no box. With it {_percent(absent["boxed_after"])} of absent structures get one (without {_percent(absent["boxed_before"])}), of those that are
shown {_percent(absent["shown_boxed_after"])} ({_percent(absent["shown_boxed_before"])}); on patients that the fit had not seen."""
    )
    return (
        """Fitted on validation patients, judged on those that the fit had not seen; a box is right at an IoU of 0.5. The
threshold keeps wrong answers at one in ten; curves: [calibration.svg](../sft/bases/nano/calibration.svg).

| | n | right | calibration error before | after | abstain below | answered |
|---|---|---|---|---|---|---|
"""
        + "\n".join(rows)
        + rest
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def decoding(results: dict) -> str:
    """One line a way to decode a report."""
    rows = [
        f"| {name} | {show_figure(one['f1'])} | {one['f1']['n']} | {one['words']:.1f} | {one['cpu seconds']:.2f} |"
        for name, one in results.items()
    ]
    head = ["| report | token F1 [interval] | n | words | CPU seconds a report |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def ways(results: dict) -> str:
    """One line a way to decode a box."""
    rows = [
        f"| {name} | {show_figure(one['miou'])} | {show_figure(one['gain'])} | {one['miou']['n']} | {one['invalid']:.3f} |"
        f" {one['looped']:.3f} | {one['cpu seconds']:.3f} |"
        for name, one in results.items()
    ]
    head = ["| decoding | mIoU | more than free | n | invalid | looped | CPU seconds an answer |", "|---|" + "---|" * 6]
    return "\n".join([*head, *rows])


def markup(results: dict) -> str:
    """Both kinds side by side."""
    kinds = ("ordinary tokens", "own tokens")
    rows = [
        f"| {name} | " + " | ".join(show(results[kind][name]) for kind in kinds) + " |" for name in results[kinds[0]]
    ]
    return f"""Markup spelled with ordinary tokens, the default, and with a token for each piece of it, baked into the base
by `radgrounder prepare --markup-tokens`: {results["steps"]} steps of the same recipe, {results["limit"]} test slices. The
recipe's LoRA does not reach the embeddings, which new tokens would need.

| figure | ordinary tokens | own tokens |
|---|---|---|
""" + "\n".join(rows)


def show(value: float | dict) -> str:
    """A plain number, or a figure with its interval."""
    return show_figure(value) if isinstance(value, dict) else f"{value:.3g}"


def costs(results: dict) -> str:
    """One line a measurement."""
    return "\n".join(["| measured | |", "|---|---|", *(f"| {name} | {value:.3g} |" for name, value in results.items())])


def contrast() -> str:
    """What the adapted tower knows beside its controls; "" while it was not adapted."""
    if not is_there("contrast.json"):
        return ""
    found = read("contrast.json")
    made, gap = found["adapted"], found["probe"]["adapted - before"]
    run = any("before" in one for one in found["retrieval"].values())
    control = (
        '"before" has head and text tower trained alike, and the tower as it was.'
        if run
        else ("The control whose tower stayed was not run for these figures.")
    )
    return f"""{tell_base(found["base"])} {made["steps"]} steps of {made["batch"]} slices with their German and English
sentences, {made["slices"]} slices of other patients ([contrast.md](contrast.md)). By the probe the adapted tower is
**{verdict(gap["low"], gap["high"])}**. Retrieval: the region's ranking is told modality and body part, and looks at no
picture. {control}

{format_judged(found)}"""


def contrast_ab() -> str:
    """What a model learns behind either tower; "" while none was trained."""
    if not is_there("contrast-ab.json"):
        return ""
    found = read("contrast-ab.json")
    return f"""{tell_base(found["before"])} {found["steps"]} packed steps of LoRA on language model and projector, both
towers frozen, {len(found["seeds"])} seeds, {found["limit"]} slices of new patients. Differences are adapted minus before,
paired by prompt and averaged over seeds, whole patients resampled.

{format_trial(found)}"""


def real_images(results: dict) -> str:
    """Mean IoU on each volume, before and after, beside the mean box."""
    rows = [
        f"| {name} | {one['slices']} | {one['base']['n']} | {one['base']['miou']:.3f} |"
        f" {one['mean box of the CT']['miou']:.3f} | {one['after']['miou']:.3f} |"
        for name, one in results["images"].items()
    ]
    return f"""An overfit test: LoRA on the slices of one real CT, judged on the same slices, and on two volumes that it
was not trained on. TotalSegmentator's open example images, locate prompt, mIoU.

| images | slices | places | base | mean box of that CT | after {results["steps"]} steps |
|---|---|---|---|---|---|
""" + "\n".join(rows)


def replace_table(path: Path, name: str, table: str) -> None:
    """Write `table` between the marks of this name in a document. ValueError if they are not there."""
    start, end = f"<!-- {name}: make results -->\n", f"\n<!-- end {name} -->"
    text = path.read_text(encoding="utf-8")
    if start not in text or end not in text:
        raise ValueError(f"{path.name} has no marks for the table {name!r}. Put {start.strip()} … {end.strip()} there.")
    before, rest = text.split(start)
    path.write_text(f"{before}{start}{table}{end}{rest.split(end)[1]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
