"""Every wording of the phantom, with all its alternatives, as dictated and as cleaned: whole sentences whose mentions
stand where they are marked, and German and English that say the same.
"""

import re
from collections import Counter
from functools import cache
from itertools import product
from typing import NamedTuple

import pytest

from refrad2d.labels import LANGUAGES
from refrad2d.phantom.reports import Sentence, expand, host_names
from refrad2d.phantom.series import REGIONS
from refrad2d.system.tables import read_csv, read_yaml
from refrad2d.text.lexicon import in_modality
from refrad2d.text.mentions import find_mentions
from refrad2d.text.temporal import curate

FIELDS = {
    "de": {"date": "03.02.2020", "size": "1,4 cm", "prior": "1,1 cm", "patient": "Erika Muster", "title_de": "Frau",
           "physician": "Dr. Beispiel", "patient_id": "P123", "accession": "ACC456"},
    "en": {"date": "02/03/2020", "size": "1.4 cm", "prior": "1.1 cm", "patient": "Erika Muster", "title_en": "Ms.",
           "physician": "Dr. Beispiel", "patient_id": "P123", "accession": "ACC456"},
}  # fmt: skip
FILES = sorted({name for region in REGIONS.values() for name in region.wordings})
FAULTS = {
    "a double blank": r"\s\s|^\s|\s$",
    "a blank before punctuation": r"\s[.,;:)]",
    "doubled punctuation": r"[.,;:(][.,;:)]",
    "a left-over marker": r"[\[\]{}|~$]",
    "a small first letter": r"^[^A-ZÄÖÜ]",
    "no stop at its end": r"[^.]$",
    "a sentence that breaks off": r"\b(?:und|mit|seit|zum|vom|am|wie|von|im|in|and|with|since|on|as|of|the|a|an|to)\.$",
    "a missing blank": r"\d[a-z]|[a-zäöü][A-ZÄÖÜ]|[,;:](?!\d)\S",
}
ARTICLE_FAULT = r"\ba [aeio]|\ban [^aeiou]|\ban? \d"  # of English: "a 8 mm"
DENIALS = {"de": r"(?:\b(?:kein\w*|ohne|nicht|frei von)\b|\bsteinfrei\b)", "en": r"\b(?:no|not|without|free of)\b"}
VERB = "(?:(?:ist|sind|zeigt|is|are|shows) )"
GLOSSARY = [  # as German says it, as English says it
    (r"metasta|absiedl", r"metasta|deposit"),
    (r"läsion|(?<!rund)herd|osteoly", r"lesion|focal abnormality"),
    (r"osteoly", r"lytic"),
    (r"rundherd|knoten", r"nodule"),
    (r"zyst(?!itis|o)", r"cyst(?!itis|o)"),
    (r"hämangiom", r"hemangioma"),
    (r"granulom", r"granuloma"),
    (r"raumforderung|tumor", r"\bmass\b|tumor"),
    (r"tumor", r"tumor"),
    (r"stein|konkrement|lithiasis", r"stone|calcul|lithiasis"),
    (r"verkalk", r"calcifi"),
    (r"cholezystitis", r"cholecystitis"),
    (r"zirrhose", r"cirrhosis"),
    (r"steatos|verfettet|verfettung", r"steatosis|fatty"),
    (
        r"(?<!nicht )(?<!ohne )vergrößer|verbreitert|megalie|struma",
        r"(?<!not )(?<!without )enlarge|widened|megaly|goiter",
    ),
    (r"nicht vergrößert|ohne vergrößerung", r"not enlarged|without enlargement"),
    (
        r"normal groß|normaler größe|größe normal|normale größe|seitengleich groß",
        r"normal in size|normal size|size normal|normal-sized|symmetric in size",
    ),
    (r"stau|gestaut|obstru", r"hydronephrosis|obstruct"),
    (r"aneurysm", r"aneurysm"),
    (r"thrombo", r"thrombo"),
    (r"stenose", r"stenosis"),
    (r"wandverdickung|wandverdickt|verdickt", r"thicken"),
    (r"divertikulitis", r"diverticulitis"),
    (r"ileus", r"ileus"),
    (r"pankreatitis", r"pancreatitis"),
    (r"atroph", r"atroph"),
    (
        r"fraktur|höhenminderung|höhengemindert|keilförmig|impression",
        r"fracture|loss of height|reduced in height|wedge|compression fracture",
    ),
    (r"infiltrat|pneumon|konsolid", r"infiltrate|pneumon|consolidat"),
    (r"emphysem", r"emphysema"),
    (r"erguss", r"effusion"),
    (r"blutung|hämatom", r"hemorrhage|hematoma"),
    (r"infarkt|ischämie", r"infarct|ischemia"),
    (r"hydrozephalus|ventrikel|liquorräume", r"hydrocephalus|ventricles|csf spaces"),
    (r"mittellinien", r"midline shift"),
    (r"ödem", r"edema"),
    (r"abszess", r"abscess"),
    (r"spondylodiszitis", r"spondylodiscitis"),
    (r"prolaps|protrusion|vorgewölbt", r"herniation|protrusion|bulging"),
    (r"kompression|komprimiert", r"(?<!plate )compress"),
    (r"hypodens|dichtegemindert", r"hypodense|decreased in attenuation"),
    (r"hyperdens", r"hyperdense"),
    (r"hyperplas", r"hyperplas"),
    (r"fremdkörper", r"foreign body"),
    (r"(?<!nicht )(?<!nicht aneurysmatisch auf 1,4 cm )erweitert", r"(?<!not )dilated|aneurysmal, measuring"),
    (r"nicht erweitert", r"not dilated"),
    (r"\brecht", r"\bright\b"),
    (r"\blink", r"\bleft\b"),
    (r"1,4 cm", r"1\.4 cm"),
]


