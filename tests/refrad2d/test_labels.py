import pytest

from refrad2d.labels import (
    PARTS,
    exists_in,
    find_label,
    find_similar_labels,
    is_label,
    label_by_id,
    label_by_name,
    labels,
)


def test_the_classes_are_numbered_from_one():
    assert [label.id for label in labels()] == list(range(1, 122))


def test_ids_and_names_lead_to_each_other():
    assert all(label_by_id(label.id) == label.name and label_by_name(label.name) is label for label in labels())


@pytest.mark.parametrize("class_id", [0, -1, 122])
def test_other_numbers_are_no_class(class_id):
    assert label_by_id(class_id) is None


def test_an_unknown_name_is_refused_with_the_rule():
    with pytest.raises(ValueError, match="Choose one of the 121 names"):
        label_by_name("left kidney")
    assert not is_label("left kidney") and is_label("kidney_left")


@pytest.mark.parametrize("text", ["kidney_left", "Left  Kidney", "linke Niere", "LINKE NIERE"])
def test_a_class_is_found_by_any_of_its_names(text):
    assert find_label(text) is label_by_name("kidney_left")


def test_a_name_means_one_class_or_none():
    assert find_label("kidney") is None
    names = [(name, label) for label in labels() for name in (label.english, label.german, *label.synonyms_en)]
    assert all(find_label(name) is label for name, label in names)


def test_a_misspelled_name_is_like_that_of_its_class():
    assert find_similar_labels("Lebber") == [label_by_name("liver")] and find_similar_labels("unicorn") == []


def test_a_class_exists_where_the_segmenter_has_it():
    spleen = label_by_name("spleen")
    assert exists_in(spleen, "CT") and exists_in(spleen, "MR")
    assert any(not exists_in(label, "MR") for label in labels())


def test_a_class_lies_in_parts_of_the_body_without_a_gap():
    assert all(
        list(label.parts) == list(range(label.parts[0], label.parts[-1] + 1)) for label in labels() if label.parts
    )
    assert [PARTS[part] for part in label_by_name("thyroid_gland").parts] == ["neck", "chest"]
    arms = {f"{bone}_{side}" for bone in ("humerus", "scapula", "clavicula") for side in ("left", "right")}
    assert {label.name for label in labels() if not label.parts} == arms


@pytest.mark.parametrize("name", ["kidney", "rib_1", "femur", "hip", "iliac_artery", "autochthon", "clavicula"])
def test_both_sides_lie_in_the_same_parts(name):
    left = name.replace("rib", "rib_left") if name.startswith("rib") else f"{name}_left"
    assert label_by_name(left).parts == label_by_name(left.replace("left", "right")).parts
