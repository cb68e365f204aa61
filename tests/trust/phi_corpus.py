"""A corpus of invented reports with planted identities and clinical terms that look like them, and the score on it.

    python -m tests.trust.phi_corpus [--reports 4000] [--seed 301] [--show 10]

Templates (phi_frames.json) hold slots such as {last}; each planted value must be gone afterwards, each clinical term must be there.
"""

import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from faker import Faker

from refrad2d.privacy.deidentify import deidentify
from tests.trust.outcome import Clock, Outcome, arguments, finish

LOCALES = {"de": ("de_DE",), "en": ("en_US", "en_GB")}

DATA = json.loads((Path(__file__).parent / "phi_frames.json").read_text(encoding="utf-8"))
FRAMES, KEEP, FILLER, KEEP_FRAME, HOSPITALS = (
    DATA[name] for name in ("frames", "keep", "filler", "keep_frame", "hospitals")
)
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
            "de": [
                f"{d:02}.{m:02}.{y}",
                f"{d}.{m}.{y}",
                f"{d:02}.{m:02}.{y % 100:02}",
                f"{d}.{m}.{y % 100:02}",
                f"{d}. {name} {y}",
                f"{y}-{m:02}-{d:02}",
                f"{d:02}/{m:02}/{y}",
                f"{d}.{name[:3]}.{y}",
                f"{d:02}. {m:02}. {y}",
            ],
            "en": [
                f"{m:02}/{d:02}/{y}",
                f"{m}/{d}/{y % 100:02}",
                f"{name} {d}, {y}",
                f"{d} {name} {y}",
                f"{d}th of {name} {y}",
                f"{y}-{m:02}-{d:02}",
                f"{d:02}-{name[:3]}-{y}",
                f"{name[:3]} {d}, {y}",
                f"{d:02}/{m:02}/{y}",
                f"{d:02}.{m:02}.{y}",
            ],
        }
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
        kinds = list(FRAMES[lang])
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


def outcomes(removed: dict[str, tuple[int, int]], kept: tuple[int, int], seconds: float) -> list[Outcome]:
    """What the header knows goes without exception, the rest and the clinical terms within their bounds."""
    known = [counts for kind, counts in removed.items() if kind.startswith("KNOWN_")]
    others = {kind: counts for kind, counts in removed.items() if not kind.startswith("KNOWN_")}
    gone, of = (sum(column) for column in zip(*known, strict=True))
    found, planted = (sum(column) for column in zip(*others.values(), strict=True))
    worst = min(n / total for n, total in others.values())
    kinds = {kind: list(counts) for kind, counts in removed.items()}
    return [
        Outcome("report text: what the header knows is removed", of, gone, "all", gone == of, seconds, kinds),
        Outcome("report text: other identities are removed", planted, found, ">= 97 % of each kind", worst >= 0.97),
        Outcome("report text: clinical terms are kept", kept[1], kept[0], ">= 97 %", kept[0] >= 0.97 * kept[1]),
    ]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--reports", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--show", type=int, default=0, help="print so many misses")
    args = parser.parse_args()
    makers, clock = [Invent("de", args.seed), Invent("en", args.seed + 100)], Clock()
    reports = [makers[n % 2].report() for n in range(args.reports)]
    start = time.process_time()
    removed, kept, misses = score(reports)
    seconds = time.process_time() - start
    print("| kind | removed | of | recall |\n|---|---:|---:|---:|")
    for kind, (n, of) in removed.items():
        print(f"| {kind} | {n} | {of} | {n / of:.4f} |")
    print(f"| clinical terms kept | {kept[0]} | {kept[1]} | {kept[0] / kept[1]:.4f} |")
    print(
        f"{len(reports) / seconds:.0f} reports a CPU second of {sum(len(r.text) for r in reports) // len(reports)} characters"
    )
    print(Counter(m.split(" ", 2)[0] + " " + (m.split(" ", 2)[1] if m.startswith("LEAK") else "") for m in misses))
    for miss in misses[: args.show]:
        print(miss)
    return finish(outcomes(removed, kept, clock.read()), args.json)


if __name__ == "__main__":
    sys.exit(main())
