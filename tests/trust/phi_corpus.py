"""A corpus of invented reports with planted identities and clinical terms that look like them, and the score on it.

    python tests/trust/phi_corpus.py --reports 2000 --seed 1 [--show 10]

Templates hold slots {kind:generator}; each planted value must be gone afterwards, each clinical term must be there.
"""

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from faker import Faker

from refrad2d.deidentify import deidentify

LOCALES = {"de": ("de_DE",), "en": ("en_US", "en_GB")}

FRAMES = {
    "de": {
        "NAME": [
            "Herr {n} stellte sich vor.",
            "Frau {last} berichtet über Schmerzen.",
            "Patient: {lastfirst}",
            "Pat. {n}, männlich.",
            "Name: {n}",
            "Dr. {last} wurde telefonisch informiert.",
            "Dr. med. {n}",
            "Prof. Dr. med. {n} hat den Befund gesehen.",
            "OA Dr. {last} hat supervidiert.",
            "OA {last} und AÄ {last2} informiert.",
            "gez. {n}",
            "gez. Dr. {last}",
            "Befundet von {n}.",
            "Zuweiser: Dr. {last}",
            "Zuweiser: {n}",
            "Überwiesen von Frau Dr. {last}.",
            "Rücksprache mit Herrn {last} erfolgt.",
            "Befund mit Kollegin {last} besprochen.",
            "Mit freundlichen Grüßen\n{n}",
            "Mit freundlichen kollegialen Grüßen\nDr. {n}\nOberarzt",
            "Elektronisch signiert von {n}.",
            "{n} kam zur Verlaufskontrolle.",
            "Verlaufskontrolle bei {n}.",
            "Frau {lastup}, {firstup}",
            "Herrn {n}s Voraufnahmen liegen vor.",
            "Schwester {first} begleitete den Patienten.",
            "Diktiert: {last}",
            "Sehr geehrter Herr Kollege {last},",
            "Sehr geehrte Frau Dr. {last},",
            "PD Dr. {last} wird den Fall vorstellen.",
            "Hausarzt: {n}",
            "Befund an Dr. {last} gefaxt.",
            "Die Ehefrau {first} {last} war anwesend.",
            "Assistenzärztin {last}, Facharzt {last2}.",
            "{last}, {first}: Verlaufskontrolle.",
            "Dr. {last}/Dr. {last2}",
            "Vidiert: {initial}. {last}",
            "Hr. {last} und Fr. {last2}",
        ],
        "DATE": [
            "Voruntersuchung vom {d}.",
            "Zum Vergleich CT Abdomen {d}.",
            "Operation am {d}.",
            "geb. {d}",
            "geboren am {d}",
            "Verglichen mit der MRT vom {d} zeigt sich kein Progress.",
            "seit {monthyear} bekannt",
            "Erstdiagnose {monthyear}.",
            "Chemotherapie bis {monthyear}.",
            "Z.n. Hemikolektomie {year}.",
            "im Jahr {year} operiert",
            "Kontrolle im {month} empfohlen.",
            "Voraufnahme vom {dm} liegt vor.",
            "Untersuchungsdatum: {d}",
            "CT vom {d} und {d}",
        ],
        "TIME": ["Untersuchung um {t} Uhr.", "Aufnahmezeit {t}.", "Befund um {t} Uhr telefonisch durchgegeben."],
        "PHONE": ["Tel. {p}", "Telefon: {p}", "Rückfragen unter {p}.", "Fax {p}", "Mobil: {p}", "Tel.: {p}, Fax: {p}"],
        "EMAIL": ["E-Mail: {m}", "Befund an {m} gesendet."],
        "URL": ["Bilder unter {u} abrufbar."],
        "ADDRESS": [
            "wohnhaft {street}, {plz} {city}",
            "Anschrift: {street}\n{plz} {city}",
            "Adresse: {address}",
            "wohnt in der {street}.",
        ],
        "ORGANISATION": [
            "Übernahme aus dem {h}.",
            "Voraufnahmen aus {h} liegen vor.",
            "Stationär im {h}.",
            "Anfordernde Station: Station {w}",
            "Verlegt aus dem {h} nach {h2}.",
        ],
        "ID": [
            "Fallnummer {i}",
            "Patienten-ID: {i}",
            "Fall-Nr.: {i}",
            "Auftragsnummer {a}",
            "Accession Number {a}",
            "Versichertennummer {kv}",
            "Pat.-Nr. {i}",
            "MRN {i}",
            "Sozialversicherungsnummer {sv}",
            "Aufnahmenummer: {i}",
        ],
        "AGE": ["{age}-jährige Patientin mit Sturz.", "{age} Jahre alter Patient.", "Patient, {age} J., Dyspnoe."],
        "KEEP": [],
    },
    "en": {
        "NAME": [
            "Mr. {last} presented with pain.",
            "Mrs. {last} was referred for staging.",
            "Patient: {n}",
            "Patient name: {lastfirst}",
            "Name: {n}",
            "Referred by Dr. {last}.",
            "Referring physician: {n}",
            "Findings discussed with Dr. {last} by telephone.",
            "Dr. {n} was notified.",
            "Electronically signed by {n}, MD",
            "Dictated by: {n}",
            "Reported by {n}, FRCR",
            "cc: Dr. {last}",
            "{n}, M.D.",
            "Attending: {n}",
            "Results were communicated to nurse {last}.",
            "Ms. {n} attended with her husband {first}.",
            "Sincerely,\n{n}",
            "Kind regards,\nDr. {n}",
            "Comparison for {n}.",
            "{n} underwent CT.",
            "Reviewed with Professor {last}.",
            "Dr. {last} and Dr. {last2} reviewed the images.",
            "Mr. {last}'s prior imaging was reviewed.",
            "Radiologist: {n}",
            "Dear Dr. {last},",
            "PATIENT: {lastup}, {firstup}",
            "Interpreted by {n}",
            "{last}, {first}",
            "Seen by {initial}. {last}.",
            "The patient, {n}, was positioned supine.",
            "Thank you for referring Mrs {last}.",
        ],
        "DATE": [
            "Comparison: CT from {d}.",
            "Compared to {d}.",
            "DOB: {d}",
            "Surgery on {d}.",
            "Exam date: {d}",
            "since {monthyear}",
            "Diagnosed in {monthyear}.",
            "status post resection in {year}",
            "Follow-up in {month}.",
            "Prior study dated {d}.",
            "MRI of {d}",
        ],
        "TIME": ["Performed at {t}.", "Called at {t}.", "Discussed at {t} hours"],
        "PHONE": ["Phone: {p}", "Call {p} with questions.", "Tel: {p}", "Fax {p}", "Pager {p}"],
        "EMAIL": ["Contact {m} for details.", "Email: {m}"],
        "URL": ["Images at {u}."],
        "ADDRESS": ["Lives at {street}, {city}.", "Address: {address}", "Home address: {street}, {city} {plz}"],
        "ORGANISATION": [
            "Transferred from {h}.",
            "Prior imaging from {h} was reviewed.",
            "Seen at {h}.",
            "Admitted to Ward {w}.",
        ],
        "ID": [
            "MRN: {i}",
            "Accession {a}",
            "Accession number: {a}",
            "SSN {ssn}",
            "Patient ID {i}",
            "Medical record number {i}",
            "NHS number {nhs}",
            "Insurance ID: {a}",
            "Case number {i}",
        ],
        "AGE": ["{age}-year-old woman with fall.", "{age} year old man.", "Patient aged {age}.", "{age} y/o male"],
        "KEEP": [],
    },
}
KEEP = {
    "de": ["Morbus Crohn", "Hodgkin-Lymphom", "Bennett-Fraktur", "Douglas-Raum", "Morbus Bechterew", "Virchow-Lymphknoten", "Bosniak IIF", "Baker-Zyste", "Hounsfield-Einheiten",
           "Gleason 7", "Couinaud", "Fleischner-Kriterien", "May-Thurner-Syndrom", "BWK 12", "LWK 3/4", "Segment VII", "Th12", "12 x 14 mm", "Serie 4, Bild 32", "PI-RADS 4", "T2-gewichtet",
           "3 Tesla", "Stadium IIIb", "pT3 pN1 M0", "Weber-B-Fraktur", "Schmorl-Knoten", "Morbus Scheuermann", "Meckel-Divertikel", "Zenker-Divertikel", "Monteggia-Fraktur", "Colles-Fraktur",
           "Hill-Sachs-Läsion", "Bankart-Läsion", "Klatskin-Tumor", "Pancoast-Tumor", "Morbus Parkinson", "Alzheimer-Demenz", "Circulus arteriosus Willisii", "Papilla Vateri", "Gerota-Faszie",
           "Morison-Pouch", "freie Flüssigkeit im Douglas", "Segond-Fraktur", "Kerley-B-Linien", "Pfannenstiel-Schnitt", "Whipple-Operation", "Billroth II", "Stanford Typ B", "Modic Typ 2",
           "Meyerding Grad I", "4,5 cm", "35 HU", "SUVmax 4,2", "ADC 0,8", "Segment 4a", "L5/S1", "HWK 5/6", "20 %", "1,5 T", "SWK 1", "Rippe 7", "Ewing-Sarkom", "Wilms-Tumor", "Kahnbein", "Osler-Weber-Rendu",
           "Child-Pugh B", "Hashimoto-Thyreoiditis", "Cushing-Syndrom", "Sjögren-Syndrom", "Budd-Chiari-Syndrom", "Arnold-Chiari-Malformation", "Marfan-Syndrom", "Kahler", "Braun-Fußpunktanastomose",
           "Jefferson-Fraktur", "Köhler-Krankheit", "Wegener-Granulomatose", "Lisfranc-Gelenk", "Achillessehne", "Hoffa-Fettkörper", "Bartholin-Zyste", "Meniskushinterhorn", "Spina iliaca", "Kocher-Zugang",
           "Leber", "Milz", "Niere", "Becken", "Aorta", "Fazekas Grad 2", "Spetzler-Martin Grad III", "Garden III", "AO-Klassifikation", "Schatzker II", "bei 3 Uhr", "Virchow-Robin-Räume", "Wirbelkörper", "Kontrastmittel"],
    "en": ["Crohn disease", "Crohn's disease", "Hodgkin lymphoma", "Bennett fracture", "pouch of Douglas", "Baker cyst", "Hounsfield units", "Gleason 4+3", "Couinaud segment", "Fleischner criteria",
           "May-Thurner syndrome", "Bosniak IIF", "T12", "L4/5", "segment VII", "12 x 14 mm", "series 4, image 32", "PI-RADS 4", "T2-weighted", "3 Tesla", "stage IIIb", "pT3 N1 M0", "Colles' fracture",
           "Schmorl's node", "Meckel's diverticulum", "Monteggia fracture", "Hill-Sachs lesion", "Bankart lesion", "Klatskin tumor", "Pancoast tumor", "Parkinson's disease", "Alzheimer disease",
           "circle of Willis", "ampulla of Vater", "Gerota's fascia", "Morison's pouch", "Kerley B lines", "Whipple procedure", "Stanford type B", "Modic type 2", "4.5 cm", "35 HU", "SUV 4.2", "C5/6",
           "Ewing sarcoma", "Wilms tumor", "Child-Pugh B", "Hashimoto thyroiditis", "Cushing syndrome", "Budd-Chiari syndrome", "Chiari malformation", "Marfan syndrome", "Jones fracture", "Smith fracture",
           "Wilson disease", "Graves disease", "Bell's palsy", "Lisfranc injury", "Hoffa's fat pad", "Virchow's node", "white matter", "Achilles tendon", "BI-RADS 3", "LI-RADS 5", "ICD C34.1", "liver", "spleen",
           "kidney", "Fazekas 2", "Salter-Harris II fracture", "Rockwood type III", "Kellgren-Lawrence grade 3", "Boxer fracture", "right lower lobe", "Garden III", "Paget's disease", "Horner syndrome",
           "Takayasu arteritis", "Kaposi sarcoma", "Castleman disease", "Foley catheter", "Swan-Ganz catheter", "Cobb angle", "Doppler", "Valsalva", "McBurney's point", "6 o'clock position", "Lugano classification"],
}  # fmt: skip
FILLER = {
    "de": ["Die Lunge ist regelrecht belüftet.", "Kein Pleuraerguss.", "Leber und Milz unauffällig.", "Regelrechte Darstellung der Gefäße.", "Kein Nachweis einer Raumforderung.", "Mäßige Aortensklerose.", "Degenerative Veränderungen der Wirbelsäule.", "Kleine Hiatushernie."],
    "en": ["The lungs are clear.", "No pleural effusion.", "Liver and spleen are unremarkable.", "No evidence of mass.", "Mild aortic sclerosis.", "Degenerative changes of the spine.", "Small hiatal hernia."],
}  # fmt: skip
KEEP_FRAME = {
    "de": ["{k}.", "Nachweis: {k}.", "Kein Hinweis auf {k}.", "Bekannt: {k}, unverändert.", "Bild wie bei {k}."],
    "en": ["{k}.", "Findings consistent with {k}.", "No evidence of {k}.", "Known {k}, unchanged."],
}
HOSPITALS = {
    "de": ["Universitätsklinikum {c}", "Klinikum {c}", "Kreiskrankenhaus {c}", "St. {f}-Krankenhaus", "Städtisches Klinikum {c}", "Evangelisches Krankenhaus {c}", "Helios Klinikum {c}", "Asklepios Klinik {c}", "MVZ Radiologie {c}", "Uniklinik {c}", "Marienhospital {c}", "Klinik für Radiologie", "Klinik für Innere Medizin II", "Institut für Neuroradiologie", "Diakoniekrankenhaus {c}", "Herzzentrum {c}"],
    "en": ["St. {f}'s Hospital", "{c} General Hospital", "{l} Medical Center", "University Hospital of {c}", "Royal {c} Infirmary", "{l} Memorial Hospital", "{c} Health System", "The {l} Clinic", "Department of Radiology", "{l} NHS Trust"],
}  # fmt: skip
MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
    "en": "January February March April May June July August September October November December".split(),
}


