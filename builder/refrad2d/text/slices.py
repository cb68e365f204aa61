"""Which sentence goes to which slices of a series, and where in it the structures that a slice shows are named.

    >>> spread([0, 1, 5, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    [3, 5, 7]

The slice rules are in docs/data-format.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from refrad2d.boxes import MIN_PIXELS, iou, merge_boxes, visible
from refrad2d.labels import PARTS, exists_in, label_by_name, labels
from refrad2d.rows import FindingRow, ObjectRow
from refrad2d.text.findings import kinds_in, kinds_of, places_of
from refrad2d.text.mentions import Mention
from refrad2d.text.references import Reference, find_references, rewrite_references
from refrad2d.text.sentences import split_sentences
from refrad2d.windows import IMAGE_SIZE

SLICES_A_SENTENCE = 3
ABSENT, ABSENT_NEAR = 4, 3  # classes that a row denies; of these, such as another slice shows if there are others
APART = 2  # parts of the body between what a series shows and what it cannot
LEAST_FINDING = MIN_PIXELS / IMAGE_SIZE**2  # of the image: the box of a finding that a slice shows
RULES = ("named", "finding", "structure", "middle")
UNPLACED = ("without_slice", "only_reference", "unclear_image", "several_images")  # why a sentence goes to no slice


@dataclass(frozen=True)
class MarkedSentence:
    """One sentence with its mentions (indices into the sentence) and the images that it names."""

    text: str
    language: str
    mentions: tuple[Mention, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass
class SliceFacts:
    """What is known of a slice before it has a text."""

    frame: Mapping
    objects: list[ObjectRow] = field(default_factory=list)
    findings: list[FindingRow] = field(default_factory=list)

    @property
    def areas(self) -> dict[str, int]:
        """Mask pixels of each class."""
        return {o["label"]: o["area"] for o in self.objects}


def spread(scores: Sequence[float], count: int = SLICES_A_SENTENCE) -> list[int]:
    """The indices of the highest positive scores, spaced apart.

    Slices of one structure look alike, so two chosen ones lie at least a sixth of the scored range apart; ties go to
    the lower index.
    """
    positive = [i for i, score in enumerate(scores) if score > 0]
    if not positive:
        return []
    apart = max(1, -(-(positive[-1] - positive[0] + 1) // 6))
    chosen: list[int] = []
    for i in sorted(positive, key=lambda i: (-scores[i], i)):
        if len(chosen) < count and all(abs(i - other) >= apart for other in chosen):
            chosen.append(i)
    return sorted(chosen)


def match_mentions(sentence: MarkedSentence, shown: Sequence[Mapping]) -> list[dict]:
    """Span structs of the mentions whose classes are in the slice; a partly present one keeps only those.

    `shown` are the slice's objects ({label, box, area}); the box of a span is the union box of its labels.
    """
    boxes = {o["label"]: tuple(o["box"]) for o in shown}
    spans = []
    for mention in sentence.mentions:
        present = [label for label in mention.labels if label in boxes]
        if present:
            box = merge_boxes([boxes[label] for label in present])
            spans.append(
                {"start": mention.start, "end": mention.end, "label": present[0], "labels": present, "box": list(box)}
            )
    return spans


def slices_for(
    sentence: MarkedSentence, slices: Sequence[SliceFacts], series_number: int | None, *, masked: bool
) -> tuple[list[int], str]:
    """The slices of one series that a sentence goes to, and the rule that chose them."""
    if sentence.references:
        wanted = {i for r in sentence.references if r.series in (None, series_number) for i in r.instances}
        return [n for n, s in enumerate(slices) if s.frame["instance"] in wanted], "named"
    if not masked:
        return [len(slices) // 2], "middle"
    chosen = spread(finding_sizes(sentence, slices))
    if chosen:
        return chosen, "finding"
    names = _names(sentence)
    return spread([sum(s.areas.get(name, 0) for name in names) for s in slices]), "structure"


def finding_sizes(sentence: MarkedSentence, slices: Sequence[SliceFacts]) -> list[float]:
    """For each slice, how large the findings in its mask are that the sentence states: areas of boxes in [0, 1]."""
    kinds, names = affirmed_kinds(sentence), _names(sentence)
    return [sum(_area(f["box"]) for f in s.findings if _is_meant(f, kinds, names, s)) for s in slices]


def affirmed_kinds(sentence: MarkedSentence) -> set[str]:
    """The kinds of finding that a sentence states; none where it denies anything."""
    if any(mention.negated for mention in sentence.mentions):
        return set()
    return kinds_in(sentence.text, sentence.language)


def is_about(sentence: MarkedSentence, rule: str, shown: SliceFacts) -> bool:
    """True if it is certain that a sentence is about what a slice shows: the report names the image, or the mask has
    the finding that it states, or it states none and names a class that is visible."""
    if rule == "named":
        return True
    if affirmed_kinds(sentence):
        return finding_sizes(sentence, [shown])[0] > 0
    return bool(_names(sentence) & {found["label"] for found in visible(shown.objects)})


def certainly_absent(slices: Sequence[SliceFacts], row_id: str, n: int, far: Sequence[str] = ()) -> list[str]:
    """Up to ABSENT classes that slice `n` of a series certainly does not show, drawn by a hash of the row's id.

    A class that the masks show on another slice was looked for here too; the slice must have a mask and no blank, and
    lie more than one slice beyond those between the first and the last that show the class, where it may be cut. Of the
    `far_classes` of the series a slice gets some if it shows where it lies, at least as many as ABSENT_NEAR leaves.
    """
    shown = slices[n]
    if not visible(shown.objects) or shown.frame["blanked"]:
        return []
    near = _drawn(_beyond(slices, n), row_id)
    placed = any(len(label_by_name(found["label"]).parts) == 1 for found in visible(shown.objects))
    others = _drawn(far, row_id)[: ABSENT - min(len(near), ABSENT_NEAR)] if placed else []
    return sorted(near[: ABSENT - len(others)] + others)


def _beyond(slices: Sequence[SliceFacts], n: int) -> list[str]:
    """The classes that are visible on a slice of the series, and on none up to the one beside slice `n`."""
    reach: dict[str, tuple[int, int]] = {}
    for at, other in enumerate(slices):
        for name in other.areas:
            reach[name] = (reach.get(name, (at, at))[0], at)
    beyond = [name for name, (first, last) in reach.items() if n < first - 1 or n > last + 1]
    return [name for name in beyond if any(o["label"] == name for s in slices for o in visible(s.objects))]


def _drawn(names: Iterable[str], row_id: str) -> list[str]:
    return sorted(names, key=lambda name: sha256(f"{row_id} {name}".encode()).digest())


def far_classes(shown: Collection[str], modality: str, *, pregnant: bool = False) -> list[str]:
    """The classes that a segmenter of all classes of a modality looked for in a series and did not find, and that lie
    at least APART parts of the body away from all that the series may reach to.

    `shown` are all classes that its masks show, on whatever slice, be it one voxel. Classes of one part say which parts
    the series reaches, and so all between them; a class of several adds all of them unless it lies in one of these.
    Without a class of one part nobody knows where the series lies, and no class is far; nor is any in the belly of a
    patient who may be `pregnant`, where an unborn child has all of them.
    """
    parts = [set(label_by_name(name).parts) for name in shown]
    sure = set[int]().union(*(some for some in parts if len(some) == 1))
    if not sure:
        return []
    reached = sure.union(*(some for some in parts if not some & sure))
    if pregnant and max(reached) >= PARTS.index("abdomen"):
        return []
    first, last = min(reached) - APART, max(reached) + APART
    return [
        label.name
        for label in labels()
        if label.parts and exists_in(label, modality) and (max(label.parts) <= first or min(label.parts) >= last)
    ]


def _names(sentence: MarkedSentence) -> set[str]:
    return {label for mention in sentence.mentions for label in mention.labels}


def _is_meant(finding: FindingRow, kinds: set[str], names: set[str], shown: SliceFacts) -> bool:
    """True if a finding in the mask is of these kinds and lies in one of the classes that the sentence names, if any.

    Where it lies says its label ("liver_lesion") or, if that names no class, that the boxes touch.
    """
    if not kinds_of(finding["label"]) & kinds:
        return False
    if not names:
        return True
    if places := places_of(finding["label"]):
        return bool(places & names)
    return any(o["label"] in names and iou(o["box"], finding["box"]) > 0 for o in shown.objects)


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def cut_references(sentence: MarkedSentence) -> MarkedSentence:
    """The sentence without the numbers of images, which mean nothing to whoever sees the one slice; it still reads as
    one (see `rewrite_references`). Mentions inside what was rewritten go, the others move along."""
    text, edits = rewrite_references(sentence.text, sentence.language, sentence.references)
    mentions = list(sentence.mentions)
    for edit in reversed(edits):
        shift = len(edit.text) - (edit.end - edit.start)
        mentions = [
            replace(m, start=m.start + shift, end=m.end + shift) if m.start >= edit.end else m
            for m in mentions
            if m.end <= edit.start or m.start >= edit.end
        ]
    return MarkedSentence(text, sentence.language, tuple(mentions))


def join_sentences(sentences: Iterable[MarkedSentence], shown: Sequence[Mapping]) -> tuple[str, list[dict]]:
    """The text of a slice, its sentences in order with a blank between them, and the spans in it."""
    texts: list[str] = []
    spans: list[dict] = []
    shift = 0
    for sentence in sentences:
        spans += [{**s, "start": s["start"] + shift, "end": s["end"] + shift} for s in match_mentions(sentence, shown)]
        texts.append(sentence.text)
        shift += len(sentence.text) + 1
    return " ".join(texts), spans


def read_sentences(text: str, language: str, spans: Sequence[Mapping]) -> list[MarkedSentence]:
    """A text as sentences with the mentions that lie wholly in each."""
    found = []
    ordered, at = sorted(spans, key=lambda s: s["start"]), 0
    for start, end in split_sentences(text, language):
        part = text[start:end]
        first = at
        while at < len(ordered) and ordered[at]["start"] < end:
            at += 1
        inside = [s for s in ordered[first:at] if start <= s["start"] and s["end"] <= end]
        mentions = tuple(
            Mention(s["start"] - start, s["end"] - start, tuple(s["labels"]), s["negated"]) for s in inside
        )
        found.append(MarkedSentence(part, language, mentions, tuple(find_references(part))))
    return found
