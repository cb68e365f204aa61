"""Patients to report sentences, German and English, as dictated and as cleaned, with the exact place of each mention.

    >>> [s.clean["en"] for s in report_sentences(patient, {"liver", "spleen"})]

All wording stands in wording_*.yaml. A sentence says only what is seen: topics are chosen by the classes present.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import Template
from typing import Any
from zlib import crc32

import numpy as np

from refrad2d.boxes import MIN_PIXELS
from refrad2d.labels import LANGUAGES, label_by_name
from refrad2d.phantom.anatomy import Patient
from refrad2d.phantom.findings import PlantedFinding
from refrad2d.system.tables import read_yaml

_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")
_MENTION = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
WORDINGS = tuple(f"wording_{part}.yaml" for part in ("abdomen", "chest", "pelvis", "neck", "head", "spine"))
HOUSE_STYLE = {"A": 0.0, "B": 0.7, "C": 0.4}  # how often a site prefers its own wordings
NORMAL_SENTENCES = 3  # of a slice, beside its findings
DIFFUSE_PIXELS = 200  # of its host that a slice must show for a finding without a mask to be seen in it
_GONE = re.compile(r"~[^~]*~")


Fields = Mapping[str, Mapping[str, str]]  # what templates may name, by language


@dataclass(frozen=True)
class Sentence:
    """One sentence in both languages. Keys of the mappings are "de" and "en".

    `dictated` is what the report says; `clean` is the same without prior studies and identifiers ("" if nothing is
    left); `spans` are (start, end, labels) in `clean`; `finding` names what it reports, "" if it is normal.
    """

    topic: str
    dictated: Mapping[str, str]
    clean: Mapping[str, str]
    spans: Mapping[str, tuple[tuple[int, int, tuple[str, ...]], ...]] = field(default_factory=dict)
    finding: str = ""


def report_sentences(
    patient: Patient,
    present: Collection[str],
    rng: np.random.Generator | None = None,
    *,
    shown: Collection[str] | None = None,
    wordings: Sequence[str] = ("wording_abdomen.yaml",),
    modality: str = "CT",
    fields: Fields | None = None,
) -> list[Sentence]:
    """What a report says of the classes in `present` (names of labels.csv): every finding, then the normal structures.

    Nothing is left to chance: each finding that is seen is told, and each structure that has none; one that belongs to
    another part of the body, in the words of that part. `shown` names the findings that the pictures show, all by
    default. `rng` draws the wordings; without it a site words the same fact
    always in the same way. `fields` gives what the templates may name, by language: date, patient, physician and so
    on; see `expand`.
    """
    present, told_names = set(present), set()
    findings: list[Sentence] = []
    normal: list[Sentence] = []
    for topic, plan in [*_topics(wordings).items(), *_topics_elsewhere(wordings)]:
        if not (set(plan.get("needs", present)) <= present and set(plan.get("any", present)) & present):
            continue
        told = [
            f
            for f in patient.findings
            if f.name in plan.get("findings", {})
            and f.name not in told_names
            and (shown is None or f.name in shown)
            and not (f.kind == "tone" and modality == "MR")  # a change of density
        ]
        told_names |= {f.name for f in told}
        teller = _Teller(patient.site, modality, fields or {}, rng)
        findings += [teller.say(topic, plan["findings"][f.name], finding=f) for f in told]
        normal += [] if told or "normal" not in plan else _say_normal(teller, topic, plan, patient, present)
    return [sentence for sentence in findings + normal if _is_covered(sentence, present)]


def _topics(wordings: Sequence[str]) -> dict[str, Any]:
    """The topics of the files; the first file that has one words it."""
    topics: dict[str, Any] = {}
    for wording in wordings:
        for topic, plan in read_yaml(__package__, wording).items():
            topics.setdefault(topic, plan)
    return topics


def _topics_elsewhere(wordings: Sequence[str]) -> list[tuple[str, Any]]:
    """The topics of all other files, their findings only: a CT of the chest tells of the renal cyst that it shows."""
    others = [name for name in WORDINGS if name not in wordings]
    plans = [pair for name in others for pair in read_yaml(__package__, name).items()]
    return [(t, {key: plan[key] for key in plan if key != "normal"}) for t, plan in plans if "findings" in plan]


@dataclass(frozen=True)
class SliceContent:
    """What one slice shows, counted at the size of the image: pixels of each published class and of each focal finding,
    the size class of each finding in mm (see `findings.size_class`), and the plane."""

    pixels: Mapping[str, int]
    findings: Mapping[str, int]
    sizes: Mapping[str, float]
    plane: str

    @property
    def visible(self) -> set[str]:
        """The classes that cover at least MIN_PIXELS."""
        return {name for name, pixels in self.pixels.items() if pixels >= MIN_PIXELS}


def slice_sentences(
    patient: Patient,
    content: SliceContent,
    *,
    publish: Callable[[str], str | None],
    wordings: Sequence[str] = ("wording_abdomen.yaml",),
    modality: str = "CT",
) -> list[Sentence]:
    """What a report on this one slice says, which follows from the slice alone.

    First every finding that it shows, whatever part it belongs to, the largest first: a focal one on at least
    MIN_PIXELS, with the size class that it has here; a diffuse one where at least DIFFUSE_PIXELS of its host are seen,
    a lowered vertebra not across the axis. Then the normal sentences of the NORMAL_SENTENCES largest structures, in the
    order of the table; none of a structure that has a finding, or may have one that the slice shows too little of. A
    site words the same fact always in the same way. `publish` gives the class under which the masks show a painted one.
    """
    topics = _topics(wordings)
    telling = [*topics.items(), *_topics_elsewhere(wordings)]
    shown = seen_findings(patient, content, publish, modality)
    told, said = [], set()
    for finding in shown:
        topic, plan = next((t, plan) for t, plan in telling if finding.name in plan.get("findings", {}))
        sized = replace(finding, size_mm=content.sizes.get(finding.name, finding.size_mm))
        usable = plan["findings"][finding.name]
        fitting = [w for w in usable if _named_in(w) <= content.visible] or usable
        told.append(_Teller(patient.site, modality).say(topic, fitting, finding=sized))
        said.add(finding.name)
    doubted = [f for f in patient.findings if f.name in said or _may_be_seen(f, content, publish)]
    return told + _normal_sentences(patient.site, topics, content, doubted, publish, modality)


def seen_findings(
    patient: Patient, content: SliceContent, publish: Callable[[str], str | None], modality: str
) -> list[PlantedFinding]:
    """The findings that a slice shows, the one on most pixels first; of diffuse ones the pixels of the host count."""
    sizes = {}
    for finding in patient.findings:
        if not finding.is_diffuse:
            pixels, least = content.findings.get(finding.name, 0), MIN_PIXELS
        else:
            pixels, least = content.pixels.get(publish(finding.host) or "", 0), DIFFUSE_PIXELS
            if finding.kind == "fracture" and content.plane == "axial" or finding.kind == "tone" and modality == "MR":
                continue
        if pixels >= least:
            sizes[finding.name] = (finding.is_diffuse, -pixels)
    return sorted((f for f in patient.findings if f.name in sizes), key=lambda f: (*sizes[f.name], f.name))


def _may_be_seen(finding: PlantedFinding, content: SliceContent, publish: Callable[[str], str | None]) -> bool:
    if finding.is_diffuse:
        return content.pixels.get(publish(finding.host) or "", 0) > 0
    return content.findings.get(finding.name, 0) > 0


def _normal_sentences(
    site: str,
    topics: Mapping[str, Any],
    content: SliceContent,
    doubted: Sequence[PlantedFinding],
    publish: Callable[[str], str | None],
    modality: str,
) -> list[Sentence]:
    visible = content.visible
    names = {f.name for f in doubted}
    ill = {label for f in doubted for label in (f.host, publish(f.host) or "")}
    sized: list[tuple[int, int, str, tuple[str, ...]]] = []
    for number, (topic, plan) in enumerate(topics.items()):
        contradicted = names & ({*plan.get("findings", ())} | set(plan.get("unless", ())))
        if contradicted or not set(plan.get("needs", ())) <= visible:
            continue
        hosts = sorted(set(plan.get("any", ())) & visible - ill, key=lambda name: (-content.pixels[name], name))
        structures = (*plan.get("needs", ()), *hosts[:1])
        if structures and not ill & set(structures) and ("any" not in plan or hosts):
            sized.append((-sum(content.pixels[name] for name in structures), number, topic, structures))
    chosen: list[tuple[int, Sentence]] = []
    covered: set[str] = set()
    for _, number, topic, structures in sorted(sized):
        usable = [w for w in topics[topic]["normal"] if _named_in(w) <= visible]
        if len(chosen) == NORMAL_SENTENCES or set(structures) <= covered or not usable:
            continue
        host = structures[-1:] if "any" in topics[topic] else ()
        chosen.append((number, _Teller(site, modality).say(topic, usable, hosts=host)))
        covered |= set(structures)
    return [sentence for _, sentence in sorted(chosen, key=lambda pair: pair[0])]


def _named_in(wording: Mapping[str, str]) -> set[str]:
    """The classes that a wording names, fields left out."""
    return {label for match in _MENTION.finditer(wording["en"]) for label in match.group(2).split() if "$" not in label}


def _say_normal(teller: "_Teller", topic: str, plan: Mapping[str, Any], patient: Patient, present) -> list[Sentence]:
    """A sentence that all is well, unless a finding of the patient contradicts it."""
    if {f.name for f in patient.findings} & set(plan.get("unless", ())):
        return []
    ill = {f.host for f in patient.findings}
    healthy = [name for name in plan.get("any", ()) if name in present and name not in ill]
    return [teller.say(topic, plan["normal"], hosts=healthy)] if healthy or "any" not in plan else []


def _is_covered(sentence: Sentence, present: Collection[str]) -> bool:
    return all(set(labels) <= set(present) for _, _, labels in sentence.spans["en"])


@dataclass(frozen=True)
class _Teller:
    """Who dictates: the house style of a site, on one modality. Without `rng` a fact is always worded in the same way,
    which depends on the site, the topic and the finding alone."""

    site: str
    modality: str
    fields: Fields = field(default_factory=dict)
    rng: np.random.Generator | None = None

    def say(
        self, topic: str, wordings, *, finding: PlantedFinding | None = None, hosts: Sequence[str] = ()
    ) -> Sentence:
        """A sentence by one of the wordings; `hosts` are the classes of which it may name one."""
        name = finding.name if finding else ""
        rng = self.rng or np.random.default_rng(crc32(f"{self.site} {topic} {name}".encode()))
        usable = [w for w in wordings if self.site in w.get("sites", "ABC")]
        usable = [w for w in usable if self.modality == w.get("modality", self.modality)] or usable
        if rng.random() < HOUSE_STYLE[self.site]:
            usable = [w for w in usable if "sites" in w] or usable
        wording = usable[int(rng.integers(len(usable)))]
        own: dict[str, dict[str, str]] = {language: dict(self.fields.get(language, {})) for language in LANGUAGES}
        host = finding.host if finding else hosts[int(rng.integers(len(hosts)))] if hosts else ""
        for more in ([_sizes(rng, finding.size_mm)] if finding else []) + ([host_names(host)] if host else []):
            for language in LANGUAGES:
                own[language] |= more[language]
        return expand(wording, own, rng, topic=topic, finding=name)


def expand(
    wording: Mapping[str, str], fields: Fields, rng: np.random.Generator, *, topic: str = "", finding: str = ""
) -> Sentence:
    """Fill a wording: choose alternatives (the same place in both languages), put fields in, find the mentions."""
    picks = rng.random(8)
    dictated, clean, spans = {}, {}, {}
    for language in LANGUAGES:
        text = Template(_settle_choices(wording[language], picks)).safe_substitute(fields.get(language, {}))
        dictated[language], _ = _read_mentions(_tidy(text.replace("~", "")))
        clean[language], spans[language] = _read_mentions(_tidy(_GONE.sub("", text)))
    return Sentence(topic, dictated, clean, spans, finding)


def _settle_choices(wording: str, picks: Iterable[float]) -> str:
    """The wording with one of the words of each {choice}, by one number from 0 to below 1 for each."""
    draws = iter(picks)
    return _CHOICE.sub(lambda m: _pick(m.group(1).split("|"), next(draws)), wording)


def _pick(choices: Sequence[str], draw: float) -> str:
    return choices[int(draw * len(choices))]


def _tidy(text: str) -> str:
    """One space between words, none before a full stop, a capital first letter (also inside a mention's bracket)."""
    text = re.sub(r"\s+([.,;])", r"\1", " ".join(text.split())).replace("..", ".")
    start = 1 if text.startswith("[") else 0
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


def _read_mentions(text: str) -> tuple[str, tuple[tuple[int, int, tuple[str, ...]], ...]]:
    out, spans, at = "", [], 0
    for match in _MENTION.finditer(text):
        out += text[at : match.start()]
        spans.append((len(out), len(out) + len(match.group(1)), tuple(match.group(2).split())))
        out += match.group(1)
        at = match.end()
    return out + text[at:], tuple(spans)


def _sizes(rng, size_mm: float) -> dict[str, dict[str, str]]:
    """`size` and an earlier, smaller `prior`, in mm or cm."""
    before = max(2.0, round(size_mm * rng.uniform(0.6, 0.95)))
    if rng.random() < 0.6 or size_mm < 10:
        return {language: {"size": f"{size_mm:.0f} mm", "prior": f"{before:.0f} mm"} for language in LANGUAGES}
    texts = {"size": f"{size_mm / 10:.1f} cm", "prior": f"{before / 10:.1f} cm"}
    return {"en": texts, "de": {name: text.replace(".", ",") for name, text in texts.items()}}


def host_names(label: str) -> dict[str, dict[str, str]]:
    """A class as the templates name it: `host`, its place in a sentence, and a vertebra by its short name."""
    place = read_yaml(__package__, "wording_frame.yaml")["places"].get(label, {})
    names = {
        language: {"host": label, f"place_{language}": place.get(language, label_by_name(label).display(language))}
        for language in LANGUAGES
    }
    names["de"]["place_dative"] = place.get("dative", names["de"]["place_de"])
    if label.startswith("vertebrae_"):
        region, number = label.split("_")[1][0], label.split("_")[1][1:]
        german = {"C": "HWK", "T": "BWK", "L": "LWK", "S": "SWK"}[region]
        names["de"] |= {"vertebra": label, "vertebra_de": f"{german} {number}"}
        names["en"] |= {"vertebra": label, "vertebra_en": f"{region}{number}"}
    return names


def context_of(
    patient: Patient, rng: np.random.Generator, shown: Collection[str], *, body_part: str = "ABDOMEN"
) -> dict[str, dict[str, str]]:
    """Clinical question and clinical information by language, in keeping with one of the findings shown."""
    frame = read_yaml(__package__, "wording_frame.yaml")
    topics = [name for name in sorted(shown) if name in frame["questions"]] or [body_part]
    topic = topics[int(rng.integers(len(topics)))]
    question, info = (_choose(frame[part][topic], rng) for part in ("questions", "infos"))
    return {lang: {"clinical_question": question[lang], "clinical_info": info[lang]} for lang in LANGUAGES}


def frame_sentence(part: str, fields: Fields, rng: np.random.Generator) -> Sentence:
    """An opening or closing sentence, dictated only."""
    return expand(_choose(read_yaml(__package__, "wording_frame.yaml")[part], rng), fields, rng, topic=part)


def _choose(options: Sequence[Any], rng) -> Any:
    return options[int(rng.integers(len(options)))]


def join_sentences(sentences: Sequence[Sentence], language: str) -> tuple[str, str, list[dict[str, Any]]]:
    """Dictated text, cleaned text, and the spans {start, end, label, labels} of the cleaned text."""
    dictated = " ".join(s.dictated[language] for s in sentences if s.dictated[language])
    clean, spans = "", []
    for sentence in sentences:
        if not sentence.clean[language]:
            continue
        clean += " " if clean else ""
        for start, end, labels in sentence.spans[language]:
            ordered = sorted(labels, key=lambda name: label_by_name(name).id)
            spans.append({"start": start + len(clean), "end": end + len(clean), "label": ordered[0], "labels": ordered})
        clean += sentence.clean[language]
    return dictated, clean, spans
