"""What a benchmark is: found by its file, known by what it states.

pytest tests/radgrounder/benchmarks/test_base.py
"""

import numpy as np
import pytest

from radgrounder import benchmarks
from radgrounder.benchmarks.base import (
    Column,
    Facts,
    Item,
    benchmark_names,
    blank_picture,
    facts_of,
    find_module,
    load_benchmark,
    plain,
    read_published,
    sample_ids,
)


def test_unknown_benchmark_names_the_known_ones():
    with pytest.raises(ValueError, match="Unknown benchmark 'vqarad'. Choose from refrad2d, slake, volumes, vqa-rad"):
        load_benchmark("vqarad", "x")


def test_the_example_to_copy_comes_last():
    assert benchmark_names() == ["refrad2d", "slake", "volumes", "vqa-rad", "forkme"]


@pytest.mark.parametrize("name", benchmark_names())
def test_a_benchmark_is_called_like_its_file(name):
    assert find_module(name).BENCHMARK.name == name


@pytest.mark.parametrize("name", benchmark_names())
def test_published_figures_stand_in_columns_that_ours_have_too(name):
    columns = {column for figures in read_published(name).values() for column in figures}
    assert columns <= facts_of(name).layout.keys()


def test_published_figures_have_their_half_width():
    assert read_published("slake")["RadFM 14B"] == {"F1": "84.4"}
    assert read_published("refrad2d")["RadGrounder (all data + detection)"]["report CIDEr"] == "37.5 ±3.3"


def test_of_an_unknown_benchmark_only_the_name_is_known():
    assert facts_of("pathvqa") == Facts(name="pathvqa") and read_published("pathvqa") == {}


def test_a_file_in_the_folder_is_a_benchmark(tmp_path, monkeypatch):
    (tmp_path / "toy_set.py").write_text("def load(data, *, limit=None, seed=0):\n    return data, limit, seed\n")
    monkeypatch.setattr(benchmarks, "__path__", [*benchmarks.__path__, str(tmp_path)])
    assert "toy-set" in benchmark_names() and load_benchmark("toy-set", "d", limit=3) == ("d", 3, 0)
    assert facts_of("toy-set") == Facts(name="toy-set")


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_leaves_nothing_is_refused(limit):
    with pytest.raises(ValueError, match=f"A limit of {limit} leaves nothing"):
        load_benchmark("refrad2d", "x", limit=limit)


def test_an_unknown_option_names_the_known_ones():
    with pytest.raises(ValueError, match="'vqa-rad' has no option 'languages'. It takes split, text_only"):
        load_benchmark("vqa-rad", "x", languages=("en",))


def test_an_item_of_an_unknown_task_is_refused_before_a_model_is_asked():
    with pytest.raises(ValueError, match="Item 'i' has the unknown task 'segment'. Choose from report, vqa, locate"):
        Item("i", "segment", "", "image", "prompt", plain(""), "patient", "en")


def test_a_larger_sample_only_adds():
    ids = [str(number) for number in range(20)]
    assert sample_ids(ids, 5, 0) == sample_ids(ids[::-1], 9, 0)[:5] and len(sample_ids(ids, None, 0)) == 20


def test_another_seed_draws_another_sample():
    ids = [str(number) for number in range(20)]
    assert sample_ids(ids, 5, 0) != sample_ids(ids, 5, 1)


def test_the_blank_picture_shows_nothing():
    assert blank_picture().shape == (224, 224, 3) and np.ptp(blank_picture()) == 0


def test_figures_are_named_tuples():
    assert Column("vqa", "f1", ("vqa",), "", "f1").measure == "f1"
