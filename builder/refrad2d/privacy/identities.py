"""What a DICOM header knows of the people and places around a study, for taking it out of the report.

    known, phrases = identities(dataset)
    deidentify(text, "de", known, phrases)

`known` are names, numbers and birth dates, which go in any spelling and in parts. `phrases` are places and the like,
which go as a whole: a department called "Radiologie" must not take that word out of every report.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from refrad2d.privacy.persons import Person
from refrad2d.privacy.recognisers.lexicon import Found, is_ordinary, looks_clinical, spelling_key
from refrad2d.system.later import later
from refrad2d.text.decoding.encodings import readings

if TYPE_CHECKING:
    import pydicom
else:
    pydicom = later("pydicom")

IDS = frozenset(
    "PatientID OtherPatientIDs AccessionNumber StudyID AdmissionID ServiceEpisodeID InsurancePlanIdentification "
    "RequestedProcedureID ScheduledProcedureStepID PerformedProcedureStepID PlacerOrderNumberImagingServiceRequest "
    "FillerOrderNumberImagingServiceRequest PatientTelephoneNumbers PatientTelecomInformation PersonTelephoneNumbers "
    "ReferringPhysicianTelephoneNumbers OrderCallbackPhoneNumber ClinicalTrialSubjectID ClinicalTrialSubjectReadingID "
    "DeviceSerialNumber".split()
)
PHRASES = frozenset(
    "InstitutionName InstitutionAddress InstitutionalDepartmentName PatientAddress PersonAddress "
    "ReferringPhysicianAddress PatientInstitutionResidence CurrentPatientLocation CountryOfResidence "
    "RegionOfResidence RequestingService ResponsibleOrganization PerformedLocation ScheduledProcedureStepLocation "
    "StationName IssuerOfPatientID IssuerOfAdmissionID MilitaryRank BranchOfService Occupation EthnicGroup "
    "PatientReligiousPreference ClinicalTrialSiteName ClinicalTrialSponsorName LocalNamespaceEntityID".split()
)
_GENERIC = frozenset(
    spelling_key(word)
    for word in "abteilung ambulanz center centre clinic clinical department hospital institut institute klinik "
    "klinikum krankenhaus medical praxis spital universitaet university universitaetsklinikum zentrum station ward mrt "
    "mri ct pet bildgebung imaging allgemein general weiss unbekannt unknown none keine anonymous deutschland germany "
    "german deutsch rentner retired".split()
)
_TOKEN = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"[,;\n\r^\\]+")
_POSTCODE = re.compile(r"^\W*(?:[A-Z]{1,2}-)?\d{4,5}\s+")
_GAP = 3  # characters between two words of a phrase


def identities(dataset: pydicom.Dataset) -> tuple[set[str], set[str]]:
    """Names, numbers and birth dates of a header, nested ones and private names included; and its phrases."""
    known: set[str] = set()
    phrases: set[str] = set()
    for element in dataset.iterall():
        name = element.keyword
        if element.VR == "PN" or name in IDS or ("Birth" in name and element.VR in ("DA", "DT", "LO")):
            known.update(_values(element))
        elif name in PHRASES:
            phrases.update(_values(element))
    return known, phrases


def person_of(dataset: pydicom.Dataset) -> Person:
    """What a header says of who its patient is, for telling whether two PatientIDs are one person."""
    others = [(str(value).strip(), "") for value in _all(dataset.get("OtherPatientIDs"))]
    others += [(_text(item, "PatientID"), _issuer(item)) for item in _items(dataset, "OtherPatientIDsSequence")]
    names = (dataset[name] for name in ("PatientName", "OtherPatientNames") if name in dataset)
    born = [dataset["PatientBirthName"]] if "PatientBirthName" in dataset else []
    return Person(
        names=tuple(sorted({value for element in names for value in _values(element)})),
        birth_names=tuple(sorted({value for element in born for value in _values(element)})),
        birth_date=_text(dataset, "PatientBirthDate"),
        sex=_text(dataset, "PatientSex"),
        issuer=_issuer(dataset),
        others=tuple(sorted({other for other in others if other[0]})),
    )


def _issuer(dataset: pydicom.Dataset) -> str:
    """Who issued the PatientID beside it, by name, else by the number of an institution."""
    if name := _text(dataset, "IssuerOfPatientID"):
        return name
    qualifiers = _items(dataset, "IssuerOfPatientIDQualifiersSequence")
    return next((found for item in qualifiers if (found := _text(item, "UniversalEntityID"))), "")


def _items(dataset: pydicom.Dataset, keyword: str) -> list[pydicom.Dataset]:
    """The items of a sequence; none of an element that is another thing than its dictionary says."""
    value = dataset.get(keyword)
    return list(value) if isinstance(value, pydicom.Sequence) else []


def _all(value: object) -> list:
    return list(value) if isinstance(value, pydicom.multival.MultiValue) else [] if value is None else [value]


def _text(dataset: pydicom.Dataset, keyword: str) -> str:
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()


def _values(element: pydicom.DataElement) -> Iterator[str]:
    """The values of an element in each reading that their bytes allow, whatever character set the header declares."""
    for value in _all(element.value):
        if len(text := unicodedata.normalize("NFC", str(value or "").strip())) > 1:
            raw = getattr(value, "original_string", None)  # of a name: its bytes as they stand in the file
            yield from readings(text, raw if isinstance(raw, bytes) else None)


def find_phrases(text: str, phrases: Iterable[str]) -> Iterator[Found]:
    """Every place where a phrase, or a part of it between commas, stands in the text, whatever its case and umlauts.

    A part goes only if it says more than a kind of house or a clinical word.
    """
    wanted = {tuple(map(spelling_key, _TOKEN.findall(part))) for phrase in phrases for part in _parts(phrase)}
    if not wanted:
        return
    words = list(_TOKEN.finditer(text))
    keys = [spelling_key(word.group()) for word in words]
    for at, key in enumerate(keys):
        for part in wanted:
            end = at + len(part)
            if part[0] == key and tuple(keys[at:end]) == part and _close(words[at:end]):
                kind = "ADDRESS" if any(token.isdigit() for token in part) else "ORGANISATION"
                yield Found(words[at].start(), words[end - 1].end(), kind, True)


def _parts(phrase: str) -> Iterator[str]:
    """What stands between commas, and a town without its postcode, as far as it tells something."""
    for part in filter(_tells, _PARTS.split(phrase)):
        yield part
        if _tells(town := _POSTCODE.sub("", part)):
            yield town


def _tells(part: str) -> bool:
    """True if a part names something particular: a word that is neither generic nor clinical, or a long number."""
    return any(
        len(word) > 4 if word.isdigit() else len(word) > 2 and not _common(word) for word in _TOKEN.findall(part)
    )


def _common(word: str) -> bool:
    return spelling_key(word) in _GENERIC or is_ordinary(word) or looks_clinical(word)


def _close(words: list[re.Match]) -> bool:
    return all(b.start() - a.end() <= _GAP for a, b in zip(words, words[1:], strict=False))
