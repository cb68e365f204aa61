"""`radgrounder audit`: is the test in the training set?"""

import json
from dataclasses import asdict, dataclass

from radgrounder.benchmarks.base import BENCHMARKS
from refrad2d.system.arguments import command, option

MAX_BITS = 48  # as refrad2d.dataset.leaks has it, which is heavy to import; a test compares


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Options of `radgrounder audit`."""

    train: str = option("a refrad2d folder with the config sft", metavar="DATASET")
    benchmark: str = option(", ".join(BENCHMARKS), metavar="NAME")
    data: str = option("the data set's folder, as for `radgrounder eval`", metavar="PATH")
    bits: int = option("of the 256 of a picture's hash that may differ", default=MAX_BITS, metavar="N")


@command("audit", example="--train build/demo/dataset/refrad2d --benchmark vqa-rad --data VQA-RAD")
def audit(given: Audit) -> int:
    """Count test pictures and test questions that are in the training set too.

    In: what a model was trained on, and a benchmark. Out: one JSON object on stdout: pictures and questions of both
    sides, how many of the test's were seen in training, and "matches", the pairs of pictures with the bits of their
    perceptual hashes that differ. Resizing, another window or JPEG change few bits, another picture about half.
    """
    from radgrounder.evaluation.contamination import audit_benchmark

    found = audit_benchmark(given.train, given.benchmark, given.data, most_bits=given.bits)
    print(json.dumps({**asdict(found), "matches": [match._asdict() for match in found.matches]}, indent=2))
    return 0
