"""What the header knows, by kind: what goes in any spelling, what goes as a whole, and which words stay."""

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.identities import IDS, PHRASES, identities, person_of
from refrad2d.privacy.persons import Person, full_names
from tests.fixtures.dicom_files import make_slice, write_slice
from tests.fixtures.export_records import report_row, run_ingest
from tests.fixtures.inputs.reports import HEADER_NAME, HEADERS

NAMES = (
    "PatientName OtherPatientNames PatientBirthName PatientMotherBirthName ReferringPhysicianName "
    "PerformingPhysicianName OperatorsName RequestingPhysician NameOfPhysiciansReadingStudy PhysiciansOfRecord "
    "ResponsiblePerson ScheduledPerformingPhysicianName"
).split()


@pytest.mark.parametrize("name", NAMES)
def test_every_persons_name_is_known(name):
    assert "Xaverl^Quirin" in identities(make_slice(**{name: "Xaverl^Quirin"}))[0]


@pytest.mark.parametrize("name", sorted(IDS))
def test_every_number_is_known(name):
    assert "QX-90817" in identities(make_slice(**{name: "QX-90817"}))[0]


@pytest.mark.parametrize("name", sorted(PHRASES))
def test_every_place_is_a_phrase(name):
    known, phrases = identities(make_slice(**{name: "Haus Quorx"}))
    assert "Haus Quorx" in phrases and "Haus Quorx" not in known


def test_the_birth_date_is_known_and_a_protocol_is_not():
    known, phrases = identities(make_slice(PatientBirthDate="19530412", ProtocolName="Abdomen Routine"))
    assert "19530412" in known and not {"Abdomen Routine"} & (known | phrases)


def test_nested_sequences_and_several_values_count():
    inner = Dataset()
    inner.PatientID, inner.RequestingPhysician = "QX77", "Quorx^Ida"
    known, _ = identities(make_slice(OtherPatientIDsSequence=Sequence([inner]), OtherPatientIDs=["ZX1", "ZX2"]))
    assert {"QX77", "Quorx^Ida", "ZX1", "ZX2"} <= known


@pytest.mark.parametrize(
    ("phrase", "text", "clean"),
    [
        ("Haus Quorx", "Verlegt aus HAUS QUORX gestern.", "Verlegt aus [ORGANISATION] gestern."),
        ("Müllhörn", "Verlegt aus Muellhoern.", "Verlegt aus [ORGANISATION]."),
        ("Haus Quorx, Talgrund 5, 79999 Quorxheim", "Talgrund 5 in Quorxheim", "[ADDRESS] in [ORGANISATION]"),
        ("Quorx-Haus", "Das Quorx Haus meldet sich.", "Das [ORGANISATION] meldet sich."),
    ],
)
def test_a_place_goes_as_a_whole(phrase, text, clean):
    assert deidentify(text, "de", (), [phrase]) == clean


@pytest.mark.parametrize(
    "phrase", ["Radiologie", "Klinik", "Innere Medizin", "CT", "MRT 1", "Abdomen", "Neurologie", "Praxis", "Station 4"]
)
def test_a_place_that_is_a_clinical_word_takes_nothing(phrase):
    text = "Vorstellung in der Radiologie, Klinik passend, Innere Medizin, CT Abdomen, MRT 1 und Neurologie."
    assert deidentify(text, "de", (), [phrase]) == deidentify(text, "de")


def test_names_of_any_file_and_study_of_a_patient_go_from_the_report(tmp_path):
    write_slice(tmp_path / "export" / "a", 0, StudyInstanceUID="1.2.3")
    write_slice(tmp_path / "export" / "b", 1, StudyInstanceUID="1.2.3", OperatorsName="Quorxler")
    write_slice(tmp_path / "export" / "c", 0, StudyInstanceUID="1.2.4", PatientBirthName="Vexnomin")
    write_slice(tmp_path / "export" / "d", 0, StudyInstanceUID="1.2.5", PatientID="P2", OperatorsName="Zworkel")
    text = "Quorxler und geborene Vexnomin, vormals Zworkel."
    _, _, texts, _ = run_ingest(tmp_path, report_row(text, StudyInstanceUID="1.2.3"))
    assert "Quorxler" not in texts[0]["text"] and "Vexnomin" not in texts[0]["text"] and "Zworkel" in texts[0]["text"]


@pytest.mark.parametrize(("declared", "page"), HEADERS)
def test_a_name_in_any_character_set_leaves_the_report(declared, page, tmp_path):
    family, given = HEADER_NAME.split("^")
    raw = family.encode() + b"^" + given.encode("latin-1") if page == "mixed" else HEADER_NAME.encode(page)
    raw += b" " * (len(raw) % 2)
    path = write_slice(tmp_path / "export" / "a", PatientName="X" * len(raw), InstitutionName="Y" * len(raw))
    if declared:
        charset = ["", declared] if declared.startswith("ISO 2022") else declared
        path = write_slice(
            path, PatientName="X" * len(raw), InstitutionName="Y" * len(raw), SpecificCharacterSet=charset
        )
    path.write_bytes(path.read_bytes().replace(b"X" * len(raw), raw).replace(b"Y" * len(raw), raw))
    _, _, texts, _ = run_ingest(tmp_path, report_row(f"Bei {family} ist die Leber glatt, {given} {family} wohlauf."))
    assert texts[0]["text"] == "Bei [NAME] ist die Leber glatt, [NAME] [NAME] wohlauf."


def test_pieces_of_a_misread_name_stay_in_the_report():
    known, _ = identities(make_slice(PatientName="Süden^Löder".encode().decode("latin-1")))
    assert deidentify("Zyste in den Nieren und der Leber.", "de", sorted(known)) == "Zyste in den Nieren und der Leber."


def test_who_the_patient_is_by_the_header():
    item, other = Dataset(), Dataset()
    item.PatientID, item.IssuerOfPatientID = "B2", "Klinik Nord"
    other.UniversalEntityID = "1.2.276.9"
    header = make_slice(
        PatientBirthDate="19620714", OtherPatientIDs=["C3", ""], OtherPatientIDsSequence=Sequence([item]), OtherPatientNames="Alt^Tina",
        PatientBirthName="Alt", IssuerOfPatientIDQualifiersSequence=Sequence([other]),
    )  # fmt: skip
    assert person_of(header) == Person(
        ("Alt^Tina", "Testerin^Tina"), ("Alt",), "19620714", "F", "1.2.276.9", (("B2", "Klinik Nord"), ("C3", ""))
    )
    assert person_of(Dataset()) == Person()


def test_elements_that_are_not_what_their_dictionary_says_name_nobody():
    header = make_slice()
    header.add_new("OtherPatientIDsSequence", "LO", "B2")
    header.add_new("PatientBirthDate", "LO", ["a", "b"])
    assert person_of(header).others == ()


@pytest.mark.parametrize(("declared", "page"), HEADERS)
def test_a_name_in_any_character_set_is_the_same_name(declared, page):
    family, given = HEADER_NAME.split("^")
    raw = family.encode() + b"^" + given.encode("latin-1") if page == "mixed" else HEADER_NAME.encode(page)
    header = make_slice(
        PatientName=raw,
        **({"SpecificCharacterSet": ["", declared] if "2022" in declared else declared} if declared else {}),
    )
    same = full_names(person_of(make_slice(PatientName=HEADER_NAME, SpecificCharacterSet="ISO_IR 192")))
    assert same and same <= full_names(person_of(header))
