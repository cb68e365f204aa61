"""The section of docs/results.md on the paper's claims, from docs/results/ablations.json (`make ablations`)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from radgrounder.claims.measures import BELOW
from radgrounder.claims.tables import format_arms, format_claims, format_power
from refrad2d.system.markdown import table

TITLE = "The paper's claims at nano scale: `make ablations VQA_RAD=DATA`"
NOTES = {  # by the weights of the twin with boxes and the steps of an arm: what else is to be known of a run
    "ee43ebe36e33 480": """A run before had 120 steps and one slice a patient; it left 9 of 16 comparisons without a verdict, and
its masks had an IoU of 0.026. Steps and slices were raised for that reason, arms, measures and margins stayed, twins and seeds
of data were made anew by the same commands.""",
}
PAPER = ("clinical data improves", "boxes cost no", "token boxes beat masks")  # how the claims of the paper begin


def section(results: Mapping[str, Any]) -> str:
    """What was done, what it could see, what fell out."""
    return "\n\n".join(
        [
            " ".join(filter(None, [design(results), NOTES.get(run_of(results))])),
            format_power(results["power"]),
            "What each claim comes to over its pairs of arms and measures:",
            summary(results["claims"]),
            contradictions(results["claims"]),
            masks(results),
            format_claims(results["claims"]),
            format_arms(results),
        ]
    )


def run_of(results: Mapping[str, Any]) -> str:
    """What tells one run from another."""
    return f"{results['bases']['boxed'][:12]} {results['settings']['steps']}"


def design(results: Mapping[str, Any]) -> str:
    """The design in words."""
    said = results["settings"]
    sets = ", and VQA-RAD's" if results["vqa_rad"] else ""
    return f"""{len(results["arms"])} arms × {len(results["seeds"])} seeds, {said["steps"]} steps of {said["train_batch"]} pictures, all weights. Arms with boxes or masks start from a twin of
{results["bases"]["boxed"][:12]} (pretrained with boxes), the others from {results["bases"]["boxless"][:12]} (`radgrounder pretrain --boxless`: the same size, pool and steps; no
place is told or asked, and its tower learns what a picture shows, not where): `make base-boxless`, abdomen of site B.
Internal is site {said["site"]}: reports, places, questions of a build. External is site {said["external_site"]}, a quarter of the pictures, which has questions only and asks
them in other words ([manners.yaml](../sft/radgrounder/claims/data/manners.yaml)){sets}. Pictures, steps and tokens are the same for all:
what places take, questions lack, in the twins too. Every arm is asked in its own prompt, on {said["patients"]} new patients of each site, {said["test_slices"]} slice(s) each; questions that
their words decide are left out. Masks are text, sixteen codes a span. Intervals are of seeds and patients together
(`radgrounder.claims.crossed`), margins were fixed before the first run
([margins.yaml](../sft/radgrounder/claims/data/margins.yaml)). Not in the intervals: chance in pretraining, of which there is one run a twin. Nothing
is adjusted for the number of claims. "As often" is external data alone for a quarter of the steps, so that it is seen as often as
in the mixtures."""


def summary(claims: Sequence[Mapping[str, Any]]) -> str:
    """One line a claim: in how many of its comparisons it holds."""
    found: dict[str, Counter[str]] = {}
    for one in claims:
        found.setdefault(one["text"], Counter())[one["holds"] if one["verdict"] != BELOW else BELOW] += 1
    lines = [
        (text, *(counts[key] for key in ("yes", "no", "open", BELOW)), "yes" if text.startswith(PAPER) else "")
        for text, counts in found.items()
    ]
    return table(("claim", "holds", "does not", "open", BELOW, "the paper's"), lines)


def contradictions(claims: Sequence[Mapping[str, Any]]) -> str:
    """Where the figures speak against the paper."""
    against = [one for one in claims if one["holds"] == "no" and one["text"].startswith(PAPER)]
    if not against:
        return "Nothing here contradicts the paper; what is open is open."
    told = [f"- {one['text']}: {one['measure']}, {one['first']} − {one['second']}: {one['verdict']}" for one in against]
    return "\n".join(["Against the paper, at this scale:", "", *told])


def masks(results: Mapping[str, Any]) -> str:
    """What the arm with masks has learned of them, "" without one."""
    of = "own form IoU"
    own = results["arms"].get("all + masks", {}).get(of)
    if own is None:
        return ""
    control = results["controls"][of]
    told = f"The arm with masks reaches a mask IoU of {own:.3f} where the mean box has a box IoU of {control:.3f}"
    if results["above_control"]["all + masks"][of]["low"] > 0:
        return f"{told}."
    return f"""{told}: in so few steps it has not learned the codes, so that what is said of it here is said of the time that
masks as text take to learn, not of how good they can be."""
