"""What is measured, what is claimed by it, and when a difference counts: measures, claims, margins, verdicts.

>>> verdict(Gap(0.001, 0.002, 12, -0.003, 0.005, 96, 5), margin=0.02, above=True)
'equivalent'
"""

from functools import cache
from typing import NamedTuple

from radgrounder.claims.crossed import Gap
from refrad2d.system.tables import read_yaml

BETTER, WORSE, EQUIVALENT, UNDECIDED = "better", "worse", "equivalent", "undecided"
BELOW = "below its control: no verdict"


class Measure(NamedTuple):
    """A figure: the test set it is `of`, the task and score there, and what needs no model that it is read beside.

    One of the `own_form` is of boxes for arms with boxes, of masks for arms with masks.
    """

    title: str
    of: str
    task: str
    score: str
    control: str
    own_form: bool = False


class Claim(NamedTuple):
    """Says that arm `first` is better than (`wanted` "better"), or no worse than ("no worse"), arm `second`."""

    text: str
    first: str
    second: str
    measure: str
    wanted: str


MEASURES = (
    Measure("locate IoU", "internal", "locate", "iou", "prior"),
    Measure("own form IoU", "internal", "locate", "iou", "prior", own_form=True),
    Measure("report F1", "internal", "report", "f1", "majority"),
    Measure("G-IoU", "internal", "report", "g_iou_class", "", own_form=True),
    Measure("VQA F1 open", "internal", "vqa", "f1_open", "majority"),
    Measure("VQA accuracy closed", "internal", "vqa", "accuracy_closed", "majority"),
    Measure("external F1 open", "external", "vqa", "f1_open", "majority"),
    Measure("external accuracy closed", "external", "vqa", "accuracy_closed", "majority"),
    Measure("VQA-RAD F1 open", "vqa-rad", "vqa", "f1_open", "majority"),
    Measure("VQA-RAD accuracy closed", "vqa-rad", "vqa", "accuracy_closed", "majority"),
)
_CLINICAL = "clinical data improves open VQA over external sets alone"
_AT_EQUAL_STEPS = "the same, at equal steps"  # there external pictures are seen four times as often by the second arm
_REPORTS, _QUESTIONS = "boxes cost no report quality", "boxes cost no VQA quality"
_MASKS = "token boxes beat masks"
CLAIMS = (
    Claim(_CLINICAL, "all, no boxes", "external only, as often", "external F1 open", "better"),
    Claim(_CLINICAL, "all, no boxes", "external only, as often", "VQA-RAD F1 open", "better"),
    Claim(_CLINICAL, "all + boxes", "external only, as often", "external F1 open", "better"),
    Claim(_CLINICAL, "all + boxes", "external only, as often", "VQA-RAD F1 open", "better"),
    Claim(_AT_EQUAL_STEPS, "all, no boxes", "external only", "external F1 open", "better"),
    Claim(_AT_EQUAL_STEPS, "all, no boxes", "external only", "VQA-RAD F1 open", "better"),
    Claim(_REPORTS, "all + boxes", "all, no boxes", "report F1", "no worse"),
    Claim(_REPORTS, "internal + boxes", "internal, no boxes", "report F1", "no worse"),
    Claim(_QUESTIONS, "all + boxes", "all, no boxes", "VQA F1 open", "no worse"),
    Claim(_QUESTIONS, "all + boxes", "all, no boxes", "VQA accuracy closed", "no worse"),
    Claim(_QUESTIONS, "all + boxes", "all, no boxes", "external F1 open", "no worse"),
    Claim(_QUESTIONS, "internal + boxes", "internal, no boxes", "VQA F1 open", "no worse"),
    Claim(_MASKS, "all + boxes", "all + masks", "own form IoU", "better"),
    Claim(_MASKS, "all + boxes", "all + masks", "G-IoU", "better"),
    Claim("masks cost no report quality", "all + masks", "all + boxes", "report F1", "no worse"),
    Claim("external sets cost no own quality", "all + boxes", "internal + boxes", "VQA F1 open", "no worse"),
)


@cache
def margins() -> dict[str, float]:
    """By measure: differences inside count as none (data/margins.yaml, fixed before the first run)."""
    return {name: float(value) for name, value in read_yaml(__package__, "margins.yaml").items()}


def verdict(gap: Gap, *, margin: float, above: bool) -> str:
    """What a difference says; `above` is whether the better of the two arms beats the control, by its interval.

    Better or worse: the interval lies on one side of 0. Equivalent: it lies inside ± margin; the 95 % interval, so that
    each of the two one-sided tests is at 2.5 % (Schuirmann 1987). A difference that is both counts as equivalent: it
    was seen, and is too small to matter. Undecided: neither.
    """
    if not above:
        return BELOW
    if -margin < gap.low and gap.high < margin:
        return EQUIVALENT
    return BETTER if gap.low > 0 else WORSE if gap.high < 0 else UNDECIDED


def holds(found: str, gap: Gap, wanted: str, margin: float) -> str:
    """Whether a claim holds by a verdict: yes, no or open. "no worse" holds, too, where the interval ends above
    -margin."""
    if found == BELOW:
        return "open"
    if wanted == "better":
        return "yes" if found == BETTER else "open" if found == UNDECIDED else "no"
    if found in (BETTER, EQUIVALENT) or gap.low > -margin:
        return "yes"
    return "no" if found == WORSE else "open"
