"""Report text without identities: what must go, what must stay, and the laws of the scrubber."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refrad2d.grounding import has_markup
from refrad2d.privacy.deidentify import KINDS, Found, deidentify, run

HEADER = ["Müller^Hans^^Dr.", "19530412", "PAT00123", "0004711815"]


@pytest.mark.parametrize(
    "spelling",
    [
        "Müller",
        "MÜLLER",
        "müller",
        "Mueller",
        "MUELLER",
        "Muller",
        "Mu\u0308ller",
        "Mül\u00adler",
        "Müllers",
        "Müller's",
        "Hans",
        "HANS",
        "Hans Müller",
        "Müller, Hans",
        "Müller Hans",
        "H. Müller",
        "Müller, H.",
        "Dr. Müller",
        "Herr Müller",
        "Müller_Hans",
        "HansMüller",
        "M ü l l e r",
        "Mül-\nler",
        "hmueller",
        "Müller-Lüdenscheidt",
    ],
)
def test_the_patients_name_goes_in_any_spelling(spelling):
    assert "ller" not in deidentify(f"Befund bei {spelling} unverändert.", "de", HEADER).lower()


@pytest.mark.parametrize("spelling", ["PAT00123", "PAT 00123", "pat-00123", "PAT123", "00123", "PAT_00.123"])
def test_the_patients_id_goes_in_any_spelling(spelling):
    assert "123" not in deidentify(f"Vorgang {spelling} geprüft.", "de", HEADER)


@pytest.mark.parametrize("spelling", ["4711815", "0004711815", "4711 815", "47-11-815", "000 4711815"])
def test_a_number_goes_with_and_without_leading_zeros_and_separators(spelling):
    assert deidentify(f"Vorgang {spelling} geprüft.", "de", HEADER) == "Vorgang [ID] geprüft."


@pytest.mark.parametrize(
    "spelling",
    [
        "12.04.1953",
        "12.4.53",
        "12.4.1953",
        "12. 4. 1953",
        "12. April 1953",
        "April 12, 1953",
        "12th of April 1953",
        "1953-04-12",
        "04/12/1953",
        "12/04/53",
        "19530412",
        "530412",
        "12-Apr-1953",
        "12 04 1953",
        "04/1953",
        "April 1953",
        "1953",
    ],
)
def test_the_birth_date_goes_in_any_form(spelling):
    assert not any(c.isdigit() for c in deidentify(f"Vorgang {spelling} geprüft.", "de", HEADER))


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("O'Neil^Sean", "ONeil, O’Neil, O Neil"),
        ("von der Heide^Eva", "VON DER HEIDE"),
        ("Öztürk^Ay\u015fe", "Ozturk Ayse, OEZTUERK"),
        ("Nguyen^Thi", "Nguyễn Thi"),
        ("Groß^Eva", "GROSS, Gross"),
    ],
)
def test_foreign_names_go_in_any_spelling(known, text):
    assert not any(c.isalpha() for c in deidentify(f"{text}", "de", [known]).replace("[NAME]", ""))


def test_names_that_sound_alike_go():
    assert deidentify("Frühere Akte: Meier.", "de", ["Mayer^Karl"]) == "Frühere Akte: [NAME]."


def test_anatomy_stays_for_a_patient_of_that_name():
    text = deidentify("Die Leber ist glatt. Herr Leber klagt.", "de", ["Leber^Jonas"])
    assert text == "Die Leber ist glatt. [NAME] klagt."


def test_an_adjective_stays_for_a_patient_of_that_name():
    assert deidentify("Eine klein erscheinende Niere.", "de", ["Klein^Eva"]) == "Eine klein erscheinende Niere."


@pytest.mark.parametrize(
    "text",
    [
        "Dr. med. Weber",
        "Herr Schmidt",
        "Frau Kowalczyk",
        "OA Dr. Öztürk",
        "gez. Brandt",
        "Zuweiser: Krause",
        "Mr. O'Neil",
        "referred by Dr. Jones",
        "Prof. Dr. Anna-Lena Weiß-Grün",
        "Signed by Jane Doe, MD",
        "Schwester Petra",
        "K. Lindemann",
        "Wolfgang Amsel",
        "Frau Xhemajli",
        "PD Dr. Nkemelu",
        "Nguyen Van Anh, M.D.",
        "Mit freundlichen Grüßen\nXaver Quitzow",
        "Oberarzt Zirngiebl",
        "Dear Dr. Featherstonehaugh,",
        "HERR SCHMIDT",
        "dr. weber",
    ],
)
def test_persons_go(text):
    assert "[NAME]" in deidentify(f"{text}", "de") and not set(text.split()[-1].split("-")) & set(
        deidentify(text, "de").split()
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("12.03.2021", "DATE"),
        ("vom 12.3. und", "DATE"),
        ("03/2021", "DATE"),
        ("im Mai 2020", "DATE"),
        ("March 2021", "DATE"),
        ("3rd of May 2020", "DATE"),
        ("Juli 2019", "DATE"),
        ("2021-03-12T10:15:00", "DATE"),
        ("seit 2015", "DATE"),
        ("14:35 Uhr", "TIME"),
        ("um 8 Uhr", "TIME"),
        ("2:15 pm", "TIME"),
        ("Tel. 0761 270-12345", "PHONE"),
        ("+49 761 27012345", "PHONE"),
        ("(555) 123-4567", "PHONE"),
        ("a.weber@klinik.de", "EMAIL"),
        ("https://pacs.example.org/x?y=1", "URL"),
        ("Hauptstr. 12", "ADDRESS"),
        ("79106 Freiburg", "ADDRESS"),
        ("Am Alten Markt 3a", "ADDRESS"),
        ("123 Main Street", "ADDRESS"),
        ("Universitätsklinikum Freiburg", "ORGANISATION"),
        ("Klinik für Radiologie", "ORGANISATION"),
        ("St. Mary's Hospital", "ORGANISATION"),
        ("Station 4B", "ORGANISATION"),
        ("Fallnummer 4711", "ID"),
        ("MRN: 12345", "ID"),
        ("SSN 123-45-6789", "ID"),
        ("Versichertennummer A123456789", "ID"),
        ("93-jährig", "AGE"),
        ("aged 94", "AGE"),
    ],
)
def test_identifiers_go_by_kind(text, kind):
    language = "en" if text.isascii() and ("Street" in text or "Mary" in text) else "de"
    assert f"[{kind}]" in deidentify(text, language)


@pytest.mark.parametrize(
    "text",
    [
        "Morbus Crohn",
        "Hodgkin-Lymphom",
        "Bennett-Fraktur",
        "Douglas-Raum",
        "Morbus Bechterew",
        "Virchow",
        "Bosniak IIF",
        "Baker-Zyste",
        "-20 Hounsfield",
        "Gleason 7",
        "Couinaud",
        "Fleischner",
        "May-Thurner-Syndrom",
        "BWK 12",
        "LWK 3/4",
        "Segment VII",
        "Th12",
        "12 x 14 mm",
        "Serie 4, Bild 32",
        "PI-RADS 4",
        "T2",
        "3 Tesla",
        "Stadium IIIb",
        "pT3 pN1 cM0",
        "Weber-B-Fraktur",
        "freie Flüssigkeit im Douglas",
        "Läsion bei 3 Uhr",
        "Bild 12/24",
        "Verhältnis 1:10",
        "Klinik: Husten",
        "Rippe 10/11",
        "SUVmax 4,2",
        "89-jährig",
        "Carina tracheae",
        "Pia mater",
        "Lugano-Klassifikation",
        "HWK 5/6",
        "Crohn's disease",
        "pouch of Douglas",
        "5-Uhr-Position",
        "Beckenring",
        "Leukozyten 12000/µl",
        "Müller-Gang",
        "Papilla Vateri",
        "Xanthopoulos-Syndrom",
    ],
)
def test_clinical_terms_stay(text):
    assert deidentify(f"Nachweis: {text}.", "de") == f"Nachweis: {text}."


def test_a_title_makes_a_person_of_an_eponym():
    assert deidentify("Frau Crohn hat einen Morbus Crohn.", "de") == "[NAME] hat einen Morbus Crohn."


def test_markup_is_taken_apart():
    assert not has_markup(deidentify("<loc0001><p bbox=<seg005>>Leber</p>", "de"))


def test_an_own_recogniser_can_be_given():
    def find_colours(text, language):
        return [Found(0, 3, "ID")]

    assert deidentify("rot wie Blut", "de", recognisers=[find_colours]) == "[ID] wie Blut"


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="Unknown language 'fr'"):
        deidentify("", "fr")


PIECES = st.sampled_from(
    [
        "Dr. Weber",
        "Herr",
        "Anna",
        "Leber",
        "12.3.2021",
        "um 8 Uhr",
        "[NAME]",
        "[DATE]",
        "Morbus Crohn",
        "Tel. 0761 1234",
        "Klinik für",
        ", ",
        ". ",
        "\n",
        "3",
        "-",
        "Müller",
        "PAT00123",
        "1953",
        "Station",
        "gez.",
        "vom",
        "April",
        "<5 mm",
        "<loc0001>",
        "Serie 4",
        "Mr. Smith's",
        "MRN",
        "4711815",
        "B.",
        "MD",
        "@",
        "www.x.de",
    ]
)
TEXT = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map(" ".join))


@given(TEXT, st.sampled_from(["de", "en"]))
@settings(max_examples=max(300, settings.default.max_examples), deadline=None)
def test_twice_is_once(text, language):
    once = deidentify(text, language, HEADER)
    assert deidentify(once, language, HEADER) == once


@given(TEXT, st.sampled_from(["de", "en"]))
@settings(max_examples=max(200, settings.default.max_examples), deadline=None)
def test_only_placeholders_are_added(text, language):
    out = deidentify(text, language)
    for kind in KINDS:
        out = out.replace(f"[{kind}]", "")
    assert len(out) <= len(text) * 3


@given(st.lists(PIECES, max_size=8).map(" ".join), st.lists(PIECES, max_size=8).map(" ".join))
@settings(max_examples=max(200, settings.default.max_examples), deadline=None)
def test_a_known_name_never_survives(before, after):
    assert "quitzow" not in deidentify(f"{before} Quitzow {after}", "de", ["Quitzow^Elvira"]).lower()


def test_run_scrubs_a_file(tmp_path):
    rows = [
        {
            "id": "a",
            "text": "Herr Quitzow, Leber glatt.",
            "language": "de",
            "modality": "CT",
            "known": ["Quitzow^Elvira"],
        }
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    counts = run(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text()) == {"id": "a", "text": "[NAME], Leber glatt."}
    assert counts == {"kept": 1, "removed_name": 1}


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (
            "Quitzow^Elvira",
            "malformed",
        ),  # a string is no list of strings: read letter by letter it would remove nothing
        ([5], "malformed"),
        ([["Quitzow"]], "malformed"),
        ({"name": "Quitzow"}, "malformed"),
        (7, "malformed"),
        (False, "malformed"),
    ],
)
def test_a_row_whose_known_strings_are_no_strings_is_dropped(tmp_path, known, reason):
    row = {"id": "a", "text": "Quitzow, Leber glatt.", "language": "de", "modality": "CT", "known": known}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert run(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == {f"dropped_{reason}": 1}
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("known", [{}, {"known": None}, {"known": []}])
def test_nothing_need_be_known(tmp_path, known):
    row = {"id": "a", "text": "Herr Weber, Leber glatt.", "language": "de", **known}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert run(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == {"kept": 1, "removed_name": 1}


def test_an_empty_text_stays_empty(tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "a", "text": "", "language": "de"}) + "\n", encoding="utf-8")
    assert run(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == {"kept": 1}
