"""results.json as the Hub reads it.

pytest tests/radgrounder/results/test_model_index.py
"""

import pytest
from huggingface_hub import ModelCardData
from huggingface_hub.repocard_data import model_index_to_eval_results

from radgrounder.results.model_index import model_index

FIGURE = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 12}
RESULTS = {
    "benchmark": "refrad2d",
    "grounding": {"miou": FIGURE, "prior_miou": FIGURE, "shuffled_miou": FIGURE},
    "report": {"f1": FIGURE, "majority_f1": FIGURE, "blank_image_f1": FIGURE},
    "vqa": {"accuracy_closed": FIGURE, "text_only_accuracy": FIGURE, "f1_open": {**FIGURE, "mean": None}},
    "model": {"name": "models/nano", "fingerprint": "f"},
}


def results_of(*runs):
    return model_index_to_eval_results(model_index(runs))


def test_the_hub_reads_the_index():
    index = model_index([RESULTS])
    name, results = model_index_to_eval_results(index)
    assert name == "nano" and ModelCardData(model_name=name, eval_results=results).to_dict()["model-index"] == index


def test_the_index_has_what_was_scored_and_no_controls():
    _, results = results_of(RESULTS)
    assert {r.metric_name for r in results} == {"grounding miou", "report f1", "vqa accuracy closed"}


@pytest.mark.parametrize(
    ("benchmark", "title", "task"),
    [("slake", "SLAKE", "visual-question-answering"), ("refrad2d", "RefRad2D", "image-text-to-text")],
)
def test_a_benchmark_is_called_as_it_states(benchmark, title, task):
    _, results = results_of({**RESULTS, "benchmark": benchmark})
    assert {(r.dataset_name, r.dataset_type, r.task_type) for r in results} == {(title, benchmark, task)}


def test_a_benchmark_that_is_not_here_keeps_its_name():
    _, results = results_of({**RESULTS, "benchmark": "pathvqa"})
    assert {r.dataset_name for r in results} == {"pathvqa"}


def test_two_models_cannot_share_an_index():
    with pytest.raises(ValueError, match="2 models cannot share"):
        model_index([RESULTS, {**RESULTS, "model": {"name": "m", "fingerprint": "g"}}])


def test_a_measure_that_the_hub_knows_has_its_type():
    _, results = results_of(RESULTS)
    assert {r.metric_name: r.metric_type for r in results}["vqa accuracy closed"] == "accuracy"