class Case(NamedTuple):
    """A wording with one choice of its alternatives. `modality` is one in which its file is used."""

    file: str
    modality: str
    sentence: Sentence


class Draws:
    """Stands for the random generator: the alternatives that it draws are given."""

    def __init__(self, draws):
        self.draws = draws

    def random(self, count):
        return (*self.draws, *[0.0] * count)[:count]


def variants(wording, fields, topic="", finding=""):
    """The wording with each choice of its alternatives."""
    counts = [choice.count("|") + 1 for choice in re.findall(r"\{([^{}]*\|[^{}]*)\}", wording["de"])]
    for picks in product(*map(range, counts)):
        draws = [(pick + 0.5) / count for pick, count in zip(picks, counts, strict=True)]
        yield expand(wording, fields, Draws(draws), topic=topic, finding=finding)


def fields_of(host):
    names = host_names(host) if host else {}
    return {language: FIELDS[language] | names.get(language, {}) for language in LANGUAGES}


@cache
def all_cases() -> tuple[Case, ...]:
    hosts_of = {row["name"]: row["host"].split() for row in read_csv("refrad2d.phantom", "findings.csv")}
    cases = []
    for file in FILES:
        modalities = sorted({region.modality for region in REGIONS.values() if file in region.wordings})
        for topic, plan in read_yaml("refrad2d.phantom", file).items():
            normal = [("", plan.get("any", [""]), wording) for wording in plan["normal"]]
            told = [
                (name, hosts_of[name], wording)
                for name, wordings in plan.get("findings", {}).items()
                for wording in wordings
            ]
            for finding, hosts, wording in normal + told:
                named = hosts if re.search(r"\$(?:host|vertebra)\)", wording["de"]) else hosts[:1]
                for host in named:
                    for sentence in variants(wording, fields_of(host), topic, finding):
                        labels = {label for _, _, group in sentence.spans["de"] for label in group}
                        cases += [
                            Case(file, modality, sentence)
                            for modality in modalities
                            if wording.get("modality", modality) == modality
                            and set(in_modality(tuple(labels), modality)) == labels
                        ]
    return tuple(cases)


def faults(text, language):
    found = [name for name, pattern in FAULTS.items() if re.search(pattern, text)]
    return found + ["a wrong article"] * bool(language == "en" and re.search(ARTICLE_FAULT, text))


def denials(text, spans, language):
    """For each mention, whether its clause denies something of it, read as docs/text-mentions.md says.

    A denial reaches the mention behind it ("no stone in the kidney"), or those that begin its clause with nothing but a
    verb between ("the kidneys show no stone"); "normal in size, without stones" is positive.
    """
    masked = text
    for start, end, _ in spans:
        masked = masked[:start] + "#" * (end - start) + masked[end:]
    denial = DENIALS[language]
    before = rf"{denial}[^#,:;.]*#+"
    subject = rf"(?:^|[,;] )(?:(?:die|der|das|the|beide|both) )?#+(?:(?:,| und|, and| and) #+)*:? ?{VERB}?{denial}"
    reach = [match.span() for pattern in (before, subject) for match in re.finditer(pattern, masked, re.IGNORECASE)]
    return [any(first <= start and end <= last for first, last in reach) for start, end, _ in spans]


def stated(text, language):
    """The findings of the glossary that a text names, whether it affirms or denies them."""
    column = ("de", "en").index(language)
    return {words[1] for words in GLOSSARY if re.search(words[column], text, re.IGNORECASE)}


