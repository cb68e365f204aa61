"""Sentences and slices: true, certainly false, or not known, by what the rows say."""

import pytest

from radgrounder.contrast.truth import Truth, facts_of, judge, looked_for, plain, read_sentence
from refrad2d.text.sentences import split_sentences
from tests.fixtures.contrast_rows import SHOWN, row

EVERY = frozenset(
    {*SHOWN, "heart", "brain", "aorta", "vertebrae", "vertebrae_T4", "vertebrae_L1", "lung_lower_lobe_right", "gallbladder",
     "small_bowel", "portal_vein_and_splenic_vein"}
)  # fmt: skip


def facts(told, language="en", *, looked=EVERY, **more):
    """The facts of a slice with this report; all classes above were looked for."""
    made = row(1, {language: told} if told else {}, **more)
    texts = {language: [told[start:end] for start, end in split_sentences(told, language)]} if told else {}
    return facts_of(made, texts, looked)


def truth(sentence, told, *, language="en", of="en", related=False, **more):
    return judge(read_sentence(sentence, language), facts(told, of, **more), related=related)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Liver unremarkable.", "liver  unremarkable. Spleen enlarged."),  # the same words
        ("Cyst in the liver.", "Cyst in the liver, 12 mm."),
        ("Cyst in the liver, 12 mm.", "The liver shows a cyst, 13 mm."),
        ("No stone in the left kidney.", "No stones in either kidney."),
        ("The spleen is enlarged.", "Splenomegaly."),  # a finding that is a state
        ("Hepatomegaly.", "The liver is enlarged."),
        ("Ascites.", "There is ascites."),
        ("The liver is not enlarged.", "Liver normal in size."),
    ],
)
def test_what_is_stated_is_true(sentence, told):
    assert truth(sentence, told) is Truth.TRUE


def test_the_other_language_states_it_as_well():
    assert truth("Leberzyste.", "Cyst in the liver.", language="de") is Truth.TRUE
    assert truth("Cyst in the liver.", "Leberzyste.", of="de") is Truth.TRUE


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("The heart is normal in size.", "Liver unremarkable."),  # the slice shows no heart
        ("No focal lesion of the liver.", "Cyst in the liver."),
        ("Liver unremarkable.", "Metastasis in the liver."),
        ("Cyst in the liver.", "Liver unremarkable."),
        ("Cyst in the liver.", "No cyst in the liver."),
        ("Stone in the left kidney.", "Stone in the right kidney."),
        ("The liver is enlarged.", "Liver normal in size."),
        ("The liver is not enlarged.", "Hepatomegaly."),
        ("Cyst in the liver.", "The spleen is enlarged."),  # a report tells what is found
        ("The liver is enlarged.", "Stone in the left kidney."),
        ("Ascites.", "Liver unremarkable."),
        ("No ascites.", "There is ascites."),
        ("Cyst in the liver, spleen unremarkable.", "Metastasis in the spleen."),  # one claim is enough
    ],
)
def test_what_is_contradicted_or_not_found_is_false(sentence, told):
    assert truth(sentence, told) is Truth.FALSE


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Liver unremarkable.", "Spleen enlarged."),  # a report does not tell all that is normal
        ("No stone in the left kidney.", "Cyst in the liver."),
        ("Cyst in the liver, 12 mm.", "Cyst in the liver, 30 mm."),  # another one, or another size of it
        ("Lesion in the liver.", "Cyst in the liver."),
        ("Cyst in the liver.", "Lesion in the liver."),
        ("Metastasis in the liver.", "Hemangioma of the liver."),  # one mass, called otherwise
        ("Suspected metastasis in the liver.", "Spleen enlarged."),
        ("Cyst in the liver.", "Possible cyst in the liver."),
        ("The liver looks odd.", "Spleen enlarged."),  # nothing that anybody reads
        ("Aneurysm of the aorta.", "The aorta is dilated."),
        ("Cholecystitis.", "The gallbladder is thickened."),
        ("Cyst in the left kidney.", "Cyst in the kidneys."),
        ("No fracture of T4.", "Fracture of L1."),
        ("Cyst in the liver.", ""),  # no report at all
        ("Cyst in the liver.", "Dystelectasis beside the liver."),  # said of it, in words that nobody reads
        ("Cyst in the liver.", "Technically limited."),
        ("Kidney cyst.", "Simple cyst in the left kidney."),  # a class that is a finding
        ("Free fluid.", "Ascites."),
        ("Pulmonary nodule in the right lower lobe.", "Metastasis in the right lower lobe."),
        ("Osteolytic lesion of L1.", "Metastasis in L1."),
        ("Thickened gallbladder.", "Cholecystitis."),
        ("Ileus.", "Dilated small bowel."),
        ("Dilated small bowel.", "Ileus."),
        ("Thrombosis of the portal vein.", "The portal vein is occluded."),
    ],
)
def test_what_nobody_knows_is_unknown(sentence, told):
    shown = sorted(EVERY - {"heart", "brain"})
    assert truth(sentence, told, shown=shown) is Truth.UNKNOWN


def test_slices_of_one_study_share_a_report_so_silence_says_nothing():
    assert truth("Cyst in the liver.", "Spleen enlarged.") is Truth.FALSE
    assert truth("Cyst in the liver.", "Spleen enlarged.", related=True) is Truth.UNKNOWN
    assert truth("Cyst in the liver.", "Liver unremarkable.", related=True) is Truth.FALSE
    assert truth("The heart is normal in size.", "Liver unremarkable.", related=True) is Truth.FALSE


def test_levels_are_told_apart_where_the_modality_has_one_class_for_all():
    told = {"modality": "MR", "shown": ("vertebrae",)}
    assert truth("No fracture of T4.", "Fracture of L1.", **told) is Truth.UNKNOWN
    assert truth("No fracture of T4.", "Fracture of T4.", **told) is Truth.FALSE


def test_sides_of_what_is_its_own_place():
    assert truth("Left pleural effusion.", "Right pleural effusion.") is Truth.FALSE
    assert truth("Pleural effusion on the left.", "Pleural effusion on the right.") is not Truth.TRUE
    assert truth("No left pleural effusion.", "Right pleural effusion.") is Truth.UNKNOWN
    assert truth("No pleural effusion.", "Right pleural effusion.") is Truth.FALSE


def test_a_finding_in_the_mask_that_the_report_passes_over_is_not_certainly_absent():
    assert truth("Metastasis in the liver.", "Spleen enlarged.", findings=("liver_lesion",)) is Truth.UNKNOWN


def test_a_class_that_nobody_looked_for_or_that_may_be_hidden_is_not_certainly_absent():
    assert truth("The heart is normal in size.", "Liver unremarkable.", looked=frozenset(SHOWN)) is Truth.UNKNOWN
    assert truth("The heart is normal in size.", "Liver unremarkable.", blanked=2) is Truth.UNKNOWN


def test_masks_of_a_kind_are_those_of_segmenter_site_and_modality():
    rows = [row(1, {}, shown=("liver",)), row(2, {}, shown=("heart",)), row(3, {}, shown=("brain",), site="B")]
    assert looked_for(rows) == [{"liver", "heart"}, {"liver", "heart"}, {"brain"}]


def test_case_blanks_and_the_full_stop_do_not_make_another_sentence():
    assert plain("Liver  Normal.") == plain("liver normal")
