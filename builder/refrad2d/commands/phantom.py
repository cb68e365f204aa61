"""`refrad2d phantom`: a synthetic hospital export."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from refrad2d.system.arguments import argument, command, option


@dataclass(frozen=True, kw_only=True)
class Phantom:
    """Options of `refrad2d phantom`."""

    out: Path = argument("folder to make, or an empty one", metavar="OUT")
    patients: int = option("how many people", default=20, metavar="N")
    seed: int = option("the same seed gives the same bytes", default=0, metavar="S")
    site: Literal["A", "B", "C"] = option("the hospital: scanner, protocols, house style", default="A")
    regions: tuple[str, ...] = option(
        "what is examined, such as chest_ct head_mr", default=("abdomen_ct",), metavar="NAME"
    )


@command("phantom", example="hospital --patients 8 --seed 7 --regions chest_ct head_mr")
def phantom(given: Phantom) -> int:
    """Write a synthetic hospital export with known truth.

    Out: OUT/dicom, OUT/masks, OUT/reports.csv, which `refrad2d build` reads, and OUT/truth.jsonl, which no build does.
    """
    from refrad2d import phantom as hospital

    if given.out.exists() and any(given.out.iterdir()):
        raise ValueError(f"{given.out} is not empty. Choose a new folder.")
    if given.patients < 1:
        raise ValueError(f"--patients {given.patients} is not positive. Give at least 1.")
    unknown = set(given.regions) - set(hospital.REGIONS)
    if unknown:
        raise ValueError(f"Unknown region {min(unknown)!r}. Choose from {', '.join(hospital.REGIONS)}.")
    counts = hospital.run(given.out, patients=given.patients, seed=given.seed, site=given.site, regions=given.regions)
    print(f"{given.out}: " + ", ".join(f"{n:,} {name}" for name, n in counts.items()))
    return 0
