"""Who is one person by keyed hashes; the inputs that hospitals write are in tests/refrad2d/stages/test_ingest_people.py."""

import random
import time

import pytest

from refrad2d.privacy.people import MOST_IDS, Evidence, Known, evidence, merge_people
from refrad2d.privacy.persons import Person
from refrad2d.system.pseudonyms import pseudonym

KEY = b"k" * 32
ANNA = Person(("Weidmüller^Anna",), (), "19580917", "F")


def name(patient: str) -> str:
    return pseudonym(KEY, "patient", patient)


def known_of(**people: Person) -> dict[str, Evidence]:
    return {patient: evidence(patient, [person], KEY) for patient, person in people.items()}


def merge(known: Known | None = None, **people: Person):
    return merge_people(known_of(**people), set(people), KEY, *([known] if known else []))


def test_who_has_no_evidence_keeps_the_pseudonym_of_old():
    merged = merge(A=Person(), B=Person(("Anonymous",)), C=ANNA)
    assert merged.pseudonyms == {patient: name(patient) for patient in "ABC"} and not merged.counts


def test_the_lowest_id_with_images_gives_the_pseudonym():
    found = known_of(A1=ANNA, B2=ANNA, C3=ANNA)
    assert set(merge_people(found, {"C3", "B2"}, KEY).pseudonyms.values()) == {name("B2")}
    assert set(merge_people(found, {"A1", "C3"}, KEY).pseudonyms.values()) == {name("A1")}


def test_a_patient_id_gives_the_pseudonym_rather_than_a_study():
    found = {"1.2.3": evidence("1.2.3", [ANNA], KEY), "P7": evidence("P7", [ANNA], KEY)}
    assert set(merge_people(found, set(found), KEY).pseudonyms.values()) == {name("P7")}


def test_nothing_of_a_person_stands_in_the_evidence():
    shown = repr(evidence("PID471", [ANNA, Person(others=(("MPI99", "Klinik Nord"),))], KEY))
    assert not any(text in shown for text in ("Weid", "weid", "anna", "1958", "PID471", "MPI99", "Klinik", "klinik"))


def test_another_key_knows_nobody():
    other = evidence("A", [ANNA], b"x" * 32)
    assert not (other.full & evidence("A", [ANNA], KEY).full)


def test_an_id_of_two_people_joins_nobody():
    """A PatientID that a department gave to whoever came."""
    twice = evidence("X", [ANNA, Person(("Groß^Karl",), (), "19400203", "M")], KEY)
    found = {"X": twice, **known_of(A=ANNA, K=Person(("Groß^Karl",), (), "19400203", "M"))}
    merged = merge_people(found, set(found), KEY)
    assert len(set(merged.pseudonyms.values())) == 3 and merged.counts["contradicting"] == 1


def test_twins_are_not_joined_through_an_id_that_both_used():
    lena = Person(("Weidmüller^Lena",), (), "19580917", "F")
    found = {"X": evidence("X", [ANNA, lena], KEY), **known_of(A=ANNA, L=lena)}
    merged = merge_people(found, set(found), KEY)
    assert merged.pseudonyms["A"] != merged.pseudonyms["L"] and merged.counts["contradicting"] == 2


def test_a_contradiction_elsewhere_spoils_nobody():
    karl = Person(("Groß^Karl",), (), "19400203", "M", "", (("A", ""),))
    merged = merge(A=ANNA, B=ANNA, K=karl, L=Person(others=(("M", ""),)), M=Person())
    assert merged.pseudonyms["A"] == merged.pseudonyms["B"] and merged.pseudonyms["L"] == merged.pseudonyms["M"]
    assert merged.pseudonyms["K"] == name("K") and merged.counts == {"merged": 2, "contradicting": 1}


@pytest.mark.parametrize("count", [MOST_IDS, MOST_IDS + 1])
def test_a_person_has_no_more_than_so_many_ids(count):
    merged = merge(**{f"P{n}": ANNA for n in range(count)})
    assert len(set(merged.pseudonyms.values())) == (1 if count == MOST_IDS else count)


def test_a_published_person_keeps_the_pseudonym_whatever_id_is_lower():
    known = Known({name("M5"): evidence("M5", [ANNA], KEY)})
    merged = merge(known, A1=ANNA)
    assert merged.pseudonyms == {"A1": name("M5")} and merged.counts == {"merged": 1}
    again = merge(Known({name("M5"): merged.people[name("M5")]}), A1=Person(), A2=Person(others=(("A1", ""),)))
    assert set(again.pseudonyms.values()) == {name("M5")} and again.counts == {"merged": 1}


def test_people_published_twice_are_named_and_a_third_id_goes_to_the_first():
    known = Known({name(p): evidence(p, [person], KEY) for p, person in (("A", ANNA), ("B", Person()))})
    merged = merge(known, C=Person(ANNA.names, (), ANNA.birth_date, "F", "", (("B", ""),)))
    both = tuple(sorted([name("A"), name("B")]))
    assert merged.published_twice == [both] and merged.pseudonyms["C"] == both[0]
    assert merged.counts == {"merged": 1, "published_twice": 1}


def test_what_was_known_before_is_not_counted_again():
    known = Known({name(p): evidence(p, [person], KEY) for p, person in (("A", ANNA), ("B", ANNA))})
    assert not merge(known, C=Person()).counts


def test_a_removed_person_takes_no_new_id_with_it_into_the_dataset():
    known = Known({}, lambda found: found == name("B"))
    merged = merge(known, A=ANNA, B=ANNA)
    assert set(merged.pseudonyms.values()) == {name("B")} and not merged.counts


def test_who_states_an_id_of_a_removed_person_stays_out():
    known = Known({name("P"): evidence("P", [Person()], KEY)}, lambda found: found == name("B"))
    linked = Person(others=(("B", ""),))
    assert merge(known, D=linked, E=Person(), P=linked).pseudonyms == {"D": name("B"), "E": name("E"), "P": name("P")}


def test_any_order_gives_the_same_people():
    draw = random.Random(3)
    people = {
        f"P{n}": Person((f"Weber^{draw.choice(['Anna', 'Lena', 'Karl'])}",), (), draw.choice(["", "19580917", "19600101"]),
                        draw.choice(["", "F", "F"]), "", tuple((f"P{draw.randrange(60)}", "") for _ in range(draw.randrange(2))))
        for n in range(60)
    }  # fmt: skip
    first = merge(**people)
    for _ in range(20):
        shuffled = list(people.items())
        draw.shuffle(shuffled)
        other = merge(**dict(shuffled))
        assert (other.pseudonyms, other.counts, other.people) == (first.pseudonyms, first.counts, first.people)
    assert first.counts["merged"] and first.counts["contradicting"]


def test_twenty_thousand_people_and_a_mark_that_all_share_take_seconds():
    found = {
        f"P{n}": Evidence(frozenset({(name(f"P{n}"), "")}), full=frozenset({f"n{n % 60000}", "junk"}))
        for n in range(20000)
    }
    start = time.process_time()
    merge_people(found, set(found), KEY)
    assert time.process_time() - start < 10


def test_what_files_of_one_patient_say_adds_up():
    parts = [Person(ANNA.names), Person((), (), ANNA.birth_date), Person((), (), "", "W")]
    found = {"A": evidence("A", parts, KEY), "B": evidence("B", [ANNA], KEY)}
    assert merge_people(found, set(found), KEY).counts == {"merged": 1}
    torn = {"A": evidence("A", [*parts, Person((), (), "19580918")], KEY), "B": found["B"]}
    assert not merge_people(torn, set(torn), KEY).counts["merged"]
