"""Train a tagger (refrad2d.text.tagging) on marked texts, and write its weights where they are read.

    OMP_NUM_THREADS=1 python -m tests.bench.fit_tagger time       # the second reader of curation; three minutes of a core
    OMP_NUM_THREADS=1 python -m tests.bench.fit_tagger letters    # that of letters; six minutes
    python -m tests.bench.fit_tagger time --without seventh_seen eighth_seen --out build/without.npz

What they are taught stands in tests.bench.tagger_lessons. Needs torch.
"""

import argparse
import copy
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from refrad2d.labels import LANGUAGES
from refrad2d.text.tagging.tagger import BUCKETS, pieces
from tests.bench.tagger_lessons import SUBJECTS, Lesson, Subject

WIDTH, DROP, SMOOTH, BATCH = 64, 0.3, 0.02, 32
RATE, WARM, LEAST, DECAY = 3e-3, 100, 0.02, 0.01  # highest learning rate, steps up to it, its share at the end
KEEP, EARLY, EARLY_KEEP = 0.997, 300, 0.97  # of the mean of weights that is kept each step; less in the first steps
WHOLE, PIECE = 0.25, 0.15  # how often a lesson hides a word itself, and each of its pieces
NONE = -100  # of a word that fills a batch


class Network(nn.Module):
    """As refrad2d.text.tagging.tagger reads, with dropout."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.subject = subject
        self.pieces = nn.EmbeddingBag(BUCKETS, WIDTH, mode="mean")
        self.language = nn.Embedding(len(LANGUAGES), WIDTH)
        self.begin = nn.Linear(WIDTH, WIDTH)
        self.joins = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 3, padding=apart, dilation=apart) for apart in subject.apart)
        self.out = nn.Linear(WIDTH, len(subject.tags))
        nn.init.normal_(self.pieces.weight, 0, 0.3)
        nn.init.normal_(self.language.weight, 0, 0.1)
        for join in self.joins:
            nn.init.normal_(join.weight, 0, 0.5 / (3 * WIDTH) ** 0.5)
            nn.init.zeros_(join.bias)

    def forward(
        self, flat: torch.Tensor, starts: torch.Tensor, language: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """Pieces of all words in a row, where each word's begin, (texts,), (texts, words) → logits of tags a word."""
        seen = F.dropout(self.pieces(flat, starts).view(*mask.shape, WIDTH), DROP, self.training)
        real = mask[..., None]
        seen = (self.begin(seen) + self.language(language)[:, None]) * real
        for join in self.joins:
            beside = (F.dropout(seen, DROP / 2, self.training) * real).transpose(1, 2)
            seen = (seen + F.dropout(F.relu(join(beside)).transpose(1, 2), DROP / 2, self.training)) * real
        return self.out(F.dropout(seen, DROP / 2, self.training))

    def folded(self) -> dict[str, np.ndarray]:
        """The weights as they are shipped: pieces through the first layer, biases as the last row of their matrix."""
        begin = self.begin.weight.detach()
        stored = {
            "pieces": self.pieces.weight.detach() @ begin.T,
            "languages": self.language.weight.detach() + self.begin.bias.detach(),
            "out": torch.cat([self.out.weight.detach().T, self.out.bias.detach()[None]]),
        }
        for at, join in enumerate(self.joins):
            matrix = join.weight.detach().permute(2, 1, 0).reshape(3 * WIDTH, WIDTH)
            stored[f"join_{at}"] = torch.cat([matrix, join.bias.detach()[None]])
        return {name: value.numpy().astype(np.float16) for name, value in stored.items()}


def batch(lessons: Sequence[Lesson], hidden: random.Random) -> tuple[list[torch.Tensor], torch.Tensor]:
    """What the network is given, with pieces hidden at random, and the number of each word's tag or NONE."""
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
    tags = [[*one.tags, *[NONE] * gap] for one, gap in zip(lessons, gaps, strict=True)]
    given = [torch.tensor(flat), torch.tensor(starts), torch.tensor([one.language for one in lessons])]
    return [*given, torch.tensor(mask)], torch.tensor(tags)


def train(lessons: list[Lesson], subject: Subject, epochs: int, seed: int) -> Network:
    """The mean of a network's weights over its last steps. The same lessons and seed give the same weights."""
    torch.manual_seed(seed)
    drawn = random.Random(seed)
    network = Network(subject)
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
            given, tags = batch(some, drawn)
            loss = F.cross_entropy(network(*given).flatten(0, 1), tags.flatten(), label_smoothing=SMOOTH)
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
    parts = [order[start:stop] for start, stop in pairwise(edges) if stop > start]
    drawn.shuffle(parts)
    return parts


def store(network: Network, path: Path) -> None:
    """Write weights, tags, reach and the digest of the lessons."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subject = network.subject
    facts = {"tags": np.array(subject.tags), "apart": np.array(subject.apart), "lessons": np.array(subject.digest())}
    np.savez_compressed(path, **facts, **network.folded())


def main() -> None:
    """Train on the lessons of a subject and store the weights."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("subject", choices=SUBJECTS)
    options.add_argument("--out", type=Path)
    options.add_argument("--without", nargs="*", default=[], metavar="LOT", help="lots to leave out, to be judged on")
    options.add_argument("--epochs", type=int, help="how often the lessons are read (default: that of the subject)")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    torch.set_num_threads(1)
    subject = SUBJECTS[given.subject]
    lessons = subject.read(given.without)
    print(f"{len(lessons)} lessons")
    store(train(lessons, subject, given.epochs or subject.epochs, given.seed), given.out or subject.weights)


if __name__ == "__main__":
    main()
