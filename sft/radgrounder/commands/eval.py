"""`radgrounder eval`: a model, or answers from elsewhere, judged on a benchmark; `radgrounder masks`: its masks."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from radgrounder.benchmarks.base import BENCHMARKS, load_benchmark
from radgrounder.commands.shared import require_phantom, require_positive
from radgrounder.inference.tasks import REPORT_SAMPLES
from radgrounder.metrics.intervals import SAMPLES
from refrad2d.system.arguments import argument, command, option

if TYPE_CHECKING:
    from radgrounder.evaluation.answers import Generator
    from radgrounder.evaluation.llmscore import Grader
    from radgrounder.metrics.embeddings import Embedder


@dataclass(frozen=True, kw_only=True)
class Eval:
    """Options of `radgrounder eval`; those that `evaluation.run.Settings` has too are of the same meaning."""

    model: str = option(
        "a model folder or Hub name; with --endpoint the name it is served as", default="", metavar="DIR"
    )
    benchmark: str = option(", ".join(BENCHMARKS), default="", metavar="NAME")
    data: str = option("the data set's folder", default="", metavar="PATH")
    out: Path = option("where results.json, predictions.jsonl, table.md go", metavar="DIR")
    endpoint: str | None = option("an OpenAI-compatible server that serves the model", default=None, metavar="URL")
    predictions: Path | None = option("judge the answers in this JSONL (id, output)", default=None, metavar="FILE")
    requests: bool = option("only write what a model elsewhere is to answer into --out", default=False)
    instruction: str = option('what a foreign model is told first ("Answer with one word.")', default="", metavar="T")
    limit: int | None = option("judge so many slices or questions, drawn by hash", default=None, metavar="N")
    batch_size: int = option("prompts that go through the model at a time", default=16, metavar="N")
    decoding: Literal["bound", "free", "both"] = option(
        "bound to the grammar, free as a bare generate is, or both beside each other", default="bound"
    )
    report_samples: int = option("whose consensus a report is; 1: greedy", default=REPORT_SAMPLES, metavar="N")
    seed: int = option("of --limit and of the intervals", default=0, metavar="S")
    samples: int = option("bootstrap samples of the intervals", default=SAMPLES, metavar="N")
    interventions: bool = option("also: do the answers follow a patient of the phantom who is changed?", default=False)
    sites: tuple[str, ...] = option("of --interventions: A, B, C", default=("A",), metavar="NAME")
    regions: tuple[str, ...] = option("of --interventions, such as chest_ct", default=("abdomen_ct",), metavar="NAME")
    patients: int = option("of --interventions; four times as many are searched for findings", default=40, metavar="N")
    text_only: bool = option("show no picture (slake, vqa-rad)", default=False)
    split: str | None = option(
        "of vqa-rad: disjoint or original", default=None, metavar="NAME", shown_default="disjoint"
    )
    export: str | None = option(
        "of volumes: the export of the dataset, to ask about all slices of its series", default=None, metavar="PATH"
    )
    languages: str | None = option("of slake: en, zh, or en,zh", default=None, metavar="LIST", shown_default="en")
    embeddings: str | None = option("sentence-transformers model for the paper's G-IoU", default=None, metavar="NAME")
    judge_url: str | None = option(
        "OpenAI-compatible server for LLMScore, with --judge-model", default=None, metavar="URL"
    )
    judge_model: str | None = option("the model that grades", default=None, metavar="NAME")


@command(
    "eval", example="--model build/demo/model --benchmark refrad2d --data build/demo/dataset --out build/demo/eval"
)
def evaluate(given: Eval) -> int:
    """Judge a model on a benchmark, with intervals and controls.

    In: a model, a served one, or answers from elsewhere; and the data of the benchmark. Out: DIR/results.json,
    predictions.jsonl (a run that was cut off goes on from it), table.md, model-index.yaml and gallery.html; the table
    is printed. With --decoding both the free answers and their results go into DIR/free, their figures into both
    tables. With --interventions, which needs no benchmark, also DIR/interventions: the answers to changed patients.
    With --requests only DIR/requests.jsonl (id, prompt, image) and the pictures.
    """
    _check(given)
    if given.requests:
        from radgrounder.evaluation.answers import write_requests

        rows = load_benchmark(
            given.benchmark, given.data, limit=given.limit, seed=given.seed, **_benchmark_options(given)
        )
        print(f"{write_requests(rows, given.out)} requests are in {given.out / 'requests.jsonl'}.")
        return 0
    from radgrounder.evaluation import run

    settings = run.Settings(
        model=given.model,
        predictions=given.predictions,
        limit=given.limit,
        batch_size=given.batch_size,
        report_samples=given.report_samples,
        seed=given.seed,
        samples=given.samples,
        embedder=_load_embedder(given),
        grader=_load_grader(given),
        options=_benchmark_options(given),
    )
    model = None if given.predictions else _load_model(given)
    beside: dict[str, Any] = {}
    if model is not None and given.decoding == "both" and given.benchmark:
        beside["free"] = run.evaluate_freely(model, given.benchmark, given.data, given.out / "free", settings)
    if model is not None and given.interventions:
        from radgrounder.evaluation import interventions

        beside[interventions.NAME] = interventions.evaluate(
            model,
            given.out / interventions.NAME,
            settings,
            sites=given.sites,
            regions=given.regions,
            patients=given.patients,
        )
    if given.benchmark:
        run.evaluate(model, given.benchmark, given.data, given.out, replace(settings, beside=beside))
    return 0


def _check(given: Eval) -> None:
    """ValueError for what does not fit together, before a model is loaded."""
    if bool(given.benchmark) != bool(given.data) or not (given.benchmark or given.interventions):
        raise ValueError("Give --benchmark and --data, its folder; --interventions alone needs neither.")
    if given.benchmark and given.benchmark not in BENCHMARKS:
        raise ValueError(f"Unknown benchmark {given.benchmark!r}. Choose from {', '.join(BENCHMARKS)}.")
    if given.interventions:
        if given.predictions or given.requests:
            raise ValueError(
                "--interventions draws its pictures and asks a model. Give --model, with no --predictions."
            )
        require_phantom(given.sites, given.regions)
    if not (given.model or given.predictions or given.requests):
        raise ValueError("There is nothing to judge. Give --model, or --predictions.")
    if bool(given.judge_url) != bool(given.judge_model):
        raise ValueError("Only one of --judge-url and --judge-model is given. LLMScore needs both.")
    require_positive(given, "batch_size", "samples", "report_samples", "patients")


def _benchmark_options(given: Eval) -> dict[str, Any]:
    options: dict[str, Any] = {"text_only": True} if given.text_only else {}
    options |= {name: value for name in ("split", "export") if (value := getattr(given, name))}
    return options | ({"languages": tuple(given.languages.split(","))} if given.languages else {})


def _load_model(given: Eval) -> "Generator":
    if given.endpoint:
        from radgrounder.evaluation.endpoint import Endpoint

        return Endpoint(given.endpoint, given.model, instruction=given.instruction)
    from radgrounder.evaluation.chatmodel import load_generator

    bound = given.decoding != "free"
    return load_generator(given.model, batch_size=given.batch_size, instruction=given.instruction, constrained=bound)


def _load_embedder(given: Eval) -> "Embedder | None":
    if not given.embeddings:
        return None
    from radgrounder.metrics.embeddings import Embedder

    return Embedder.load(given.embeddings, cache=given.out)


def _load_grader(given: Eval) -> "Grader | None":
    if not (given.judge_url and given.judge_model):
        return None
    from radgrounder.evaluation.endpoint import Endpoint
    from radgrounder.evaluation.llmscore import Grader, ask_endpoint

    return Grader(ask_endpoint(Endpoint(given.judge_url, given.judge_model)), given.judge_model)


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Options of `radgrounder masks`."""

    model: str = argument("a released model with a mask head, or a codec of masks: folder or Hub name", metavar="MODEL")
    text_model: str | None = option("a model that writes masks as text, judged beside it", default=None, metavar="DIR")
    data: str = option("a dataset with the grounded config, whose test patients are judged", metavar="DATASET")
    out: Path = option("folder for the figures", metavar="DIR")
    limit: int | None = option("judge only so many slices, drawn by hash", default=None, metavar="N")
    batch_size: int = option("prompts that go through the model at a time", default=64, metavar="N")


@command("masks", example="build/masks/model --data build/masks/data --out build/masks/judged")
def masks(given: Masks) -> int:
    """Judge the masks of a model beside controls that need none.

    In: a model that `radgrounder release --mask-head` made, or one that writes masks as text (--mask-codec), and a
    dataset. Out: DIR/masks.json and DIR/masks.md, which is printed: Dice, IoU and 95 % Hausdorff distance of the masks
    drawn in the boxes that the model wrote, beside ellipses in these, ellipses in the true boxes, true boxes filled,
    and the mean mask of training patients; and what a mask costs in CPU seconds and tokens.
    """
    require_positive(given, "limit", "batch_size")
    from radgrounder.evaluation.masks.figures import format_masks
    from radgrounder.evaluation.masks.judge import run

    found = run(
        given.model,
        given.data,
        given.out,
        text_model=given.text_model,
        limit=given.limit,
        batch_size=given.batch_size,
    )
    print(format_masks(found), end="")
    return 0
