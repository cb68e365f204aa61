"""De-identification of invented letters with marked identities, and of clinical phrases without any.

python -m tests.bench.letters                # the table of docs/privacy.md
python -m tests.bench.letters --misses seen  # each miss of that half, for the eye
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import Any

from refrad2d.privacy.deidentify import KINDS, deidentify

LETTERS = Path(__file__).parents[1] / "fixtures" / "data" / "letters"
HALVES = (
    "seen", "apart", "outside_seen", "outside_apart", "fresh_seen", "fresh_apart", "later_seen", "later_apart",
    "newest_seen", "sixth_seen", "seventh_seen", "seventh_own_1", "seventh_own_2", "seventh_own_3", "seventh_own_4", "dev",
    "eighth_apart", "ninth_apart", "informal_apart",
)  # fmt: skip
MARKED = (
    "PATIENT", "DOCTOR", "RELATIVE", "TITLE", "DATE", "ADDRESS", "PHONE", "ID", "EMAIL", "URL", "HOSPITAL", "WARD",
    "ORGANISATION",
)  # fmt: skip
# Words that go with an identity by design: titles, salutations, times of day, the word before a ward or a number.
WITH_IDENTITY = re.compile(
    r"[\d:.]+h?|Uhr\.?|Frau|Herrn?|Fr\.|Hr\.|Familie|Signora|Sr\.|Schwester|Pfl\.|DGK[PS]|Koll\w*\.?|Doktor|\w*[Aa]rzt|"
    r"\w*[Ää]rztin|Praxis|Gemeinschaftspraxis|Ass\.|Assistenz|MFA|HA|Bett|Station|\(?Zi\.|Zimmer|Dipl\.-Psych\.|und|u\.|bis|"
    r"Mrs?\.?|Ms\.?|Miss|Sister|Dr\.?|MD,?|DO|RN|Mag\.|OÄ|"
    r"Amtsgericht|Prim\w*\.?|[Ff]reitag,?|Montag|Dienstag|Sonntag|am|an|in|der|dem|im|für"
)
DIRECT = {"PATIENT", "DOCTOR", "RELATIVE", "ADDRESS", "PHONE", "ID", "EMAIL", "URL"}  # what points to one person


def read_rows(name: str) -> list[dict[str, Any]]:
    """The rows of tests/fixtures/data/letters/`name`.jsonl."""
    return [json.loads(line) for line in (LETTERS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def kept_letters(source: str, output: str) -> list[bool]:
    """For each character of the source whether the output still holds it; placeholders stand for the others."""
    pieces = [""]
    at = 0
    while at < len(output):
        placeholder = next((f"[{kind}]" for kind in KINDS if output.startswith(f"[{kind}]", at)), "")
        if placeholder:
            pieces.append("")
        else:
            pieces[-1] += output[at]
        at += len(placeholder) or 1
    kept = [False] * len(source)
    start = 0
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        found = len(source) - len(piece) if last else source.find(piece, start + (number > 0 and bool(piece)))
        if found < start or source[found : found + len(piece)] != piece:
            raise ValueError(f"The output is not the source with placeholders: {piece!r} is not in its place.")
        kept[found : found + len(piece)] = [True] * len(piece)
        start = found + len(piece)
    return kept


def is_removed(source: str, kept: Sequence[bool], start: int, end: int) -> bool:
    """Whether no letter or digit of the span is left."""
    return not any(kept[at] and source[at].isalnum() for at in range(start, end))


def words_outside(source: str, spans: Sequence[Sequence[Any]]) -> Iterator[tuple[int, int]]:
    """The words of a letter that belong to no marked span."""
    marked = [False] * len(source)
    for start, end, _ in spans:
        marked[start:end] = [True] * (end - start)
    at = 0
    for word in source.split():
        start = source.index(word, at)
        at = start + len(word)
        if not any(marked[start:at]) and any(c.isalnum() for c in word) and not WITH_IDENTITY.fullmatch(word):
            yield start, at


def score_letters(half: str, header: bool, misses: bool = False) -> tuple[Counter, Counter, Counter]:
    """Spans removed and made of each kind, and counts of letters and words; `header` gives name, date and id."""
    removed: Counter = Counter()
    made: Counter = Counter()
    counts: Counter = Counter()
    for row in read_rows(half):
        text = row["text"]
        kept = kept_letters(text, deidentify(text, row["language"], row["known"] if header else ()))
        left = [span for span in row["spans"] if not is_removed(text, kept, span[0], span[1])]
        made.update(kind for _, _, kind in row["spans"])
        removed.update(kind for _, _, kind in row["spans"])
        removed.subtract(kind for _, _, kind in left)
        counts.update(letters=1, leaking=any(kind in DIRECT for _, _, kind in left))
        lost = [(s, e) for s, e in words_outside(text, row["spans"]) if not any(kept[s:e])]
        counts.update(words=sum(1 for _ in words_outside(text, row["spans"])), words_lost=len(lost))
        for start, end, kind in left if misses else ():
            print(
                f"{row['id']} {kind:12} …{text[max(0, start - 25) : start]}«{text[start:end]}»{text[end : end + 15]}…"
            )
        for start, end in lost if misses else ():
            print(
                f"{row['id']} lost word    …{text[max(0, start - 25) : start]}«{text[start:end]}»{text[end : end + 15]}…"
            )
    return removed, made, counts


def touched_phrases(half: str) -> tuple[list[str], int]:
    """The clinical phrases of a half that de-identification changes, and the number of all; a half may have none."""
    rows = read_rows(f"clinical_{half}") if (LETTERS / f"clinical_{half}.jsonl").exists() else []
    changed = [(row["text"], deidentify(row["text"], row["language"])) for row in rows]
    return [f"{text} → {out}" for text, out in changed if text != out], len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", choices=HALVES, help="print each miss of this half instead of the table")
    half = parser.parse_args().misses
    if half:
        score_letters(half, header=False, misses=True)
        print(*touched_phrases(half)[0], sep="\n")
        return
    began = process_time()
    scores = {(half, header): score_letters(half, header) for half in HALVES for header in (False, True)}
    seconds = process_time() - began
    print("| kind |" + "".join(f" {half} | of | header known |" for half in HALVES))
    print("|---|" + "---:|" * 3 * len(HALVES))
    for kind in (*MARKED, "all"):
        cells = []
        for side in HALVES:
            made = scores[side, False][1]
            of = made.total() if kind == "all" else made[kind]
            shares = [
                (removed.total() if kind == "all" else removed[kind]) / of if of else 1.0
                for removed, _, _ in (scores[side, False], scores[side, True])
            ]
            cells += [f"{shares[0]:.3f}", str(of), f"{shares[1]:.3f}"]
        print(f"| {kind} | {' | '.join(cells)} |")
    for side in HALVES:
        plain, known = scores[side, False][2], scores[side, True][2]
        touched, phrases = touched_phrases(side)
        print(
            f"\n{side}: of {plain['letters']} letters {plain['leaking']} keep a name, address, number or mail "
            f"({known['leaking']} if the header is known); of {plain['words']} other words {plain['words_lost']} are "
            f"removed; of {phrases} clinical phrases {len(touched)} are touched."
        )
    letters = sum(counts["letters"] for _, _, counts in scores.values())
    print(f"\n{letters / seconds:.0f} letters a CPU second.")


if __name__ == "__main__":
    main()
