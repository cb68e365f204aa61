"""What a text makes certain about a slice."""

import os
import subprocess
import sys

from refrad2d.questions.known import read_known, said_findings
from refrad2d.text.findings import named_findings
from tests.fixtures.question_rows import make_view

FINDINGS = {finding.name: finding for finding, _ in named_findings("en")}


def known(text, language="en", **more):
    return read_known(make_view(text, language, **more))


def test_a_finding_counts_where_its_structure_is_visible():
    assert known("Cyst of the liver.").has("cyst", "liver")
    assert not known("Cyst of the pancreas.").shown


def test_the_mask_of_another_structure_shows_no_finding_of_one_that_the_slice_lacks():
    masked = [{"label": "kidney_cyst", "box": [0, 0, 1, 1], "source": "dicom_seg"}]
    assert not known("Cyst of the pancreas.", findings=masked).shown
    assert [one.label for one in known("Cyst.", findings=masked).shown] == [None]


def test_a_denial_counts_for_each_structure_that_its_clause_names():
    both = known("No stone in the left kidney.")
    assert both.lacks(FINDINGS["stone"], "kidney_left") and not both.lacks(FINDINGS["cyst"], "kidney_left")


def test_a_general_denial_does_not_stand_beside_a_special_finding():
    assert not known("No lesion of the liver. Hemangioma of the liver.").lacks(FINDINGS["lesion"], "liver")


def test_a_structure_with_a_finding_is_not_normal():
    assert known("The liver is unremarkable.").normal == ["liver"]
    assert known("The liver is unremarkable. Cyst of the liver.").normal == []


def test_a_denial_on_one_side_denies_nothing_for_the_picture():
    assert known("Kein Pleuraerguss.", "de").absent == {FINDINGS["pleural_effusion"]}
    assert not known("Kein Pleuraerguss rechts.", "de").absent


def test_the_mask_class_of_a_cyst_is_a_cyst_of_the_kidney():
    assert known("Linke Nierenzyste von 5 mm.", "de").has("cyst", "kidney_left")


def test_what_other_slices_tell_is_gathered_without_denials():
    said = {(finding.name, labels) for finding, labels in said_findings("Leberzyste, kein Aszites.", "de", "CT")}
    assert said == {("cyst", ("liver",))}


def test_words_are_kept_in_the_order_of_the_labels_whatever_the_hash_seed():
    script = (
        "from tests.refrad2d.questions.test_known import known\n"
        "print(list(known('The kidneys, lungs, hips and femurs are normal.').said))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True
        ).stdout
        for seed in "123"
    }
    assert len(seen) == 1 and b"kidney" in seen.pop()
