from refrad2d.llm.abbreviations import spell_known, spell_out


def test_an_abbreviation_is_read_by_the_words_of_the_other_text():
    other = "Kein Pleuraerguss, Spitze des Katheters in der Vena cava superior, Mittellinienverlagerung 7 mm."
    assert (
        spell_out("Kein PE. Spitze in VCS.", other, ["PE", "VCS"]) == "Kein Pleuraerguss. Spitze in Vena cava superior."
    )
    assert spell_out("MLV 7 mm", other, ["MLV"]) == "Mittellinienverlagerung 7 mm"
    assert spell_out("Verk. der Aorta", "Aorta mit Verkalkung", ["Verk"]) == "Verkalkung der Aorta"


def test_what_the_other_text_does_not_spell_out_stays():
    assert spell_out("Kein PE.", "Keine Zyste.", ["PE"]) == "Kein PE."
    assert spell_out("Kein PE.", "PE: kein Pleuraerguss.", ["PE"]) == "Kein PE."
    assert spell_out("Uncale Herniation.", "Unauffälliger Calvarius.", ["Uncale"]) == "Uncale Herniation."


def test_the_table_spells_out_letter_for_letter():
    assert (
        spell_known("NN bds. o.B., kl. Zyste der GB.", "de") == "Nebenniere bds. o. B., kleine Zyste der Gallenblase."
    )
    assert spell_known("Ca. 5 cm, nn", "de") == "Ca. 5 cm, nn"
    assert spell_known("Keine intrakran. Blutung.", "de") == "Keine intrakranielle Blutung."
    assert spell_known("VUJ calculus w/o hydronephrosis", "en") == (
        "Vesicoureteric junction calculus without hydronephrosis"
    )
