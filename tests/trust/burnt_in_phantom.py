"""How many clean slices of the phantom the reader takes for written on: 0.5 % at most.

python -m tests.trust.burnt_in_phantom [--slices 2000] [--thorough] [--list]
"""

import argparse
import sys
from collections import Counter

import numpy as np

from refrad2d.phantom import make_patient
from refrad2d.phantom.render import render_grid
from refrad2d.phantom.series import REGIONS, draw_series
from refrad2d.privacy import burnt_in

MOST = 0.005


def main() -> int:
    """Read slices of all regions and sites in turn and print how many would be blanked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=2000)
    parser.add_argument("--each", type=int, default=5, help="slices of a series")
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument("--list", action="store_true", help="print each text")
    given = parser.parse_args()
    burnt_in.load_reader()
    read, blanked, number = 0, Counter(), 0
    seen: list = []

    def reader(picture):
        found = burnt_in.read_text(picture)
        seen.extend(found)
        return found

    while read < given.slices:
        region = sorted(REGIONS)[number % len(REGIONS)]
        patient = make_patient(number, "ABC"[number // len(REGIONS) % 3], parts=REGIONS[region].parts)
        rng = np.random.default_rng([number, 11])
        series = draw_series(patient, rng, region=region)
        for n in rng.permutation(len(series.positions))[: given.each]:
            seen.clear()
            pixels = render_grid(patient, series.grid(n), series.protocol, rng).pixels
            boxes = burnt_in.find_text(pixels, reader, thorough=given.thorough)
            read += 1
            blanked[region] += bool(boxes)
            if given.list and boxes:
                print(
                    region,
                    pixels.shape,
                    [(r.text, round(r.score, 2), [round(x) for x in r.box]) for r in seen],
                    boxes,
                    flush=True,
                )
        number += 1
    share = blanked.total() / read
    print(f"{blanked.total()} of {read} clean slices blanked ({share:.2%}): {dict(blanked)}")
    return int(share > MOST)


if __name__ == "__main__":
    sys.exit(main())
