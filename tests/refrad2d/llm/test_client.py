"""The language model's client against a local server: what goes wrong, what is retried, cached, counted."""

import threading
import time
from itertools import count

import pytest

from refrad2d.llm.client import LLM, Refused, read_answer
from refrad2d.llm.prompts import load_prompt
from tests.fixtures.llm_stub import Answer, error, reply, stub_server, text_of

PROMPT = load_prompt("rewrite")
GOOD = {"findings": "Leber glatt."}


@pytest.fixture
def make_llm(tmp_path):
    """An LLM with short waits and a cache in the test's folder."""

    def make(url: str, **options) -> LLM:
        defaults = {"cache": tmp_path / "cache", "backoff": 0.001, "timeout": 5.0, "progress": False, "attempts": 3}
        return LLM(base_url=url, model="stub", **{**defaults, **options})

    return make


def answers_in_turn(*answers):
    """A server's answer function: the first request gets the first answer, the last one repeats."""
    turn = count()
    return lambda _: answers[min(next(turn), len(answers) - 1)]


def test_the_schema_goes_with_the_request(make_llm):
    with stub_server(lambda _: reply(GOOD)) as stub:
        make_llm(stub.url).ask(PROMPT, "Leber glatt.")
    assert stub.requests[0]["response_format"]["json_schema"]["schema"] == PROMPT.schema


FAULTS = {
    "timeout": reply(GOOD, delay=1.0),
    "rate_limited": error(429),
    "server_error": error(500),
    "truncated": reply('{"findings": "Leb', finish="length"),
    "malformed": reply('{"findings": "Leb'),
    "wrong_schema": reply({"text": "Leber glatt."}),
    "refused": reply("", refusal="I cannot help with that."),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_a_fault_is_retried_until_the_answer_is_good(make_llm, reason):
    with stub_server(answers_in_turn(FAULTS[reason], reply(GOOD))) as stub:
        llm = make_llm(stub.url, timeout=0.4)
        assert llm.ask(PROMPT, "Leber glatt.").value == GOOD
    assert (llm.counts["calls"], llm.counts["retried"], llm.counts["answered"]) == (2, 1, 1)


@pytest.mark.parametrize("reason", FAULTS)
def test_a_lasting_fault_becomes_a_counted_reason(make_llm, reason):
    with stub_server(lambda _: FAULTS[reason]) as stub:
        llm = make_llm(stub.url, timeout=0.2, attempts=2)
        assert llm.ask(PROMPT, "Leber glatt.").reason == reason
    assert llm.counts[f"failed_{reason}"] == 1


def test_a_body_that_is_no_json_is_malformed(make_llm):
    with stub_server(lambda _: Answer(200, b"<html>busy</html>")) as stub:
        assert make_llm(stub.url, attempts=1).ask(PROMPT, "Leber glatt.").reason == "malformed"


def test_a_server_that_is_not_there_is_a_connection_failure(make_llm):
    assert make_llm("http://127.0.0.1:9/v1", attempts=1).ask(PROMPT, "Leber glatt.").reason == "connection"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_model_or_key_ends_the_run(make_llm, status):
    with stub_server(lambda _: error(status)) as stub, pytest.raises(Refused, match="--model"):
        list(make_llm(stub.url).ask_all(PROMPT, [("Leber glatt.", None)]))


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_text_that_the_server_cannot_take_costs_that_text_alone(make_llm, status):
    with stub_server(lambda request: error(status) if "long" in text_of(request) else reply(GOOD)) as stub:
        llm = make_llm(stub.url)
        replies = list(llm.ask_all(PROMPT, [("Leber glatt.", None), ("long", None), ("Milz glatt.", None)]))
    assert [r.reason for r in replies] == [None, "rejected", None] and llm.counts["calls"] == 3


def test_the_server_says_how_long_to_wait(make_llm):
    with stub_server(answers_in_turn(error(429, headers={"Retry-After": "0.3"}), reply(GOOD))) as stub:
        began = time.monotonic()
        make_llm(stub.url).ask(PROMPT, "Leber glatt.")
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    "content",
    [
        '```json\n{"findings": "x"}\n```',
        '```\n{"findings": "x"}```',
        '<think>hm {</think>\n{"findings": "x"}',
        '{"findings": "x"}',
        '```json {"findings": "x"} ```',
        'Here is the answer:\n```json\n{"findings": "x"}\n```\nAnything else?',
        'The report {as given} becomes: {"findings": "x"}',
    ],
)
def test_json_is_found_in_fences_and_among_words(content):
    assert read_answer(content) == {"findings": "x"}


