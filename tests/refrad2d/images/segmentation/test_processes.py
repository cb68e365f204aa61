"""A process that answers lines: it is started when asked, killed when late, and started anew."""

import sys

import pytest

from refrad2d.images.segmentation.processes import Answering, NoAnswer

CODE = """
import json, os, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("die"): os._exit(3)
    time.sleep(asked.get("sleep", 0))
    print(json.dumps({"pid": os.getpid(), "said": asked.get("say", "")}) if not asked.get("noise") else "x", flush=True)
"""
COMMAND = [sys.executable, "-c", CODE]


def test_one_process_answers_all_lines():
    with Answering(COMMAND, {}) as ask:
        first, second = ask({"say": "ä" * 100_000}, timeout_s=20.0), ask({}, timeout_s=20.0)
    assert first["said"] == "ä" * 100_000 and first["pid"] == second["pid"]


@pytest.mark.parametrize(
    ("request_", "limit", "reason"),
    [({"die": 1}, 20.0, "failed"), ({"noise": 1}, 20.0, "failed"), ({"sleep": 30}, 0.2, "timeout")],
)
def test_after_no_answer_comes_a_new_process(request_, limit, reason):
    with Answering(COMMAND, {}) as ask:
        with pytest.raises(NoAnswer) as caught:
            ask(request_, timeout_s=limit)
        assert caught.value.reason == reason and ask({}, timeout_s=20.0)["pid"]


def test_a_command_that_is_not_there_is_no_answer():
    with Answering(["/nonexistent/python"], {}) as ask, pytest.raises(NoAnswer):
        ask({}, timeout_s=1.0)
