"""Names, birth dates and sexes in one form; what many people share is no evidence."""

import pytest

from refrad2d.privacy.persons import Person, birth_date, full_name, full_names, other_ids, sex_of
from refrad2d.system.tables import read_csv


@pytest.mark.parametrize(
    ("one", "other"),
    [("Weidmüller^Tina", "WEIDMUELLER^TINA"), ("Weidmüller^Tina", "Weidmuller, Tina"), ("Weiß^Jörg", "WEISS^JOERG"),
     ("Çelik^Ayşe", "Celik^Ayse"), ("Łukasik^Anna", "Lukasik^Anna"), ("O'Neill^Sean", "ONeill^Sean"), ("O’Neill^Sean", "O'NEILL^SEAN"),
     ("Muster^Hans-Peter", "Muster^Hans^Peter"), ("Dr. Muster^Hans", "Muster^Hans^^Prof."), ("Anna Weidmüller", "Weidmüller^Anna"),
     ("Weidmüller Anna", "Weidmüller^Anna"), ("Anna^Weidmüller", "Weidmüller^Anna"), ("Yamada^Tarou=山田^太郎", "YAMADA^TAROU"),
     ("=山田^太郎", "山田^太郎"), ("Зайцева^Анна", "ЗАЙЦЕВА^АННА"), ("von der Au^Karl", "Au^Karl^^von der"), ("Ｗｅｂｅｒ^Tina", "Weber^Tina")],
)  # fmt: skip
def test_spellings_of_one_name(one, other):
    names = [full_name(text) for text in (one, other)]
    assert names[0] is not None and len({("".join(name.family), "".join(name.given)) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Weidmüller^Anna", "Weidmüller^Anne"), ("Weidmüller^Anna", "Weidmüller^Anna Maria"), ("Peter^Hans", "Hans^Peter"),
     ("Haase^Anna", "Hase^Anna"), ("Meyer^Anna", "Maier^Anna"), ("von Au^Karl", "Au^Karl"), ("Möller^Tina", "Müller^Tina")],
)  # fmt: skip
def test_names_of_two_people(one, other):
    assert None not in (full_name(one), full_name(other)) and full_name(one) != full_name(other)


@pytest.mark.parametrize(
    "text",
    ["", "^", "^^^^", "Weidmüller", "^Anna", "Weidmüller^", "W^A", "Weidmüller^A.", "Hans Peter", "Anonymous^Anna", "Weber^ANONYM",
     "anonymisiert", "Unknown^Female", "Test^Anna", "TESTPATIENT^MR", "Weber^Neugeborenes", "Weber^Knabe I", "Doe^John", "aaa^bbb",
     "Patient^007", "M?ller^Anna", "M\ufffdller^Anna", "Weber^Anna 2", "***^***", "Xyqz Wvut", "Weber^Baby Boy"],
)  # fmt: skip
def test_names_of_nobody_or_of_many(text):
    assert full_name(text) is None


def test_every_placeholder_is_one():
    for row in read_csv("refrad2d.privacy", "placeholders.csv"):
        if row["where"] == "id":
            assert not other_ids(Person(others=((row["word"].upper(), ""),)))
        else:
            name = f"{row['word']}^Anna" if row["where"] == "family" else f"Weber^{row['word'].title()}"
            assert full_name(name) is None, row


def test_a_birth_name_goes_with_the_given_names():
    married = Person(names=("Ährenfeld^Tina",), birth_names=("Weidmüller",))
    assert full_names(married) == full_names(Person(names=("Ährenfeld^Tina", "Weidmüller^Tina")))
    assert full_names(Person(names=("Ährenfeld^Tina",), birth_names=("Weidmüller^Tina", "", "anonym"))) == full_names(
        married
    )


@pytest.mark.parametrize(
    ("text", "date"),
    [("19620714", "19620714"), ("1962-07-14", "19620714"), ("1962.07.14", "19620714"), ("14.07.1962", "19620714"), ("4. 7.1962", "19620704"),
     ("1962-07-14 00:00:00", "19620714"), ("1962-07-14T00:00", "19620714"), ("19620714.0", "19620714"), (" 19620714 ", "19620714"),
     ("", ""), ("19000101", ""), ("18991230", ""), ("19010101", ""), ("11.11.1911", ""), ("00010101", ""), ("99991231", ""), ("1962", ""),
     ("196207", ""), ("19620732", ""), ("07/04/1962", ""), ("14.07.62", ""), ("1962-07.14", ""), ("unknown", "")],
)  # fmt: skip
def test_birth_dates(text, date):
    assert birth_date(text) == date


def test_sexes():
    assert [sex_of(text) for text in ("M", "m", "F", "W", "weiblich", "Männlich", "O", "divers", "", "X", "U")] == list(
        "MMFFFMOO"
    ) + [""] * 3


def test_other_ids_are_normal_and_no_placeholders():
    person = Person(
        others=(
            ("00123", ""),
            ("acc 7", "Klinik Nord"),
            ("0", ""),
            ("9999", ""),
            ("ANONYMOUS", ""),
            ("N/A", ""),
            ("", ""),
        )
    )
    assert other_ids(person) == {("123", ""), ("ACC7", "kliniknord")}


def test_an_id_as_hl7_writes_it():
    assert other_ids(Person(others=(("00123^^^Klinik Nord&1.2.276&ISO^PI", ""),))) == {("123", "kliniknord")}
    assert other_ids(Person(others=(("111", ""), ("Pseudonym1", ""), ("anonymized", "")))) == {("111", "")}
