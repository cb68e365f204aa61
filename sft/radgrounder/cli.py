"""The `radgrounder` command: prepare, release, predict, eval.

Exit codes: 0 done, 2 wrong arguments. Errors are one line with value, rule, remedy.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from radgrounder.benchmarks.base import REPORT_SAMPLES
from radgrounder.evaluation.evalcommand import add_arguments, run_command


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        return arguments.command(arguments)
    except (ValueError, FileNotFoundError, NotADirectoryError, PermissionError) as error:
        print(f"radgrounder: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="radgrounder", description="Train, run and judge grounded radiology models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    prepare = commands.add_parser("prepare", help="make a base folder for `trl sft` from a PaliGemma checkpoint")
    prepare.add_argument("base", metavar="BASE")
    prepare.add_argument("out", type=Path, metavar="OUT")
    prepare.add_argument(
        "--attention",
        choices=("prompt", "image"),
        default="prompt",
        help="what is bidirectional: the whole prompt or the image",
    )
    prepare.add_argument("--markup-tokens", action="store_true", help="add a token for each piece of markup")
    prepare.set_defaults(command=_prepare)

    release = commands.add_parser("release", help="merge an adapter into a model of stock classes")
    release.add_argument("adapter", type=Path, metavar="ADAPTER")
    release.add_argument("out", type=Path, metavar="OUT")
    release.set_defaults(command=_release)

    predict = commands.add_parser("predict", help="report, answer or box for one PNG, JPEG or DICOM slice")
    predict.add_argument("image", type=Path, metavar="IMAGE")
    predict.add_argument("--model", required=True, metavar="DIR")
    predict.add_argument("--task", choices=("report", "vqa", "locate"), default="report")
    predict.add_argument("--language", choices=("de", "en"), default="en")
    predict.add_argument("--question", default="", metavar="T", help="what to ask, or the structure to locate")
    predict.add_argument("--clinical-info", metavar="T")
    predict.add_argument("--clinical-question", metavar="T")
    predict.add_argument("--samples", type=int, default=REPORT_SAMPLES, help="whose consensus a report is; 1: greedy")
    predict.add_argument("--constrained", action="store_true", help="write markup that can be read, nothing else")
    predict.add_argument("--modality", choices=("CT", "MR"), help="with --constrained: only its classes")
    predict.add_argument("--abstain-below", type=float, default=0.0, metavar="P", help="leave out what is less sure")
    predict.add_argument("--json", action="store_true", help="print one JSON object")
    predict.set_defaults(command=_predict)

    judge = commands.add_parser("eval", help="judge a model on a benchmark, with intervals and controls")
    add_arguments(judge)
    judge.set_defaults(command=_eval)
    return parser


def _prepare(arguments: argparse.Namespace) -> int:
    from radgrounder.models.prepare import prepare

    prepare(arguments.base, arguments.out, attention=arguments.attention, with_markup_tokens=arguments.markup_tokens)
    print(arguments.out)
    return 0


def _release(arguments: argparse.Namespace) -> int:
    from radgrounder.models.release import release

    release(arguments.adapter, arguments.out)
    print(arguments.out)
    return 0


def _predict(arguments: argparse.Namespace) -> int:
    from radgrounder.inference.predictor import Predictor, open_picture, task_prompt

    task_prompt(arguments.task, arguments.language, arguments.question)  # wrong arguments show before the model loads
    picture = open_picture(arguments.image)
    prediction = Predictor.load(arguments.model).predict(
        picture,
        task=arguments.task,
        language=arguments.language,
        question=arguments.question,
        clinical_info=arguments.clinical_info,
        clinical_question=arguments.clinical_question,
        samples=arguments.samples,
        constrained=arguments.constrained,
        modality=arguments.modality,
        abstain_below=arguments.abstain_below,
    )
    if arguments.json:
        print(json.dumps(prediction.to_json(), ensure_ascii=False))
        return 0
    print(prediction.text)
    for span in prediction.spans:
        box = ", ".join(f"{value:.0f}" for value in span.pixel_box)
        print(f"  {prediction.text[span.start : span.end]} ({span.label}): [{box}], confidence {span.confidence:.2f}")
    return 0


def _eval(arguments: argparse.Namespace) -> int:
    run_command(arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
