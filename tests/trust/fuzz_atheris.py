"""Coverage-guided fuzzing of the parsers, by hand: as long as you like, on the checks of fuzz_targets.py.

    pip install atheris                                    # in no extra of the project
    python -m tests.trust.fuzz_atheris dicom -max_total_time=300
    python -m tests.trust.fuzz_atheris all CORPUS -runs=100000

TARGET is dicom, nifti, mask, table, archive, text, answer, manifest or all; what follows goes to libFuzzer. A finding
is a broken property or an exception that is no typed refusal; the input stays in the file crash-… .
"""

import sys
from collections.abc import Callable
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("fuzz_atheris: atheris is not installed. Run: pip install atheris")


with atheris.instrument_imports(include=["refrad2d", "pydicom.filereader", "pydicom.dataset", "nibabel.nifti1"]):
    from tests.trust import fuzz_targets as targets


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _answer(data: bytes) -> None:
    targets.check_answer(_text(data), "Leberzyste 23 mm. Kein Erguss.", "de")


def _texts(data: bytes) -> None:
    text = _text(data)
    targets.check_markup(text)
    targets.check_references(text)
    targets.check_dates(text)
    targets.check_deidentify(text, "de" if len(data) % 2 else "en", ("Müller^Hans", "19530412", "PAT00123"))


def _table(data: bytes) -> None:
    targets.check_table(data, (".csv", ".jsonl")[len(data) % 2])


def _archive(data: bytes) -> None:
    targets.check_archive(data, (".zip", ".tar")[len(data) % 2])


TARGETS: dict[str, Callable[[bytes], None]] = {
    "dicom": targets.check_image,
    "nifti": targets.check_image,
    "mask": targets.check_mask,
    "table": _table,
    "archive": _archive,
    "text": _texts,
    "answer": _answer,
    "manifest": targets.check_manifest,
}


def seeds() -> dict[str, list[bytes]]:
    """Small sound inputs of each kind, so that the fuzzer need not invent a file format."""
    from tests.refrad2d.images import test_fuzz_parsers as examples

    nifti = examples.nifti((3, 2, 3, 4, 1, 1, 1, 1), 4, (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0), (1.0, 0.0))
    members = [("a.dcm", b"x" * 20, "0"), ("b/c", b"", "0")]
    return {
        "dicom": examples.sound_files(),
        "nifti": [nifti, examples.gzip.compress(nifti)],
        "mask": [nifti],
        "table": [examples.HEAD + b"Leber,de,1,2\n", b'{"report": "Leber", "language": "de"}\n', examples.parquet()],
        "archive": [examples.make_zip(members), examples.make_tar(members)],
        "text": ["Herr Dr. Müller, geb. 12.04.1953, Serie 4, Bild 32-34, bei 3 Uhr.".encode()],
        "answer": [b'{"mentions": [{"text": "Leberzyste", "labels": ["liver"], "negated": false}]}'],
        "manifest": [b'{"format": 4, "files": {"a": {"sha256": "0", "bytes": 1}}, "rows": {}, "fingerprint": "0"}'],
    }


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in (*TARGETS, "all"):
        sys.exit(f"fuzz_atheris: {name!r} is no target. Choose from {', '.join([*TARGETS, 'all'])}.")
    folder = Path(f"fuzz-{name}")
    folder.mkdir(exist_ok=True)
    chosen = list(TARGETS) if name == "all" else [name]
    for kind in chosen:
        for number, data in enumerate(seeds()[kind]):
            first = bytes([chosen.index(kind)]) if name == "all" else b""
            (folder / f"{kind}{number}").write_bytes(first + data)

    def one_input(data: bytes) -> None:
        if name != "all":
            TARGETS[name](data)
        elif data:
            TARGETS[chosen[data[0] % len(chosen)]](data[1:])

    atheris.Setup([sys.argv[0], str(folder), *sys.argv[2:]], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
