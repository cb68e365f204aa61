"""What a clause says, as values."""

from refrad2d.text.clauses.records import Clause, ClauseFinding, Structure
from refrad2d.text.findings import named_findings

CYST = next(finding for finding, _ in named_findings("en") if finding.name == "cyst")


def test_a_finding_has_the_classes_of_its_structure():
    liver = Structure(0, 5, ("liver",), None)
    assert ClauseFinding(6, 10, CYST, "affirmed", liver, "said").labels == ("liver",)
    assert ClauseFinding(6, 10, CYST, "affirmed").labels == ()


def test_signs_do_not_make_clauses_differ():
    assert Clause(0, 5, signs="S") == Clause(0, 5, signs="F")
