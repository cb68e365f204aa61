"""The recipes of the demo side by side: the trainer's last line, answers seen, the table."""

import pytest

from tests.bench.recipes import FIGURES, count_answers, format_recipes, read_log

LOG = """Loading weights
{'loss': '0.8565', 'epoch': '0.9'}
 100%|████| {'train_runtime': '168', 'train_samples_per_second': '5.653', 'train_loss': '0.8565', 'epoch': '1.017'}
Model saved to build/demo/adapter.
"""


def test_minutes_and_epochs_are_those_of_the_trainers_last_line(tmp_path):
    (tmp_path / "training.log").write_text(LOG, encoding="utf-8")
    assert read_log(tmp_path / "training.log") == {"minutes": 2.8, "epochs": 1.017}


@pytest.mark.parametrize("text", [None, "{'loss': '0.8565', 'epoch': '0.9'}\n"])
def test_a_training_without_its_minutes_is_refused(text, tmp_path):
    if text is not None:
        (tmp_path / "training.log").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"training.log does not say how long a training took. Delete .*adapter"):
        read_log(tmp_path / "training.log")


def test_packed_rows_count_each_of_their_answers():
    single = [{"role": "user"}, {"role": "assistant"}]
    assert count_answers([single, single * 3]) == 4


def test_the_table_ends_with_the_paired_difference():
    def figure(mean):
        return {"mean": mean, "low": mean, "high": mean, "n": 9}

    results = {
        name: {"grounding": {"miou": figure(at)}, "vqa": {"accuracy_closed": figure(at)}, "report": {"f1": figure(at)}}
        for name, at in (("stock", 0.25), ("packed", 0.5))
    }
    training = {"stock": {"minutes": 2.8, "answers": 2560}, "packed": {"minutes": 2.75, "answers": 14000}}
    lines = format_recipes(training, results, {key: figure(0.25) for key in FIGURES}).splitlines()
    assert lines[2].startswith("| stock ") and "| 2,560 " in lines[2] and "| 0.500 [" in lines[3]
    assert lines[-1].startswith("| packed − stock ") and lines[-1].count("+0.250 [+0.250, +0.250]") == 3
