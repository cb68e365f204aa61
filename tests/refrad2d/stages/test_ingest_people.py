"""Who is one person in an export: every kind of docs/inputs.md, in the order of its files and the other way round."""

import pytest

from refrad2d.dataset.splits import split_of
from refrad2d.stages import ingest
from refrad2d.system.files import read_jsonl
from refrad2d.system.pseudonyms import normal_identifier, pseudonym
from tests.fixtures.export_records import KEY
from tests.fixtures.inputs.people import CASES, PeopleCase
from tests.fixtures.tiny_exports import work_here


@pytest.fixture(autouse=True)
def in_one_process(request, monkeypatch):
    """Children cost a second each; what they do is done here, but for the test that is about them."""
    if "workers" not in request.node.name:
        work_here(monkeypatch)


def people_of(case: PeopleCase, folder, order=(), workers=1):
    """The pseudonym of each header's patient, by its position, and the counts of ingest."""
    rows = case.write(folder, order)
    dst = folder / "in"
    counts = ingest.run(folder / "export", rows, dst, key=KEY, workers=workers, burnt_in_text="keep", modality="CT")
    series = list(read_jsonl(dst / "series.jsonl"))
    found = {len(row["frames"]) - 2 if case.format == "NIfTI" else row["number"]: row["patient"] for row in series}
    assert len(found) == len(series) == len(case.headers)
    return found, counts


@pytest.mark.parametrize("case", CASES, ids=[f"{case.format} {case.variant}" for case in CASES])
def test_one_person_has_one_pseudonym_whatever_the_order(case, tmp_path):
    found, counts = people_of(case, tmp_path / "there")
    groups = [*case.one, *({n} for n in found if not any(n in group for group in case.one))]
    assert {frozenset(n for n in found if found[n] == name) for name in found.values()} == set(map(frozenset, groups))
    assert counts["identities_merged"] == sum(len(group) - 1 for group in case.one)
    assert counts["identities_contradicting"] == case.contradicting
    assert people_of(case, tmp_path / "back", range(len(case.headers))[::-1]) == (found, counts)


@pytest.mark.parametrize("case", [case for case in CASES if case.one], ids=lambda case: case.variant)
def test_the_pseudonym_is_that_of_the_lowest_id_and_nobody_else_has_another_than_before(case, tmp_path):
    found, _ = people_of(case, tmp_path)
    for n, header in enumerate(case.headers):
        group = next((group for group in case.one if n in group), {n})
        ids = [normal_identifier(case.headers[m].get("PatientID", f"P{m}")) for m in group]
        if all(ids):
            assert found[n] == pseudonym(KEY, "patient", min(ids)), header


def test_the_split_follows_the_person(tmp_path):
    """Of 21 invented people with two ids each many would lie in two splits."""
    born = [f"19{n:02d}0311" for n in range(40, 61)]
    headers = [
        {"PatientName": "Weidmüller^Tina", "PatientBirthDate": date, "SpecificCharacterSet": "ISO_IR 192"}
        for date in born * 2
    ]
    case = PeopleCase("many", headers, [{n, n + 21} for n in range(21)])
    found, _ = people_of(case, tmp_path, workers=2)
    alone = [split_of(pseudonym(KEY, "patient", f"P{n}"), KEY) for n in range(42)]
    assert any(alone[n] != alone[n + 21] for n in range(21))
    assert all(found[n] == found[n + 21] for n in range(21)) and len(set(found.values())) == 21


def test_the_number_of_workers_changes_nothing(tmp_path):
    case = next(case for case in CASES if "chain:" in case.variant)
    assert people_of(case, tmp_path / "one") == people_of(case, tmp_path / "three", workers=3)