@dataclass
class Report:
    """One invented report: the text, what was planted in it by kind, what must stay, what the header knows."""

    language: str
    text: str
    planted: list[tuple[str, str]] = field(default_factory=list)
    keep: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)


class Invent:
    """Values for the slots, from one seeded faker of a language."""

    def __init__(self, language: str, seed: int):
        self.language, self.draw = language, random.Random(seed)
        self.fakers = [Faker(locale) for locale in LOCALES[language]]
        for number, faker in enumerate(self.fakers):
            faker.seed_instance(seed + number)

    def date(self) -> str:
        day = self.draw.choice(self.fakers).date_between("-30y", "today")
        d, m, y, name = day.day, day.month, day.year, MONTHS[self.language][day.month - 1]
        forms = {
            "de": [f"{d:02}.{m:02}.{y}", f"{d}.{m}.{y}", f"{d:02}.{m:02}.{y % 100:02}", f"{d}.{m}.{y % 100:02}", f"{d}. {name} {y}", f"{y}-{m:02}-{d:02}", f"{d:02}/{m:02}/{y}", f"{d}.{name[:3]}.{y}", f"{d:02}. {m:02}. {y}"],
            "en": [f"{m:02}/{d:02}/{y}", f"{m}/{d}/{y % 100:02}", f"{name} {d}, {y}", f"{d} {name} {y}", f"{d}th of {name} {y}", f"{y}-{m:02}-{d:02}", f"{d:02}-{name[:3]}-{y}", f"{name[:3]} {d}, {y}", f"{d:02}/{m:02}/{y}", f"{d:02}.{m:02}.{y}"],
        }  # fmt: skip
        return self.draw.choice(forms[self.language])

    def value(self, slot: str) -> str:
        f, r, lang = self.draw.choice(self.fakers), self.draw, self.language
        digits: Callable[[int], str] = lambda n: "".join(r.choice("0123456789") for _ in range(n))  # noqa: E731
        match slot:
            case "n":
                return f"{f.first_name()} {f.last_name()}"
            case "last" | "last2":
                return f.last_name()
            case "first":
                return f.first_name()
            case "lastfirst":
                return f"{f.last_name()}, {f.first_name()}"
            case "lastup":
                return f.last_name().upper()
            case "firstup":
                return f.first_name().upper()
            case "initial":
                return r.choice("ABCDEFGHKLMNPRSTW")
            case "d":
                return self.date()
            case "dm":
                return f"{r.randint(1, 28)}.{r.randint(1, 12)}."
            case "monthyear":
                return r.choice(
                    [
                        f"{r.randint(1, 12):02}/{r.randint(1995, 2024)}",
                        f"{r.choice(MONTHS[lang])} {r.randint(1995, 2024)}",
                    ]
                )
            case "month":
                return r.choice(MONTHS[lang])
            case "year":
                return str(r.randint(1980, 2024))
            case "t":
                clock = f"{r.randint(0, 23)}:{r.randint(0, 59):02}"
                return r.choice(
                    [clock, f"{r.randint(0, 23):02}:{r.randint(0, 59):02}"]
                    + (
                        [f"{r.randint(1, 12)}:{r.randint(0, 59):02} PM"]
                        if lang == "en"
                        else [f"{r.randint(13, 23)}.{r.randint(10, 59)}"]
                    )
                )
            case "p":
                return f.phone_number()
            case "m":
                return f.email()
            case "u":
                return f.url()
            case "street":
                return f.street_address().replace("\n", ", ")
            case "plz":
                return f.postcode()
            case "city":
                return f.city()
            case "address":
                return f.address()
            case "h" | "h2":
                return r.choice(HOSPITALS[lang]).format(c=f.city(), f=f.first_name(), l=f.last_name())
            case "w":
                return r.choice([digits(1), f"{digits(1)}B", f"A{digits(1)}", f"{digits(1)}.{digits(1)}"])
            case "i":
                return r.choice(
                    [digits(7), digits(8), digits(10), "PAT" + digits(6), digits(4) + "-" + digits(4), digits(6)]
                )
            case "a":
                return r.choice(
                    [
                        "ACC" + digits(7),
                        "E" + digits(8),
                        digits(9),
                        "CT-2021-" + digits(5),
                        "R" + digits(10),
                        "A" + digits(3) + "-" + digits(4),
                    ]
                )
            case "kv":
                return r.choice("ABCDEFGKLMPRSTX") + digits(9)
            case "sv":
                return f"{digits(2)} {digits(6)} {r.choice('ABKMS')} {digits(3)}"
            case "ssn":
                return f"{digits(3)}-{digits(2)}-{digits(4)}"
            case "nhs":
                return f"{digits(3)} {digits(3)} {digits(4)}"
            case "age":
                return str(r.randint(90, 104))
        raise ValueError(f"Unknown slot {slot!r}. Add it to Invent.value.")

    def report(self) -> Report:
        """A report of four to nine sentences: planted ones, clinical terms, fillers, and what its header knows."""
        r, lang = self.draw, self.language
        out, sentences = Report(lang, ""), [r.choice(FILLER[lang])]
        kinds = [k for k in FRAMES[lang] if k != "KEEP"]
        for kind in r.sample(kinds, 3) + ["NAME"]:
            frame = r.choice(FRAMES[lang][kind])
            values: list[str] = []
            text = re.sub(r"\{(\w+)\}", lambda m: values.append(self.value(m[1])) or values[-1], frame)  # noqa: B023
            out.planted += [(kind, v) for v in values]
            sentences.append(text)
        for term in r.sample(KEEP[lang], 3):
            out.keep.append(term)
            sentences.append(r.choice(KEEP_FRAME[lang]).format(k=term))
        sentences += self._known(out)
        body = sentences[1:]
        r.shuffle(body)
        out.text = r.choice([" ", "\n"]).join([sentences[0], *body])
        return out

    def _known(self, out: Report) -> list[str]:
        r, f = self.draw, self.draw.choice(self.fakers)
        first, last, day = f.first_name(), f.last_name(), f.date_of_birth(minimum_age=20, maximum_age=88)
        number, prefix = f"{r.randint(1, 99999):05}", r.choice(["PAT", "", "MR"])
        number = number if prefix else f"{r.randint(100000, 9999999):08}"
        out.known = [f"{last}^{first}^^Dr.", day.strftime("%Y%m%d"), prefix + number]
        ascii_last = last.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae").replace("ß", "ss")
        month = MONTHS[self.language][day.month - 1]
        name = r.choice(
            [
                f"{first} {last}",
                f"{last}, {first}",
                last.upper(),
                ascii_last,
                f"{first} {ascii_last}".lower(),
                f"{last.upper()} {first.upper()}",
                f"Dr. {last}",
                first,
            ]
        )
        date = r.choice(
            [
                day.strftime("%d.%m.%Y"),
                day.strftime("%d.%m.%y"),
                f"{day.day}.{day.month}.{day.year % 100:02}",
                f"{day.day}. {month} {day.year}",
                f"{month} {day.day}, {day.year}",
                day.isoformat(),
                day.strftime("%Y%m%d"),
            ]
        )
        ident = r.choice(
            [f"{prefix}{number}", f"{prefix} {number}", f"{prefix}-{number}", f"{number[:3]} {number[3:]}", number]
        )
        ident = ident.strip(" -")
        out.planted += [("KNOWN_NAME", name), ("KNOWN_DATE", date), ("KNOWN_ID", ident)]
        tail = {
            "de": ["{} wurde untersucht.", "* {}.", "Vorgang {} geprüft."],
            "en": ["{} was examined.", "born {}.", "Filed as {} today."],
        }[self.language]
        return [frame.format(v) for frame, v in zip(tail, (name, date, ident), strict=True)]


