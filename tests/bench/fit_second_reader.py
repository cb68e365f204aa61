"""Train the second reader of curation on marked sentences; writes refrad2d/text/temporal/second/data/network.npz.

    OMP_NUM_THREADS=1 python -m tests.bench.fit_second_reader       # some two minutes of one core
    python -m tests.bench.fit_second_reader --without seventh_seen eighth_seen --out build/without.npz

The lessons are the lines of tests/fixtures/data/curate/marked_de.txt and marked_en.txt: invented sentences in which
`[[...]]` marks what goes and `{{old|new}}` what is said in other words; "old" goes, too. Headings `# name` divide them into lots. Needs torch.
"""

import argparse
import copy
import hashlib
import random
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from refrad2d.labels import LANGUAGES
from refrad2d.text.temporal.second.network import APART, BUCKETS, WEIGHTS, pieces, tokens
from tests.fixtures.paths import DATA

LESSONS = {language: DATA / "curate" / f"marked_{language}.txt" for language in LANGUAGES}
WIDTH, DROP, SMOOTH, BATCH = 64, 0.3, 0.02, 32
RATE, WARM, LEAST, DECAY = 3e-3, 100, 0.02, 0.01  # highest learning rate, steps up to it, its share at the end
KEEP, EARLY, EARLY_KEEP = 0.997, 300, 0.97  # of the mean of weights that is kept each step; less in the first steps
WHOLE, PIECE = 0.25, 0.15  # how often a lesson hides a word itself, and each of its pieces
_MARK = re.compile(r"\[\[(.*?)\]\]|\{\{(.*?)\|.*?\}\}")


class Lesson(NamedTuple):
    """The tokens of a sentence, and which of them go."""

    tokens: list[str]
    goes: list[bool]
    language: int


def plain(line: str) -> tuple[str, list[tuple[int, int]]]:
    """The sentence of a marked line, and the stretches of it that go."""
    text, spans, end = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[end : mark.start()]
        start = len(text)
        text += mark[1] if mark[1] is not None else mark[2]
        spans.append((start, len(text)))
        end = mark.end()
    return text + line[end:], spans


def lesson(line: str, language: str) -> Lesson:
    """A marked line as the network is taught it."""
    text, spans = plain(line)
    found = tokens(text)
    goes = [any(start <= a and b <= stop for start, stop in spans) for _, a, b in found]
    return Lesson([word for word, _, _ in found], goes, LANGUAGES.index(language))


def read_lessons(without: Iterable[str] = ()) -> list[Lesson]:
    """All lessons but those of some lots."""
    left_out, lessons = set(without), []
    for language, path in LESSONS.items():
        lot = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                lot = line[2:]
            elif lot not in left_out:
                lessons.append(lesson(line, language))
    return [one for one in lessons if one.tokens]


