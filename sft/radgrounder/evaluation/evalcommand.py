"""The command `radgrounder eval`: its options, and what they make of a model, a benchmark and a judge.

radgrounder eval --model build/demo/model --benchmark vqa-rad --data DATA --out OUT
"""

import argparse
from pathlib import Path
from typing import Any

from radgrounder.benchmarks.base import BENCHMARKS, REPORT_SAMPLES, load_benchmark
from radgrounder.metrics.intervals import SAMPLES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options on a parser."""
    parser.add_argument(
        "--model", default="", help="a model folder or Hub name; with --endpoint the name it is served as"
    )
    parser.add_argument("--benchmark", required=True, help=", ".join(BENCHMARKS))
    parser.add_argument("--data", required=True, help="the dataset's folder")
    parser.add_argument("--out", required=True, type=Path, help="where results.json, predictions.jsonl, table.md go")
    parser.add_argument("--endpoint", metavar="URL", help="an OpenAI-compatible server that serves the model")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="judge the answers in this JSONL (id, output)")
    parser.add_argument(
        "--requests", action="store_true", help="only write what a model elsewhere is to answer into --out"
    )
    parser.add_argument(
        "--instruction", default="", help='what a foreign model is told first ("Answer with one word.")'
    )
    parser.add_argument("--limit", type=int, help="judge so many slices or questions, drawn by hash")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument(
        "--report-samples", type=int, default=REPORT_SAMPLES, help="whose consensus a report is; 1: greedy"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=SAMPLES, help=f"bootstrap samples (default {SAMPLES})")
    parser.add_argument("--text-only", action="store_true", help="show no picture (slake, vqa-rad)")
    parser.add_argument("--split", help="of vqa-rad: disjoint (default) or original")
    parser.add_argument("--languages", help="of slake: en (default), zh, or en,zh")
    parser.add_argument("--embeddings", metavar="NAME", help="sentence-transformers model for the paper's G-IoU")
    parser.add_argument("--judge-url", metavar="URL", help="OpenAI-compatible server for LLMScore, with --judge-model")
    parser.add_argument("--judge-model", metavar="NAME")


def run_command(arguments: argparse.Namespace) -> None:
    """Judge, or write the requests. ValueError, in one line, for what does not fit together."""
    _check(arguments)
    options = _benchmark_options(arguments)
    if arguments.requests:
        from radgrounder.evaluation.answers import write_requests

        rows = load_benchmark(
            arguments.benchmark, arguments.data, limit=arguments.limit, seed=arguments.seed, **options
        )
        print(f"{write_requests(rows, arguments.out)} requests are in {arguments.out / 'requests.jsonl'}.")
        return
    from radgrounder.evaluation.run import run

    run(
        None if arguments.predictions else _load_model(arguments),
        arguments.benchmark,
        arguments.data,
        arguments.out,
        model=arguments.model,
        predictions=arguments.predictions,
        limit=arguments.limit,
        batch_size=arguments.batch_size,
        report_samples=arguments.report_samples,
        seed=arguments.seed,
        samples=arguments.samples,
        embedder=_load_embedder(arguments),
        grader=_load_grader(arguments),
        **options,
    )


def _check(arguments: argparse.Namespace) -> None:
    if arguments.benchmark not in BENCHMARKS:
        raise ValueError(f"Unknown benchmark {arguments.benchmark!r}. Choose from {', '.join(BENCHMARKS)}.")
    if not (arguments.model or arguments.predictions or arguments.requests):
        raise ValueError("There is nothing to judge. Give --model, or --predictions.")
    if bool(arguments.judge_url) != bool(arguments.judge_model):
        raise ValueError("Only one of --judge-url and --judge-model is given. LLMScore needs both.")
    for name in ("batch_size", "samples", "report_samples"):
        if getattr(arguments, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')} {getattr(arguments, name)} is not positive. Give 1 or more.")


def _benchmark_options(arguments: argparse.Namespace) -> dict[str, Any]:
    options: dict[str, Any] = {"text_only": True} if arguments.text_only else {}
    options |= {"split": arguments.split} if arguments.split else {}
    return options | ({"languages": tuple(arguments.languages.split(","))} if arguments.languages else {})


def _load_model(arguments: argparse.Namespace) -> Any:
    if arguments.endpoint:
        from radgrounder.evaluation.endpoint import Endpoint

        return Endpoint(arguments.endpoint, arguments.model, instruction=arguments.instruction)
    from radgrounder.evaluation.chatmodel import load_generator

    return load_generator(arguments.model, batch_size=arguments.batch_size, instruction=arguments.instruction)


def _load_embedder(arguments: argparse.Namespace) -> Any:
    if not arguments.embeddings:
        return None
    from radgrounder.metrics.embeddings import Embedder

    return Embedder.load(arguments.embeddings, cache=arguments.out)


def _load_grader(arguments: argparse.Namespace) -> Any:
    if not arguments.judge_url:
        return None
    from radgrounder.evaluation.endpoint import Endpoint
    from radgrounder.evaluation.llmscore import ask_endpoint
    from radgrounder.evaluation.run import Grader

    return Grader(ask_endpoint(Endpoint(arguments.judge_url, arguments.judge_model)), arguments.judge_model)
