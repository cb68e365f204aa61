"""How fast the text side is: the offline curator on one core, and how busy a 32-way client keeps a server.

    python -m tests.bench.text

The server is a stub in a process of its own that answers after a second, as a large model might, or after 50 ms, as a
small one. Ideal is 32 answers in that time; a restart must find every answer in the cache.
"""

import multiprocessing
import tempfile
import time
from pathlib import Path

from refrad2d.llm.client import LLM
from refrad2d.llm.prompts import load_prompt
from tests.bench.curate_scores import sentences_per_second
from tests.fixtures.llm_stub import reply, stub_server

WAYS = 32
SERVERS = {1.0: 640, 0.05: 2560}  # latency in seconds → calls


def serve(connection, latency: float) -> None:
    """Run the stub until the other end says so; then send how many calls came, and its own CPU seconds."""
    with stub_server(lambda _: reply({"findings": "Leber glatt."}, delay=latency)) as stub:
        connection.send(stub.url)
        while connection.recv() != "stop":
            connection.send((len(stub.requests), time.process_time()))


def main() -> None:
    """Print the measurements."""
    for language in ("de", "en"):
        print(f"curate {language}: {sentences_per_second(language):.0f} sentences/s on one core, offline")
    for latency, calls in SERVERS.items():
        measure_client(latency, calls)


def measure_client(latency: float, calls: int) -> None:
    """Print how busy the client keeps a server of a latency (s), and the CPU time of a call on either side."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there, latency), daemon=True)
    server.start()
    texts = [(f"Zyste {n} mm.", None) for n in range(calls)]
    with tempfile.TemporaryDirectory() as folder:
        url = here.recv()
        for run in ("first run", "restart"):
            llm = LLM(base_url=url, model="stub", cache=Path(folder), concurrency=WAYS, progress=False)
            began, cpu = time.monotonic(), time.process_time()
            for _ in llm.ask_all(load_prompt("rewrite"), texts):
                pass
            rate, cpu = calls / (time.monotonic() - began), (time.process_time() - cpu) / calls
            here.send("calls")
            asked, served = here.recv()
            share = f", {rate / (WAYS / latency):.0%} of ideal" if run == "first run" else ""
            print(
                f"llm, answers after {1000 * latency:.0f} ms, {run}: {rate:.1f} answers/s{share}, {asked} calls in all; "
                f"CPU a text: client {1000 * cpu:.2f} ms, stub {1000 * served / asked:.2f} ms"
            )
    here.send("stop")
    server.join(timeout=5)


if __name__ == "__main__":
    main()