def survives(value: str, kind: str, text: str) -> bool:
    """True if the value, or for names and addresses a telling part of it, still stands in the text."""
    if kind == "KNOWN_ID":
        return re.sub(r"\W", "", value) in re.sub(r"\W", "", text)
    if kind in ("NAME", "KNOWN_NAME"):
        parts = [p for p in re.findall(r"[^\W\d_]+", value) if len(p) > 2 and p not in ("von", "van", "der")]
        return any(re.search(rf"(?<!\w){re.escape(p)}(?!\w)", text) for p in parts)
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def score(reports: list[Report]) -> tuple[dict[str, tuple[int, int]], tuple[int, int], list[str]]:
    """Removed of planted by kind, kept of clinical terms, and lines that describe each miss."""
    gone: dict[str, list[bool]] = defaultdict(list)
    kept, misses = [], []
    for report in reports:
        text = deidentify(report.text, report.language, report.known)
        for kind, value in report.planted:
            if kind == "NAME" and len(value) < 3:
                continue
            # a value that also stands in a clinical term cannot be told apart by its string
            if any(
                re.search(rf"(?<!\w){re.escape(p)}(?!\w)", k)
                for k in report.keep + FILLER[report.language]
                for p in re.findall(r"[^\W\d_]+", value)
            ):
                continue
            ok = not survives(value, kind, text)
            gone[kind].append(ok)
            if not ok:
                misses.append(f"LEAK {kind} {value!r} in {text!r}")
        for term in report.keep:
            known_parts = {p.lower() for k in report.known for p in re.findall(r"[^\W\d_]+", k)}
            if known_parts & {p.lower() for p in re.findall(r"[^\W\d_]+", term)}:
                continue
            kept.append(term in text)
            if not kept[-1]:
                misses.append(f"LOST {term!r} in {text!r}")
    return {k: (sum(v), len(v)) for k, v in sorted(gone.items())}, (sum(kept), len(kept)), misses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many misses")
    args = parser.parse_args()
    makers = [Invent("de", args.seed), Invent("en", args.seed + 100)]
    reports = [makers[n % 2].report() for n in range(args.reports)]
    start = time.process_time()
    removed, (kept, terms), misses = score(reports)
    seconds = time.process_time() - start
    print("| kind | removed | of | recall |\n|---|---:|---:|---:|")
    for kind, (n, of) in removed.items():
        print(f"| {kind} | {n} | {of} | {n / of:.4f} |")
    print(f"| clinical terms kept | {kept} | {terms} | {kept / terms:.4f} |")
    print(f"{len(reports) / seconds:.0f} reports a CPU second of {sum(len(r.text) for r in reports) // len(reports)} characters")
    print(Counter(m.split(" ", 2)[0] + " " + (m.split(" ", 2)[1] if m.startswith("LEAK") else "") for m in misses))
    for miss in misses[: args.show]:
        print(miss)


if __name__ == "__main__":
    main()
