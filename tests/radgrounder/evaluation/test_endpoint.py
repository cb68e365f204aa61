"""A model behind a server.

pytest tests/radgrounder/evaluation/test_endpoint.py
"""

import pytest
from PIL import Image

from tests.fixtures.chat_server import ChatServer, serve_chat


@pytest.fixture
def endpoint():
    pytest.importorskip("openai", reason="openai is not installed")
    from radgrounder.evaluation.endpoint import Endpoint

    with serve_chat() as url:
        yield Endpoint(url, "m", instruction="Be brief.")


def test_a_served_model_gets_picture_and_prompt(endpoint):
    assert endpoint.generate([Image.new("RGB", (8, 8))], ["\n\nWhich organ?\nAnswer: "]) == ["a liver"]
    system, user = ChatServer.requests[0]["messages"]
    picture, text = user["content"]
    assert system["content"] == "Be brief." and text["text"] == "Which organ?\nAnswer:"
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")


def test_the_fingerprint_knows_the_instruction(endpoint):
    from radgrounder.evaluation.endpoint import Endpoint

    assert endpoint.fingerprint != Endpoint("http://127.0.0.1:1/v1", "m").fingerprint


def test_a_model_without_instruction_gets_no_system_message(endpoint):
    from radgrounder.evaluation.endpoint import Endpoint

    plain = Endpoint(str(endpoint._client.base_url), "m")
    plain.generate([Image.new("RGB", (8, 8))], ["Which organ?"])
    assert [message["role"] for message in ChatServer.requests[0]["messages"]] == ["user"]
    assert plain.fingerprint == "endpoint:m"


def test_answers_come_in_the_order_of_the_prompts(endpoint):
    images = [Image.new("RGB", (8, 8))] * 12
    assert endpoint.generate(images, [str(number) for number in range(12)], max_new_tokens=5) == ["a liver"] * 12
    assert {request["max_tokens"] for request in ChatServer.requests} == {5}
