"""The needs of the rules are stored, and are those that the parse trees tell.

python -m tests.refrad2d.text.patterns.test_stored      # writes data/needs.json anew, after a change of the rules
"""

import json

from refrad2d.text.patterns import stored
from refrad2d.text.patterns.needs import compiled
from tests.fixtures.paths import ROOT
from tests.refrad2d.text.patterns.test_needles import all_needles

PATH = ROOT / "builder/refrad2d/text/patterns/data" / stored.FILE
MOST_MISSING = 0.1  # of all patterns: after a change of some rules the start takes little longer


def test_the_needs_of_the_rules_are_stored():
    made = {(one.source, int(one.flags)) for one in all_needles()}
    kept = {one: stored.stored_needs(*one) for one in made}
    missing = [one for one, sets in kept.items() if sets is None]
    assert len(missing) <= MOST_MISSING * len(made), (
        f"{len(missing)} of {len(made)}: write the file anew, as said above"
    )
    some = sorted(one for one in made if one not in missing)[::20]
    assert all(kept[one] == compiled(*one)[1] for one in some)


def test_a_pattern_that_is_not_stored_is_told_from_its_flags_too():
    assert stored.stored_needs("no such pattern of ours", 0) is None
    assert stored.name_of("a", 0) != stored.name_of("a", 2)


def main() -> None:
    sets: dict[tuple[str, ...], int] = {}
    patterns = {}
    for pattern, flags in sorted({(one.source, int(one.flags)) for one in all_needles()}):
        found = (tuple(sorted(one)) for one in compiled(pattern, flags)[1])
        patterns[stored.name_of(pattern, flags)] = [sets.setdefault(one, len(sets)) for one in found]
    table = {"made_by": stored.made_by(), "patterns": patterns, "sets": [list(one) for one in sets]}
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(table, ensure_ascii=False, sort_keys=True, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