def digest() -> str:
    """Of all lessons: weights of other lessons are out of date."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in LESSONS.values())).hexdigest()


class Network(nn.Module):
    """As refrad2d.text.temporal.second.network reads, with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces = nn.EmbeddingBag(BUCKETS, WIDTH, mode="mean")
        self.language = nn.Embedding(len(LANGUAGES), WIDTH)
        self.begin = nn.Linear(WIDTH, WIDTH)
        self.joins = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 3, padding=apart, dilation=apart) for apart in APART)
        self.out = nn.Linear(WIDTH, 2)
        nn.init.normal_(self.pieces.weight, 0, 0.3)
        nn.init.normal_(self.language.weight, 0, 0.1)
        for join in self.joins:
            nn.init.normal_(join.weight, 0, 0.5 / (3 * WIDTH) ** 0.5)
            nn.init.zeros_(join.bias)

    def forward(
        self, flat: torch.Tensor, starts: torch.Tensor, language: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """Pieces of all words in a row, where each word's begin, (sentences,), (sentences, words) → two logits a word."""
        seen = F.dropout(self.pieces(flat, starts).view(*mask.shape, WIDTH), DROP, self.training)
        real = mask[..., None]
        seen = (self.begin(seen) + self.language(language)[:, None]) * real
        for join in self.joins:
            beside = (F.dropout(seen, DROP / 2, self.training) * real).transpose(1, 2)
            seen = (seen + F.dropout(F.relu(join(beside)).transpose(1, 2), DROP / 2, self.training)) * real
        return self.out(F.dropout(seen, DROP / 2, self.training))

    def folded(self) -> dict[str, np.ndarray]:
        """The weights as they are shipped: pieces through the first layer, the two logits as one."""
        begin, out = self.begin.weight.detach(), self.out.weight.detach()
        stored = {"pieces": self.pieces.weight.detach() @ begin.T}
        for at, language in enumerate(LANGUAGES):
            stored[f"language_{language}"] = self.language.weight[at].detach() + self.begin.bias.detach()
        for at, join in enumerate(self.joins):
            stored[f"join_{at}"] = join.weight.detach().permute(2, 1, 0).reshape(3 * WIDTH, WIDTH)
            stored[f"bias_{at}"] = join.bias.detach()
        stored["out"] = out[1] - out[0]
        stored["out_bias"] = self.out.bias.detach()[1] - self.out.bias.detach()[0]
        return {name: value.numpy().astype(np.float16) for name, value in stored.items()}


def batch(lessons: Sequence[Lesson], hidden: random.Random) -> tuple[list[torch.Tensor], torch.Tensor]:
    """What the network is given, with pieces hidden at random, and 0, 1 or -100 (none) for each word."""
    longest = max(len(one.tokens) for one in lessons)
    flat: list[int] = []
    starts: list[int] = []
    for one in lessons:
        for word in one.tokens:
            starts.append(len(flat))
            told = pieces(word)[hidden.random() < WHOLE :]
            flat += [piece for piece in told if hidden.random() > PIECE] or told[:1]
        for _ in range(longest - len(one.tokens)):
            starts.append(len(flat))
            flat.append(0)
    gaps = [longest - len(one.tokens) for one in lessons]
    mask = [[1.0] * len(one.tokens) + [0.0] * gap for one, gap in zip(lessons, gaps, strict=True)]
    goes = [[*map(int, one.goes), *[-100] * gap] for one, gap in zip(lessons, gaps, strict=True)]
    given = [torch.tensor(flat), torch.tensor(starts), torch.tensor([one.language for one in lessons])]
    return [*given, torch.tensor(mask)], torch.tensor(goes)


def train(lessons: list[Lesson], epochs: int, seed: int) -> Network:
    """The mean of a network's weights over its last steps. The same lessons and seed give the same weights."""
    torch.manual_seed(seed)
    drawn = random.Random(seed)
    network = Network()
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    total, step = epochs * (len(lessons) // BATCH + 1), 0
    for epoch in range(epochs):
        lost = []
        for some in _batches(lessons, drawn):
            step += 1
            rate = RATE * min(1.0, step / WARM) * max(LEAST, 1 - step / total)
            for group in optimiser.param_groups:
                group["lr"] = rate
            given, goes = batch(some, drawn)
            loss = F.cross_entropy(network(*given).flatten(0, 1), goes.flatten(), label_smoothing=SMOOTH)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            lost.append(loss.item())
            with torch.no_grad():
                for kept, now in zip(mean.parameters(), network.parameters(), strict=True):
                    kept.lerp_(now, 1 - (KEEP if step > EARLY else EARLY_KEEP))
        print(f"epoch {epoch + 1} of {epochs}: {sum(lost) / len(lost):.4f}", flush=True)
    return mean.eval()


def _batches(lessons: Sequence[Lesson], drawn: random.Random) -> list[list[Lesson]]:
    """All lessons in a random order, those of about one length together."""
    order = sorted(lessons, key=lambda one: len(one.tokens) + drawn.random() * 8)
    edges = [*range(0, len(order), BATCH), len(order)]
    parts = [order[start:stop] for start, stop in pairwise(edges)]
    drawn.shuffle(parts)
    return parts


def main() -> None:
    """Train on all lessons and store the weights."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=WEIGHTS)
    options.add_argument("--without", nargs="*", default=[], metavar="LOT", help="lots to leave out, to be judged on")
    options.add_argument("--epochs", type=int, default=16)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    torch.set_num_threads(1)
    lessons = read_lessons(given.without)
    print(f"{len(lessons)} lessons")
    network = train(lessons, given.epochs, given.seed)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(given.out, lessons=np.array(digest()), **network.folded())


if __name__ == "__main__":
    main()