def report(cases):
    return "\n".join(f"{count} x {case}" for case, count in Counter(map(str, cases)).most_common(40))


def test_a_wording_is_used_in_every_modality_that_reads_it():
    used = {(case.file, case.modality) for case in all_cases()}
    assert used == {(file, region.modality) for region in REGIONS.values() for file in region.wordings}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ["dictated", "clean"])
def test_every_wording_is_a_whole_sentence(form, language):
    texts = {getattr(case.sentence, form)[language] for case in all_cases()}
    assert {text: faults(text, language) for text in texts if faults(text, language)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_openings_and_closings_are_whole_sentences_or_nothing(language):
    frame = read_yaml("refrad2d.phantom", "wording_frame.yaml")
    for wording in frame["opening"] + frame["closing"]:
        sentence = expand(wording, FIELDS, Draws(()))
        assert sentence.clean[language] == ""
        assert not (sentence.dictated[language] and faults(sentence.dictated[language], language))


def test_a_report_that_compares_does_not_say_that_there_is_nothing_to_compare_with():
    frame = read_yaml("refrad2d.phantom", "wording_frame.yaml")
    texts = [wording[language] for wording in frame["opening"] + frame["closing"] for language in LANGUAGES]
    assert [text for text in texts if re.search(r"Keine Vor|No (?:prior|previous|comparison)", text, re.I)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_the_past_is_left_in_the_clean_text(language):
    past = (
        r"\d{4}|1[,.]1 cm|zuvor|unverändert|progredient|konstant|\bneu\b|previous|unchanged|stable|\bnew\b|prior|since"
    )
    texts = {case.sentence.clean[language] for case in all_cases()}
    assert [text for text in texts if re.search(past, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_cut_is_never_a_denial(language):
    """A denied change ("no new lesion") would leave the denial of the thing, or the thing without its denial."""
    for case in all_cases():
        dictated, clean = case.sentence.dictated[language], case.sentence.clean[language]
        count = [len(re.findall(DENIALS[language], text, re.IGNORECASE)) for text in (dictated, clean)]
        assert count[0] == count[1] or "not yet visible" in dictated or "noch nicht sichtbar" in dictated, dictated


def test_both_languages_name_the_same_classes():
    for case in all_cases():
        german, english = (
            sorted(tuple(sorted(labels)) for _, _, labels in case.sentence.spans[language]) for language in LANGUAGES
        )
        assert german == english, case.sentence.clean


def test_both_languages_state_the_same_findings_sides_and_sizes():
    texts = [case.sentence.clean for case in all_cases()]
    differing = {text["de"]: (text["en"], stated(text["de"], "de") ^ stated(text["en"], "en")) for text in texts}
    assert {german: pair for german, pair in differing.items() if pair[1]} == {}


def test_a_finding_is_said_and_not_denied():
    for case in all_cases():
        for language in LANGUAGES if case.sentence.finding else ():
            text, spans = case.sentence.clean[language], case.sentence.spans[language]
            assert stated(text, language) and not any(denials(text, spans, language)), text


def test_both_languages_deny_the_same_mentions():
    for case in all_cases():
        german, english = (
            Counter(zip([frozenset(span[2]) for span in spans], denials(text, spans, language), strict=True))
            for language in LANGUAGES
            for text, spans in [(case.sentence.clean[language], case.sentence.spans[language])]
        )
        assert german == english, case.sentence.clean


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lexicon_finds_the_marked_mentions(language):
    wrong, total = [], 0
    for case in all_cases():
        text = case.sentence.clean[language]
        found = {(m.start, m.end, frozenset(m.labels), m.negated) for m in find_mentions(text, language, case.modality)}
        spans = case.sentence.spans[language]
        marked = {
            (start, end, frozenset(labels), denied)
            for (start, end, labels), denied in zip(spans, denials(text, spans, language), strict=True)
        }
        total += 1
        if found != marked:
            wrong.append((text, sorted((text[s:e], no) for s, e, _, no in found ^ marked)))
    print(f"{language}: {total - len(wrong)} of {total} wordings read as marked\n{report(wrong)}")
    assert len(wrong) <= 0.03 * total


@pytest.mark.parametrize("language", LANGUAGES)
def test_curate_leaves_the_clean_text(language):
    sentences = {case.sentence.dictated[language]: case.sentence.clean[language] for case in all_cases()}
    wrong = [(text, curate(text, language)) for text, clean in sentences.items() if curate(text, language) != clean]
    print(f"{language}: {len(sentences) - len(wrong)} of {len(sentences)} wordings curated to their clean text")
    print(report(wrong))
    assert len(wrong) <= 0.01 * len(sentences)
