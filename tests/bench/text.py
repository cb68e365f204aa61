"""How fast the text side is: the offline curator on one core, and how busy a 32-way client keeps a server.

    python -m tests.bench.text

The server is a stub in a process of its own that answers after a second, as a large model might. Ideal is 32 answers a
second; a restart must find every answer in the cache.
"""

import multiprocessing
import tempfile
import time
from pathlib import Path

from refrad2d.llm.client import LLM
from refrad2d.llm.prompts import load_prompt
from tests.bench.curate_scores import sentences_per_second
from tests.fixtures.llm_stub import reply, stub_server

CALLS, WAYS, LATENCY = 640, 32, 1.0


def serve(connection) -> None:
    """Run the stub until the other end says so; then send how many calls came."""
    with stub_server(lambda _: reply({"findings": "Leber glatt."}, delay=LATENCY)) as stub:
        connection.send(stub.url)
        while connection.recv() != "stop":
            connection.send(len(stub.requests))


def main() -> None:
    """Print the measurements."""
    for language in ("de", "en"):
        print(f"curate {language}: {sentences_per_second(language):.0f} sentences/s on one core, offline")
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    texts = [(f"Zyste {n} mm.", None) for n in range(CALLS)]
    with tempfile.TemporaryDirectory() as folder:
        url = here.recv()
        for run in ("first run", "restart"):
            llm = LLM(base_url=url, model="stub", cache=Path(folder), concurrency=WAYS, progress=False)
            began = time.monotonic()
            for _ in llm.ask_all(load_prompt("rewrite"), texts):
                pass
            rate = CALLS / (time.monotonic() - began)
            here.send("calls")
            calls = here.recv()
            share = f", {rate / (WAYS / LATENCY):.0%} of ideal" if run == "first run" else ""
            print(f"llm {run}: {rate:.1f} answers/s{share}, {calls} calls in all")
    here.send("stop")
    server.join(timeout=5)


if __name__ == "__main__":
    main()
