"""A whole synthetic hospital export: `refrad2d phantom OUT --patients N --seed S --site A`.

Leaves OUT/dicom, OUT/masks, OUT/reports.csv, and OUT/truth.jsonl (what a perfect build would know; no build reads it).
The same seed gives the same bytes.
"""

import csv
import json
import logging
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np

from refrad2d.labels import LANGUAGES
from refrad2d.phantom.anatomy import Patient, make_patient
from refrad2d.phantom.dicom import Identity, Visit, make_identity, make_uid, write_series
from refrad2d.phantom.findings import describe_finding
from refrad2d.phantom.masks import write_masks
from refrad2d.phantom.reports import context_of, frame_sentence, join_sentences, report_sentences
from refrad2d.phantom.series import draw_series, get_region, labels_of, read_site, render_volume, shown_findings

COLUMNS = (
    "StudyInstanceUID", "PatientID", "AccessionNumber", "Modality",
    "report", "language", "clinical_question", "clinical_info",
)  # fmt: skip
MASK_FORMS = ("nifti_table", "seg", "nifti")
FEW = 4  # patients for whom starting processes does not pay
LEAST_PIXELS = 150  # a report mentions a class if a series shows it on so many pixels

log = logging.getLogger(__name__)


def run(
    out: Path,
    *,
    patients: int = 40,
    seed: int = 0,
    site: str = "A",
    regions: Sequence[str] = ("abdomen_ct",),
    workers: int | None = None,
) -> Counter:
    """Write the export of `patients` people; counts of patients, studies, series and slices.

    The bytes do not depend on `workers`, the number of processes: by default one a core, or one for a few patients.

    FileExistsError if `out` holds anything; ValueError for an unknown site or region or fewer than one patient.
    """
    read_site(site)
    for region in regions:
        get_region(region)
    if patients < 1:
        raise ValueError(f"{patients} patients make no hospital. Give a number of at least 1.")
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty. Give a new folder, or remove this one first.")
    (out / "masks").mkdir(parents=True)
    workers = workers or (os.cpu_count() or 1 if patients > FEW else 1)
    write = partial(_write_patient, out, seed, site, tuple(regions))
    counts: Counter = Counter()
    with (
        open(out / "reports.csv", "w", newline="", encoding="utf-8") as table,
        open(out / "truth.jsonl", "w", encoding="utf-8") as truth,
        ProcessPoolExecutor(workers) if workers > 1 else nullcontext() as pool,
    ):
        reports = csv.DictWriter(table, COLUMNS, lineterminator="\n")
        reports.writeheader()
        for rows, facts, counted in (pool.map if pool else map)(write, range(patients)):
            reports.writerows(rows)
            truth.writelines(json.dumps(fact, ensure_ascii=False) + "\n" for fact in facts)
            counts += counted
    log.info("phantom: %s", ", ".join(f"{count} {name}" for name, count in counts.items()))
    return counts


def _write_patient(out: Path, seed: int, site: str, regions: Sequence[str], number: int) -> tuple[list, list, Counter]:
    """Images and masks of one person; gives the rows of reports.csv and truth.jsonl and the counts."""
    patient = make_patient(seed * 100_000 + number, site)  # who it is; the parts of the body depend on the study
    rng = np.random.default_rng([seed, number, "ABC".index(site), 7])
    who = make_identity(seed, patient, rng)
    rows, facts, counts = [], [], Counter(patients=1)
    for visit in range(1 + (rng.random() < 0.12)):
        told, known = _write_study(out, patient, who, visit, regions, rng, counts)
        rows += told
        facts += known
    return rows, facts, counts


def _write_study(out, patient: Patient, who: Identity, visit: int, regions, rng, counts) -> tuple[list, list]:
    study = _make_study(patient, who, visit, rng)
    region = regions[int(rng.integers(len(regions)))]
    patient = make_patient(patient.seed, patient.site, parts=get_region(region).parts)
    folder = out / "dicom" / f"{who.spoken}_{who.patient_id}" / f"{study.date}_{study.accession}"
    present, shown = set(), set()
    for number in range(1 + (rng.random() < 0.15)):
        series = draw_series(patient, rng, region=region)
        volume = render_volume(patient, series, rng)
        headers = write_series(folder / f"S{number + 1:03d}", patient, who, study, series, volume, number, rng)
        form = MASK_FORMS[int(rng.integers(len(MASK_FORMS)))]
        write_masks(out / "masks", volume, headers, form=form)
        present |= set(labels_of(volume.mask, LEAST_PIXELS))
        shown |= {name for name, found in volume.findings.items() if found.sum() >= 6}
        counts["series"] += 1
        counts["slices"] += len(headers)
    counts["studies"] += 1
    return _report(patient, who, study, region, present, shown, rng)


def _make_study(patient: Patient, who: Identity, visit: int, rng) -> Visit:
    year = 2021 + visit
    return Visit(
        uid=make_uid("study", patient.seed, patient.site, visit),
        accession=f"ACC{rng.integers(10**7, 10**8)}",
        date=f"{year}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}",
        time=f"{rng.integers(7, 19):02d}{rng.integers(60):02d}{rng.integers(60):02d}",
        prior=f"{year - 1}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}",
    )


def _report(patient, who, study, region: str, present, shown, rng) -> tuple[list[dict], list[dict]]:
    """The rows of reports.csv and truth.jsonl of one study, German first."""
    place = get_region(region)
    fields = _fields(patient, who, study)
    sentences = [
        frame_sentence("opening", fields, rng),
        *report_sentences(
            patient,
            present,
            shown=shown_findings(patient, region, present, shown),
            wordings=place.wordings,
            modality=place.modality,
            fields=fields,
        ),
        frame_sentence("closing", fields, rng),
    ]
    reported = {sentence.finding for sentence in sentences}
    context = context_of(patient, rng, reported - {""}, body_part=place.body_part)
    findings = [describe_finding(f) for f in patient.findings if f.name in reported]
    rows, facts = [], []
    for language in LANGUAGES:
        dictated, clean, spans = join_sentences(sentences, language)
        rows.append(
            {
                "StudyInstanceUID": study.uid,
                "PatientID": who.patient_id,
                "AccessionNumber": study.accession,
                "Modality": place.modality,
                "report": dictated,
                "language": language,
                **context[language],
            }
        )
        facts.append(
            {
                "StudyInstanceUID": study.uid,
                "PatientID": who.patient_id,
                "language": language,
                "text": clean,
                "spans": spans,
                "findings": findings,
            }
        )
    return rows, facts


def _fields(patient: Patient, who: Identity, study: Visit) -> dict[str, dict[str, str]]:
    year, month, day = study.prior[:4], study.prior[4:6], study.prior[6:]
    doctor = who.physician.split("^")[0]
    shared = {"patient": who.spoken, "patient_id": who.patient_id, "accession": study.accession}
    return {
        "de": {
            **shared,
            "date": f"{day}.{month}.{year}",
            "title_de": "Frau" if patient.sex == "F" else "Herr",
            "physician": f"Dr. {doctor}",
        },
        "en": {
            **shared,
            "date": f"{month}/{day}/{year}",
            "title_en": "Ms." if patient.sex == "F" else "Mr.",
            "physician": f"Dr. {doctor}",
        },
    }
