"""What the second readers change: rules alone beside rules and network, on lots that are no lessons.

    python -m tests.bench.second_readers                # the unread lots: the tables of docs/text.md and docs/privacy.md

Other lots, and weights that were not taught them:

    python -m tests.bench.fit_tagger letters --without written_j written_k --out build/letters.npz
    python -m tests.bench.second_readers --letters written_j written_k --weights build/letters.npz
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from refrad2d.privacy import deidentify
from refrad2d.privacy.recognisers import tagged
from refrad2d.text.temporal import curation
from tests.bench.curate_meaning import errors, read_meaning
from tests.bench.curate_scores import score, written
from tests.bench.letters import score_letters, touched_phrases
from tests.bench.tagger_lessons import UNREAD

TEXTS = ("tenth_apart", "eleventh_apart")


@contextmanager
def rules_alone() -> Iterator[None]:
    """Curation and de-identification without their second readers."""
    with (
        patch.object(curation, "agreed", lambda source, kept, language: kept),
        patch.object(deidentify, "find_tagged", lambda text, language: ()),
    ):
        yield


def of_texts(half: str, language: str) -> list[str]:
    """Phrases of time gone, strings lost and dangerous texts with an output that is not allowed."""
    scores = score(half, language)
    wrong, texts = len(errors(half, language)), len(read_meaning(half, language))
    gone = f"{scores.gone} of {scores.temporal} ({scores.gone / scores.temporal:.1%})"
    return [gone, f"{scores.lost} of {scores.keep}", f"{wrong} of {texts}"]


def of_letters(lot: str) -> list[str]:
    """Spans gone, letters that keep a direct identifier, other words lost and clinical phrases touched."""
    removed, made, counts = score_letters(lot, header=False)
    touched, phrases = touched_phrases(lot)
    return [
        f"{removed.total()} of {made.total()} ({removed.total() / made.total():.3f})",
        f"{counts['leaking']} of {counts['letters']}",
        f"{counts['words_lost']} of {counts['words']}",
        f"{len(touched)} of {phrases}",
    ]


def main() -> None:
    """Print one table for texts and one for letters."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--letters", nargs="*", default=UNREAD, metavar="LOT")
    options.add_argument("--weights", type=Path, default=tagged.WEIGHTS, help="of the second reader of letters")
    given = options.parse_args()
    print("| lot | language | read by | phrases of time gone | strings lost | not allowed |\n|---|---|---|---|---|---|")
    for half in TEXTS:
        for language in written(half):
            with rules_alone():
                print(f"| {half} | {language} | rules | {' | '.join(of_texts(half, language))} |")
            print(f"| {half} | {language} | rules and network | {' | '.join(of_texts(half, language))} |", flush=True)
    print("\n| lot | read by | spans gone | letters with a direct identifier | other words lost | phrases touched |")
    print("|---|---|---|---|---|---|")
    with patch.object(tagged, "WEIGHTS", given.weights):
        for lot in given.letters:
            with rules_alone():
                print(f"| {lot} | rules | {' | '.join(of_letters(lot))} |")
            print(f"| {lot} | rules and network | {' | '.join(of_letters(lot))} |", flush=True)


if __name__ == "__main__":
    main()