def test_an_answer_that_the_check_turns_down_is_asked_again(make_llm):
    with stub_server(answers_in_turn(reply({"findings": "HACKED"}), reply(GOOD))) as stub:
        llm = make_llm(stub.url)
        found = llm.ask(PROMPT, "Leber glatt.", lambda answer: "obeyed" if "HACKED" in answer["findings"] else None)
    assert found.value == GOOD


def test_a_retry_is_asked_differently(make_llm):
    with stub_server(lambda _: reply("nonsense")) as stub:
        make_llm(stub.url, attempts=2).ask(PROMPT, "Leber glatt.")
    assert stub.requests[0]["seed"] != stub.requests[1]["seed"]


def test_a_restart_repeats_no_call(make_llm):
    texts = [(f"Zyste {n} mm.", None) for n in range(50)]
    with stub_server(lambda request: reply({"findings": text_of(request)})) as stub:
        first = list(make_llm(stub.url).ask_all(PROMPT, texts))
        before, again = len(stub.requests), make_llm(stub.url)
        second = list(again.ask_all(PROMPT, texts))
    assert (second, len(stub.requests) - before, again.counts["cached"]) == (first, 0, 50)


def test_a_run_cut_short_goes_on_where_it_stopped(make_llm):
    texts = [(f"Zyste {n} mm.", None) for n in range(20)]
    with stub_server(lambda request: reply({"findings": text_of(request)})) as stub:
        replies = make_llm(stub.url, concurrency=1).ask_all(PROMPT, texts)
        for _ in range(5):
            next(replies)
        replies.close()
        list(make_llm(stub.url, concurrency=1).ask_all(PROMPT, texts))
    assert len(stub.requests) == 20


def test_another_model_has_answers_of_its_own(make_llm):
    with stub_server(lambda _: reply(GOOD)) as stub:
        llm = make_llm(stub.url)
        llm.ask(PROMPT, "Leber glatt.")
        llm.model = "other"
        llm.ask(PROMPT, "Leber glatt.")
    assert len(stub.requests) == 2


def test_a_failure_on_the_way_is_not_remembered(make_llm):
    with stub_server(answers_in_turn(error(500), reply(GOOD))) as stub:
        llm = make_llm(stub.url, attempts=1)
        llm.ask(PROMPT, "Leber glatt.")
        assert llm.ask(PROMPT, "Leber glatt.").value == GOOD


def test_the_cache_holds_no_half_files(make_llm, tmp_path):
    with stub_server(lambda _: reply(GOOD)) as stub:
        list(make_llm(stub.url).ask_all(PROMPT, [(f"{n}", None) for n in range(20)]))
    assert {path.suffix for path in (tmp_path / "cache").rglob("*") if path.is_file()} == {".json"}


def test_replies_come_in_the_order_of_the_texts(make_llm):
    def answer(request):
        return reply({"findings": text_of(request)}, delay=0.05 if text_of(request) == "0" else 0)

    with stub_server(answer) as stub:
        replies = list(make_llm(stub.url).ask_all(PROMPT, [(str(n), None) for n in range(10)]))
    assert [r.value["findings"] for r in replies] == [str(n) for n in range(10)]


def test_tokens_are_counted(make_llm):
    with stub_server(lambda _: reply(GOOD)) as stub:
        llm = make_llm(stub.url)
        llm.ask(PROMPT, "Leber glatt.")
    assert (llm.counts["prompt_tokens"], llm.counts["completion_tokens"]) == (10, 5)


def test_thirty_two_calls_run_at_once(make_llm):
    meeting = threading.Barrier(32, timeout=20)  # nobody is answered before all 32 have asked

    def answer(_):
        meeting.wait()
        return reply(GOOD)

    with stub_server(answer) as stub:
        llm = make_llm(stub.url, concurrency=32, timeout=30.0)
        list(llm.ask_all(PROMPT, [(str(n), None) for n in range(64)]))
    assert llm.counts["answered"] == 64
