"""What mask and metadata of a slice tell for certain, and the structures that a question can point at."""

from collections.abc import Iterator

from refrad2d.boxes import iou
from refrad2d.labels import MODALITIES
from refrad2d.questions.view import CHOICES, Candidate, Claim, View, body_parts, organs

CLEAR_RATIO = 1.5  # areas that differ by less are not compared
MAX_OVERLAP = 0.3  # IoU with any other box up to which a box means one structure


def mask_claims(view: View) -> Iterator[Claim]:
    """Whether a structure is visible."""
    for label, holds in [*((x, True) for x in view.visible), *((x, False) for x in view.absent)]:
        if organs()[label]["number"] == "s":
            yield Claim("visible", holds, (label,), ("visible", label), "mask", view.organ(label))


def metadata_claims(view: View) -> Iterator[Claim]:
    """Whether the slice is of a modality or plane."""
    for kind in ("modality", "plane"):
        true, words = view.row.get(kind), view.words[kind]
        for value in words if true in words else ():
            yield Claim(f"is_{kind}", value == true, (value,), (kind,), "metadata", {kind: words[value]})


def metadata_candidates(view: View) -> Iterator[Candidate]:
    """Modality, plane and body part, as far as the row says them."""
    modality, plane, part = view.row.get("modality"), view.row.get("plane"), view.row.get("body_part")
    multiple = view.draw.number("metadata choices") % 2 == 0
    if modality in MODALITIES:
        choices = view.words["modality_choices"] if multiple else ()
        yield view.ask(
            "modality", view.words["modality"][modality], fact=("modality",), source="metadata", choices=choices
        )
    if plane in view.words["plane"]:
        choices = () if multiple else list(view.words["plane"].values())
        yield view.ask("plane", view.words["plane"][plane], fact=("plane",), source="metadata", choices=choices)
    if part in body_parts():
        yield view.ask("body_part", body_parts()[part][view.language], fact=("body_part",), source="metadata")


def mask_candidates(view: View) -> Iterator[Candidate]:
    """Which structures, on which side of the picture, which of two is larger."""
    near = view.draw.shuffled(view.absent[:20], "absent")[: CHOICES - 1]
    if len(near) == CHOICES - 1 and view.visible:
        label = view.draw.one(sorted(view.visible), "which visible")
        choices = [view.name(name) for name in (label, *near)]
        yield view.ask("which_visible", choices[0], fact=("visible", label), source="mask", choices=choices)
    yield from _count(view)
    for label in view.draw.shuffled(sorted(view.visible), "side"):
        other = label.replace("_left", "_right") if "_left" in label else label.replace("_right", "_left")
        if other != label and other in view.absent:
            left, right = sorted((label, other), key=lambda name: "_right" in name)
            fields = {"left": view.name(left), "right": view.name(right)}
            yield view.ask(
                "which_side", view.name(label), fact=("side",), source="mask", choices=list(fields.values()), **fields
            )
            break
    for label in view.draw.shuffled(sorted(view.visible), "half"):
        x_min, _, x_max, _ = view.boxes[label]
        if organs()[label]["number"] == "p":
            continue
        if x_max <= 0.5 or x_min >= 0.5:
            sides = view.words["sides"]
            half = sides["left" if x_max <= 0.5 else "right"]
            choices = [sides["left"], sides["right"]]
            yield view.ask(
                "which_half", half, fact=("half", label), source="mask", choices=choices, **view.organ(label)
            )
            break
    pairs = [(a, b) for a in view.visible for b in view.visible if view.sizes[a] >= CLEAR_RATIO * view.sizes[b]]
    if pairs:
        larger, smaller = view.draw.one(sorted(pairs), "larger")
        first, second = view.draw.shuffled([view.name(larger), view.name(smaller)], "larger order")
        fact = ("larger", larger, smaller)
        yield view.ask(
            "which_larger",
            view.name(larger),
            fact=fact,
            source="mask",
            choices=[first, second],
            first=first,
            second=second,
        )


def _count(view: View) -> Iterator[Candidate]:
    """How many of four structures are visible."""
    pool = [*view.draw.shuffled(sorted(view.visible), "count")[:3], *view.absent[:6]]
    asked = view.draw.shuffled(pool, "count these")[:CHOICES]
    if len(asked) == CHOICES:
        number = str(sum(label in view.visible for label in asked))
        fact = ("count", *asked)
        yield view.ask("how_many", number, fact=fact, source="mask", list=", ".join(map(view.name, asked)))


def box_candidates(view: View) -> list[Candidate]:
    """A structure to point at, and a box to name; the box stands in the question in percent, so it needs no markup."""
    if not view.visible:
        return []
    place = view.draw.one(sorted(view.visible), "point")
    asked = [view.ask("point", view.name(place), fact=("point",), source="mask", label=place, **view.organ(place))]
    clear = [
        name
        for name in sorted(view.visible)
        if all(iou(view.boxes[name], box) <= MAX_OVERLAP for other, box in view.boxes.items() if other != name)
    ]
    if clear:
        label = view.draw.one(clear, "box")
        edges = [str(round(100 * edge)) for edge in view.boxes[label]]
        fields = dict(zip(("x_min", "y_min", "x_max", "y_max"), edges, strict=True))
        asked.append(view.ask("in_box", view.name(label), fact=("box",), source="mask", label=label, **fields))
    return asked
