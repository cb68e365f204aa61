"""What several commands share."""

import subprocess
import sys
from pathlib import Path

import pytest

from refrad2d.commands.shared import key_file_of, open_llm, progress_bar, require_dataset


def test_the_key_lies_beside_the_dataset_unless_it_is_named():
    assert key_file_of(None, Path("a/set.v1")) == Path("a/set.v1.key")
    assert key_file_of(Path("k"), Path("a/set")) == Path("k")


def test_without_a_server_there_is_no_model():
    assert open_llm(None, "name", Path("out")) is None


def test_a_server_without_a_model_is_refused():
    with pytest.raises(ValueError, match="--llm is given without --model"):
        open_llm("http://127.0.0.1:1/v1", None, Path("out"))


def test_answers_of_the_model_are_kept_beside_the_output(tmp_path):
    llm = open_llm("http://127.0.0.1:1/v1", "name", tmp_path / "out.jsonl")
    assert (llm.model, llm.cache) == ("name", tmp_path / "out.jsonl.llm-cache")


def test_a_folder_that_is_not_there_is_no_dataset(tmp_path):
    require_dataset(tmp_path)
    with pytest.raises(ValueError, match="Give the DIR of `refrad2d build`"):
        require_dataset(tmp_path / "absent")


def test_the_bar_gives_the_items_and_is_silent_off_a_terminal(capsys):
    assert list(progress_bar([1, 2], 2, "match")) == [1, 2] and capsys.readouterr().err == ""


@pytest.mark.parametrize("call", ["create_connection(('127.0.0.1', 9))", "getaddrinfo('example.org', 80)"])
def test_after_the_lock_no_connection_opens(call):
    # in a process of its own: an audit hook cannot be taken away again
    code = f"import socket; from refrad2d.commands.shared import refuse_connections as lock; lock(); socket.{call}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 1 and "RuntimeError: Something tried to open a connection under --offline." in run.stderr
