"""Over HTTP, against the page that runs: uploads that are too large, broken off, or named like a folder."""

import http.client
import socket
import sys
import time

import pytest

from tests.fixtures.paths import ROOT

sys.path.insert(0, str(ROOT / "space"))
gradio = pytest.importorskip("gradio")

from page import LAUNCH, _predict, _readable, build_page  # noqa: E402
from pictures import MAX_BYTES  # noqa: E402
from texts import say  # noqa: E402
from uploads import sweep  # noqa: E402

BOUNDARY = "b0undary"


def form(name: str, data: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The port of the page, and the folder of its uploads."""
    folder = tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GRADIO_TEMP_DIR", str(folder))
        page = build_page()
        page.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **LAUNCH)
        yield page.server_port, folder
        page.close()


def post(port: int, name: str, data: bytes, language: str = "en") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept-Language": language}
    connection.request("POST", "/gradio_api/upload", form(name, data), headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def files(folder) -> list:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("language", ["en", "de"])
def test_an_upload_that_is_too_large_gets_a_sentence(served, language):
    port, folder = served
    assert post(port, "large.png", bytes(MAX_BYTES + (1 << 20)), language) == (413, say("too_large", language))
    assert files(folder) == []


def test_a_small_upload_is_taken(served):
    assert post(served[0], "small.png", b"data")[0] == 200


def test_what_a_visitor_broke_off_is_swept(served):
    port, folder = served
    sweep(str(folder), -1)
    whole = form("half.png", bytes(4 << 20))
    head = (
        f"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: {len(whole)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as visitor:
        visitor.sendall(head.encode() + whole[: 3 << 20])
    time.sleep(0.5)
    sweep(str(folder), 3600)
    sweep(str(folder), -1)
    assert files(folder) == []


@pytest.mark.parametrize("name", ["..", "../../x", "a/b", "\u0000"])
def test_no_name_leaves_a_file_behind_that_no_sweep_finds(served, name):
    port, folder = served
    post(port, name, b"data")
    sweep(str(folder), -1)
    assert files(folder) == []


def test_only_old_files_are_swept(tmp_path):
    (tmp_path / "new").write_bytes(b"x")
    assert sweep(str(tmp_path), 60) == 0 and sweep(str(tmp_path), -1) == 1


@pytest.mark.parametrize("given", [None, 5, "\ud800", ["a"], "Wo?\udfff"])
def test_any_text_from_outside_can_be_encoded(given):
    assert _readable(given).encode("utf-8") is not None


@pytest.mark.parametrize(("task", "language"), [(None, "en"), ("report", None), ("x", "y")])
def test_unknown_tasks_and_languages_get_a_sentence(task, language):
    with pytest.raises(gradio.Error):
        _predict(None, task, language, None)
