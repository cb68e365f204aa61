"""`radgrounder ablations`: the paper's claims at nano scale, with power."""

import logging
import sys

from radgrounder.claims.arms import Ablations
from radgrounder.commands.shared import GO_ON, require_folder, require_phantom, require_positive
from refrad2d.system.arguments import command


@command("ablations", example="build/ablations --boxed build/twins/boxed --boxless build/twins/boxless --minutes 55")
def ablations(given: Ablations) -> int:
    """Train a model of each arm and seed by the same recipe, judge all on the same new patients, and say what follows.

    In: two bases of one size, pretrained with boxes and without. Out: OUT/power.json, what differences the design can
    see; OUT/ablations.md and ablations.json, the figures of each arm and what they say about the claims; the tables are
    printed. A killed run goes on when the command is run again.
    """
    for name in ("boxed", "boxless"):
        require_folder(getattr(given, name), "Make both twins with `make base-boxless`.")
    if given.vqa_rad:
        require_folder(given.vqa_rad, "Give the folder of VQA-RAD, or leave --vqa-rad out.")
    require_phantom((given.site, given.external_site), (given.region,))
    require_positive(given, "patients", "steps", "train_batch", "structures", "questions", "samples")
    if given.test_slices not in (1, 2, 4, 8):
        raise ValueError(f"--test-slices {given.test_slices} does not divide a series. Give 1, 2, 4 or 8.")
    if len(set(given.seeds)) < 2:
        raise ValueError("One seed says nothing of what training does by chance. Give --seeds two or more.")
    from radgrounder.claims.manners import manner_names

    if given.manner not in manner_names():
        raise ValueError(f"Unknown manner {given.manner!r}. Choose from {', '.join(manner_names())}.")
    from radgrounder.claims.run import run
    from radgrounder.pretraining.clock import Paused

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    try:
        print(run(given))
    except Paused:
        print(f"{given.minutes:g} minutes are over; run the same command again to go on.", file=sys.stderr)
        return GO_ON
    return 0
