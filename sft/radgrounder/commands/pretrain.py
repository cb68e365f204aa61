"""`radgrounder pretrain` and `radgrounder heldout`: the nano from nothing, and new patients to judge it on."""

import json
import logging
import math
import shutil
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from radgrounder.commands.shared import GO_ON, require_phantom, require_positive, require_share
from radgrounder.models.size import NanoSize
from radgrounder.pretraining.plan import Plan, choose_regions
from refrad2d.labels import LANGUAGES
from refrad2d.system.arguments import argument, command, option

Part = TypeVar("Part", NanoSize, Plan)


@dataclass(frozen=True, kw_only=True)
class Pretrain(NanoSize, Plan):
    """Options of `radgrounder pretrain`: the shape of the model, the plan of its lessons, and where things are."""

    out: Path = argument("folder to make", metavar="OUT")
    pool_folder: Path | None = option(
        "keep the slices here for other runs, until the phantom changes",
        default=None,
        metavar="DIR",
        shown_default="OUT.run/pool",
    )
    minutes: float = option("stop after so long; the same command goes on (0: never)", default=0.0, metavar="N")


@command("pretrain", example="build/nano --pool 24576 --pool-folder build/pool --tower-steps 2500")
def pretrain(given: Pretrain) -> int:
    """Pretrain the nano from scratch on phantom slices.

    Out: OUT, a stock PaliGemma folder with its plan in pretraining.json; nothing is done if it is there already. First
    the vision tower alone learns which class each patch shows and where that class's box is; then the whole model
    learns conversations, many questions behind one image first, single turns at the end. A killed run goes on from its
    last checkpoint in OUT.run when the command is run again: the same options give the same weights.
    """
    if given.out.exists():
        print(f"{given.out} exists already; delete it to pretrain anew.", file=sys.stderr)
        return 0
    _check(given)
    from radgrounder.pretraining.clock import Paused
    from radgrounder.pretraining.pretrain import pretrain as pretrain_nano

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    deadline = time.monotonic() + 60 * given.minutes if given.minutes else math.inf
    try:
        pretrain_nano(given.out, _part(NanoSize, given), _part(Plan, given), given.pool_folder, deadline)
    except Paused:
        print(f"{given.minutes:g} minutes are over; run the same command again to go on.", file=sys.stderr)
        return GO_ON
    shutil.rmtree(given.out.with_name(given.out.name + ".run"))
    return 0


def _check(given: Pretrain) -> None:
    """ValueError for what does not fit together, before slices are drawn for an hour."""
    require_phantom(given.sites, given.drawn_regions)
    require_positive(given, *(field.name for field in fields(NanoSize)), "pool", "packed_images", "packed_budget")
    require_positive(given, "batch", "single_batch", "workers", "threads")
    require_share(given, "locate_share", "report_share", "absent_share", "single_absent_share")
    if given.locate_share + given.report_share + given.absent_share > 1:
        raise ValueError(
            f"--locate-share {given.locate_share}, --report-share {given.report_share} and --absent-share "
            f"{given.absent_share} are more than 1 together. Leave a rest for questions."
        )
    if given.language not in ("", *LANGUAGES):
        raise ValueError(f"--language {given.language} is none of {', '.join(LANGUAGES)}. Leave it out for both.")
    if given.width % given.heads:
        raise ValueError(
            f"--width {given.width} is no multiple of --heads {given.heads}. Give each head the same width."
        )


def _part(kind: type[Part], given: Pretrain) -> Part:
    return kind(**{field.name: getattr(given, field.name) for field in fields(kind)})


@dataclass(frozen=True, kw_only=True)
class Heldout:
    """Options of `radgrounder heldout`."""

    out: Path = argument("folder to make", metavar="OUT")
    sites: tuple[str, ...] = option("hospitals of the phantom: A, B, C", default=("A",), metavar="NAME")
    regions: tuple[str, ...] = option(
        "what is examined, such as chest_ct head_mr, or all", default=("abdomen_ct",), metavar="NAME"
    )
    leave_out: tuple[str, ...] = option("regions left out of `--regions all`", default=("pelvis_mr",), metavar="NAME")
    like: Path | None = option("a base, whose own sites and regions are taken instead", default=None, metavar="DIR")
    patients: int = option("how many in each split", default=80, metavar="N")


@command("heldout", example="build/heldout --sites A --patients 80")
def heldout(given: Heldout) -> int:
    """Write new phantom patients as a dataset to judge the nano on.

    Out: OUT, a dataset for `radgrounder eval --benchmark refrad2d`: four slices a patient, none of whom pretraining
    draws; splits test, train (what the controls are made of) and validation (for `radgrounder calibrate`).
    """
    sites, regions = (
        _known_to(given.like) if given.like else (given.sites, choose_regions(given.regions, given.leave_out))
    )
    require_phantom(sites, regions)
    require_positive(given, "patients")
    from radgrounder.pretraining.heldout import write_heldout

    slices = write_heldout(given.out, sites=sites, regions=regions, patients=given.patients)
    print(f"{slices} slices to judge on are in {given.out}.")
    return 0


def _known_to(base: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sites and regions that a base was pretrained on. ValueError if it does not say."""
    path = base / "pretraining.json"
    if not path.is_file():
        raise ValueError(f"{base} holds no pretraining.json. Give a base that `radgrounder pretrain` made.")
    told = json.loads(path.read_text(encoding="utf-8"))["plan"]
    lists: dict[str, Any] = {name: tuple(told[name]) for name in ("sites", "regions", "leave_out") if name in told}
    plan = Plan(**lists)
    return plan.sites, plan.drawn_regions
