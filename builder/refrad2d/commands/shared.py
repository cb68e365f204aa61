"""What several commands share: checks of their arguments, the progress bar, the lock on the network."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from refrad2d.system.arguments import option

if TYPE_CHECKING:
    from refrad2d.llm.client import LLM


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """The language model that a command may ask."""

    server: str | None = option(
        "an OpenAI-compatible server on site, such as http://127.0.0.1:8000/v1",
        default=None,
        flag="--llm",
        metavar="URL",
    )
    model: str | None = option("the model it serves", default=None, metavar="NAME")


def open_llm(server: str | None, model: str | None, output: Path) -> "LLM | None":
    """The language model, None if no server is named; its answers are kept beside the output of the command."""
    if not server:
        return None
    if not model:
        raise ValueError("--llm is given without --model. Name the model that the server serves.")
    from refrad2d.llm.client import LLM

    return LLM(base_url=server, model=model, cache=output.with_name(output.name + ".llm-cache"))


def key_file_of(given: Path | None, dataset: Path) -> Path:
    """The key file that is given, else the one beside the dataset."""
    return given or dataset.with_name(dataset.name + ".key")


def require_dataset(folder: Path) -> None:
    """ValueError if there is no such folder."""
    if not folder.is_dir():
        raise ValueError(f"{folder} does not exist. Give the DIR of `refrad2d build`.")


def refuse_connections() -> None:
    """From now on any connection of this process or a child to a network address raises RuntimeError."""
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")

    def refuse(event: str, details: tuple) -> None:
        if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(details[1], tuple)):
            raise RuntimeError("Something tried to open a connection under --offline.")

    sys.addaudithook(refuse)


def progress_bar(items: Iterable, total: int, name: str) -> Iterable:
    """A tqdm bar on stderr; silent where stderr is no terminal."""
    from tqdm import tqdm

    return tqdm(items, total=total, desc=f"{name:<8}", unit="", disable=None)
