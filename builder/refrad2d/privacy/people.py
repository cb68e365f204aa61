"""Which PatientIDs are one person, by evidence: before pseudonyms and splits are made of them.

    merged = merge_people({"A1": evidence("A1", persons, key), …}, present, key)
    merged.pseudonyms["A1"]

Two things are evidence that two PatientIDs are one person: the same full name, birth date and sex, all three stated and
none a placeholder (see `persons`); or that one names the other, or both one more, among its other ids. Evidence against
it wins: another birth date, another sex, or the same family name with another given name (twins). What contradicts
itself is not merged and counted. Everything is compared through keyed hashes, so that people of an earlier build, of
whom nothing else is kept, are compared in the same way.

The pseudonym of a merged person is that of the lowest PatientID, in the order of characters of its normal form, of
those with images: so it does not depend on the order of files, and whoever is not merged has the pseudonym of old. A
person who is published already keeps the published one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import combinations
from typing import NamedTuple

from refrad2d.privacy.persons import Person, birth_date, fold_issuer, full_names, other_ids, sex_of
from refrad2d.system.pseudonyms import normal_identifier, pseudonym

MOST_IDS = 20  # of one person; what joins more is no evidence but a placeholder that we do not know

Call = tuple[str, tuple[str, ...]]  # a family name and the words of a given one
Named = tuple[str, str]  # a PatientID, as the pseudonym that it would have, and who issued it, "" where none says


@dataclass(frozen=True)
class Evidence:
    """What is known of a patient, as keyed hashes."""

    own: frozenset[Named] = frozenset()
    others: frozenset[Named] = frozenset()
    full: frozenset[str] = frozenset()  # name, birth date and sex
    shared: frozenset[str] = frozenset()  # another id, birth date and sex
    births: frozenset[str] = frozenset()
    sexes: frozenset[str] = frozenset()
    calls: frozenset[Call] = frozenset()

    def __or__(self, other: "Evidence") -> "Evidence":
        return Evidence(*(getattr(self, f.name) | getattr(other, f.name) for f in fields(self)))


class Known(NamedTuple):
    """Who is published: what is known of each by pseudonym; and whether a pseudonym is that of a removed patient."""

    people: Mapping[str, Evidence] = {}
    is_removed: Callable[[str], bool] = lambda name: False


NOBODY = Known()


@dataclass(frozen=True)
class Merged:
    """The pseudonym of each patient, what is now known by pseudonym, counts, and published ones that are one person."""

    pseudonyms: Mapping[str, str]
    people: Mapping[str, Evidence] = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    published_twice: Sequence[tuple[str, ...]] = ()


def evidence(patient: str, persons: Iterable[Person], key: bytes) -> Evidence:
    """What headers and rows say of one patient, whose normal PatientID (or study, where it has none) is `patient`."""

    def name(*values: object) -> str:
        return pseudonym(key, "person", *values)

    found = Evidence(own=frozenset({(pseudonym(key, "patient", patient), "")}))
    for person in _completed(persons):
        born, sex, ids = birth_date(person.birth_date), sex_of(person.sex), other_ids(person)
        names = full_names(person)
        found |= Evidence(
            own=frozenset({(pseudonym(key, "patient", patient), _issuer(fold_issuer(person.issuer), name))}),
            others=frozenset(
                (pseudonym(key, "patient", other), _issuer(issuer, name)) for other, issuer in ids if other != patient
            ),
            full=frozenset(
                name("full", "".join(family), "".join(given), born, sex) for family, given in names if born and sex
            ),
            shared=frozenset(name("shared", *other, born, sex) for other in ids if born and sex),
            births=frozenset({name("birth", born)} if born else ()),
            sexes=frozenset({name("sex", sex)} if sex else ()),
            calls=frozenset(
                (name("family", "".join(family)), tuple(name("given", word) for word in given if len(word) > 1))
                for family, given in names
            ),
        )
    return found


def _completed(persons: Iterable[Person]) -> list[Person]:
    """What was said of one patient, with the birth date and sex of others where all who state one agree."""
    said = list(persons)
    births = {one.birth_date for one in said if birth_date(one.birth_date)}
    sexes = {one.sex for one in said if sex_of(one.sex)}
    born = births.pop() if len({birth_date(text) for text in births}) == 1 else ""
    sex = sexes.pop() if len({sex_of(text) for text in sexes}) == 1 else ""
    return [replace(one, birth_date=born or one.birth_date, sex=sex or one.sex) for one in said]


def _issuer(issuer: str, name: Callable[..., str]) -> str:
    return name("issuer", issuer) if issuer else ""


def merge_people(
    patients: Mapping[str, Evidence], present: Collection[str], key: bytes, known: Known = NOBODY
) -> Merged:
    """Who is who. `patients` are all of an export by their normal PatientID, `present` those of them with images.

    A PatientID that is published, under whatever pseudonym, keeps it, as does everybody without evidence. People who
    are published under several pseudonyms and whom this export joins are named in `published_twice` and stay as they
    are. Who has, or states, an id of a removed person has the pseudonym of that one, and does not come in. Counts are
    merged (PatientIDs that took the pseudonym of another) and contradicting (joins that were refused).
    """
    natural = {patient: pseudonym(key, "patient", patient) for patient in patients}
    aliases = {own: name for name in sorted(known.people) for own, _ in sorted(known.people[name].own)}
    aliases |= {name: name for name in known.people}
    home = {patient: aliases.get(name, name) for patient, name in natural.items()}
    people = dict(known.people)
    for patient in sorted(patients):
        people[home[patient]] = people.get(home[patient], Evidence()) | patients[patient]
    groups, refused = _group(people, set(home.values()))
    rank = {natural[p]: (p not in present, normal_identifier(p) != p, p) for p in patients}
    names: dict[str, str] = {}
    twice: list[tuple[str, ...]] = []
    for group in groups:
        published = sorted(name for name in group if name in known.people)
        new = sorted((name for name in group if name not in known.people), key=rank.__getitem__)
        stated = sorted(own for name in new for own, _ in people[name].others)
        gone = [name for name in (*new, *stated) if known.is_removed(name)]
        names |= dict.fromkeys(new, [*gone, *published, *new][0]) if new else {}
        if len(published) > 1:
            twice.append(tuple(published))
    pseudonyms = {patient: names.get(home[patient], home[patient]) for patient in patients}
    final: dict[str, Evidence] = dict(known.people)
    for patient in sorted(patients):
        name = pseudonyms[patient]
        final[name] = final.get(name, Evidence()) | patients[patient]
    merged = sum(home[p] == natural[p] != pseudonyms[p] and not known.is_removed(pseudonyms[p]) for p in present)
    counts = Counter({"merged": merged, "contradicting": refused, "published_twice": len(twice)})
    return Merged(pseudonyms, final, +counts, sorted(twice))


def _group(people: Mapping[str, Evidence], fresh: Collection[str]) -> tuple[list[set[str]], int]:
    """Sets of people who are one, those of one PatientID too, and the number of joins that were refused.

    Names come first: ids that others state may be wrong, and then only what they join is undone. Joins between those of
    whom nothing new is known were made or refused before.
    """
    links, refused = _share(people, fresh, lambda one: one.full)
    leaders, more = _unite(people, links)
    named: dict[str, Evidence] = defaultdict(Evidence)
    for name, one in people.items():
        named[leaders.get(name, name)] |= one
    links, untold = _share(people, fresh, lambda one: one.shared)
    links |= _stated(people, fresh)
    raised = {_pair(leaders.get(a, a), leaders.get(b, b)) for a, b in links}
    upper, most = _unite(named, {link for link in raised if link[0] != link[1]})
    members: dict[str, set[str]] = defaultdict(set)
    for name in people:
        leader = leaders.get(name, name)
        members[upper.get(leader, leader)].add(name)
    return list(members.values()), refused + more + untold + most


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _share(
    people: Mapping[str, Evidence], fresh: Collection[str], marks: Callable[[Evidence], Iterable[str]]
) -> tuple[set[tuple[str, str]], int]:
    """Links between those who share a mark, and the number of those left out because they contradict themselves."""
    holders: dict[str, list[str]] = defaultdict(list)
    for name in sorted(people):
        for mark in marks(people[name]):
            holders[mark].append(name)
    links: set[tuple[str, str]] = set()
    torn: set[str] = set()
    for names in holders.values():
        if len(names) < 2 or not any(name in fresh for name in names):
            continue
        sound = [name for name in names if not _contradict([people[name]])]
        torn.update(name for name in names if name not in sound)
        centre = next((name for name in sound if name in fresh), "")
        links |= {_pair(centre, name) for name in sound if centre and name != centre}
    return links, len(torn)


def _stated(people: Mapping[str, Evidence], fresh: Collection[str]) -> set[tuple[str, str]]:
    """Links from those who name another id to those who have it; issuers count where both state them."""
    owners: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(people):
        issued = {own for own, issuer in people[name].own if issuer}
        for own, issuer in people[name].own:
            if issuer or own not in issued:
                owners[own].append((name, issuer))
    return {
        _pair(name, owner)
        for name, one in people.items()
        for other, stated in one.others
        for owner, issuer in owners[other]
        if owner != name and (owner in fresh or name in fresh) and (not stated or not issuer or stated == issuer)
    }


def _unite(people: Mapping[str, Evidence], links: set[tuple[str, str]]) -> tuple[dict[str, str], int]:
    """The leader of each who is linked, and the number of links that were refused.

    A link between two who contradict each other is refused, and all links of a chain whose ends do: which of them is
    wrong cannot be known.
    """
    sound = {link for link in links if not _contradict([people[name] for name in link])}
    refused = len(links) - len(sound)
    leaders: dict[str, str] = {}
    for chain in _chains(sound):
        if len(chain) > MOST_IDS or _contradict([people[name] for name in sorted(chain)]):
            refused += sum(link[0] in chain for link in sound)
        else:
            leaders |= dict.fromkeys(chain, min(chain))
    return leaders, refused


def _chains(links: Iterable[tuple[str, str]]) -> list[set[str]]:
    """The connected parts of a graph."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for one, other in links:
        neighbours[one].add(other)
        neighbours[other].add(one)
    chains, seen = [], set[str]()
    for start in neighbours:
        if start in seen:
            continue
        chain, ahead = set[str](), [start]
        while ahead:
            if (name := ahead.pop()) not in chain:
                chain.add(name)
                ahead += neighbours[name]
        seen |= chain
        chains.append(chain)
    return chains


def _contradict(group: Sequence[Evidence]) -> bool:
    """True if what is known of these, or of one of them, cannot be of one person."""
    births = {born for one in group for born in one.births}
    sexes = {sex for one in group for sex in one.sexes}
    if len(births) > 1 or len(sexes) > 1:
        return True
    return any(_are_siblings(one, other) for one, other in combinations({e.calls for e in group}, 2))


def _are_siblings(one: Iterable[Call], other: Iterable[Call]) -> bool:
    """True if they share a family name and under none the given name: one must hold all words of the other."""
    alike = [set(mine) <= set(theirs) or set(theirs) <= set(mine)
             for family, mine in one for same, theirs in other if family == same]  # fmt: skip
    return bool(alike) and not any(alike)
