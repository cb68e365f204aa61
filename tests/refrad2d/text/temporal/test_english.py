"""English clauses of change: what is there now, what is gone, and what stays as it is."""

import pytest

from refrad2d.text.temporal import curate_sentence
from refrad2d.text.temporal.english import reframe
from refrad2d.text.temporal.guard import fault


@pytest.mark.parametrize(
    ("sentence", "now"),
    [
        ("The cyst has increased in size from 2.1 to 3.4 cm.", "The cyst measures 3.4 cm."),
        ("Aortic diameter has increased by 4 mm to 5.1 cm.", "Aortic diameter is 5.1 cm."),
        (
            "In-stent restenosis on the left has advanced to 60 %, earlier 40 %.",
            "In-stent restenosis on the left, 60 %.",
        ),
        ("Pneumomediastinum has not resolved.", "Pneumomediastinum."),
        ("The joint effusion present in March is no longer visible.", "no joint effusion."),
        ("A joint effusion, absent in 2019, has developed in the right knee.", "A joint effusion in the right knee."),
        (
            "While the left hydronephrosis has gone, the right side shows dilatation.",
            "no left hydronephrosis; the right side shows dilatation.",
        ),
        ("No resolution of the right apical pneumothorax.", "right apical pneumothorax."),
        ("Growth of the metastasis from 12 mm to 21 mm.", "metastasis, 21 mm."),
        ("The mass was 55 mm in April and has shrunk.", "mass."),
        ("Spleen 15.1 cm, grown by 1.5 cm since February.", "Spleen 15.1 cm."),
        (
            "The wall thickening has regressed but is still circumferential.",
            "The wall thickening is still circumferential.",
        ),
    ],
)
def test_a_clause_of_change_says_what_is_there(sentence, now):
    assert reframe(sentence) == now
    assert fault(sentence, now[:1].upper() + now[1:], "en") is None


@pytest.mark.parametrize(
    "sentence",
    [
        "No lesion has developed in the liver.",
        "None of the nodules has changed.",
        "The effusion has not increased, nor has the consolidation.",
        "Regression of the tumor cannot be assessed.",
        "Enlargement of the uterus.",
        "Increasing enhancement on delayed images.",
        "The signal has increased on T2.",
        "The tube has been advanced by 2 cm.",
        "One of the two nodules has resolved.",
        "Possible abscess is no longer seen.",
        "The left parotid gland is smaller than the right.",
        "The effusion has subsided.",
    ],
)
def test_what_is_unsure_stays(sentence):
    assert reframe(sentence) == sentence


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Fat stranding has cleared somewhat.", "Fat stranding."),
        ("Status quo regarding the calcified hilar nodes.", "Calcified hilar nodes."),
        ("Slowly progressive dilatation of the ascending aorta, 45 mm.", "Dilatation of the ascending aorta, 45 mm."),
        ("Old films from 2015 already showed the pleural plaques.", "Pleural plaques."),
        ("It measured 47 mm on the last one.", ""),
        ("The mass was 4 cm on the last scan and is 3 cm today.", "The mass is 3 cm."),
        ("There has been a downward trend in the size of the lymphocele, 5.5 cm.", "Lymphocele, 5.5 cm."),
        ("Once more, hyperinflated lungs.", "Hyperinflated lungs."),
        ("Nodule right upper lobe 7 mm, was 5.", "Nodule right upper lobe 7 mm."),
        ("Radiographically stable scoliosis.", "Scoliosis."),
        (
            "The nodule has a diameter of 8 mm now and had a diameter of 5 mm then.",
            "The nodule has a diameter of 8 mm.",
        ),
        ("Rib fractures on the left, as noted on the trauma scan.", "Rib fractures on the left."),
        ("FDG uptake with SUVmax 7.7 (prior SUVmax 11.2).", "FDG uptake with SUVmax 7.7."),
    ],
)
def test_everyday_words_for_another_day_go(sentence, told):
    assert curate_sentence(sentence, "en") == told
