"""What can be asked of a segmenter."""

from refrad2d.images.segmentation.tasks import FINDINGS, TASKS, Asked
from refrad2d.labels import MODALITIES


def test_each_modality_has_its_organs_and_each_finding_a_modality():
    assert set(TASKS) == set(MODALITIES)
    assert all(tasks and tasks.keys() <= set(MODALITIES) and names for tasks, names in FINDINGS.values())


def test_nothing_is_asked_unless_it_is_said():
    assert Asked() == Asked(findings=(), device="", fast=False)
