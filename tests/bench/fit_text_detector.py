"""Train the network of the text detector on lessons, and choose its threshold; writes its ONNX file.

    nice python -m tests.bench.text_lessons                               # build/text_detector/lessons.pickle
    nice python -m tests.bench.fit_text_detector train --minutes 40       # build/text_detector/network.pt
    nice python -m tests.bench.fit_text_detector calibrate                # privacy/data/text_detector.onnx

Needs torch, the package onnx and the fonts of tests.bench.text_fonts. The threshold passes on a share (--recall) of what
the reader finds of other texts, in other fonts and phantoms and in the real MR volume, which training reads, too. What is
shipped had 3,554 lessons (the last 3,000 were added while it trained; the share of frames that are written on was 0.75,
0.5 and 0.85 in turn), 5,000 steps and, from these weights on, 38 minutes or 23,767 steps more, and was calibrated with
--recall 0.995.
"""

import argparse
import copy
import math
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from refrad2d.privacy.text_detector import WEIGHTS, highest_score
from tests.bench.clean_slices import phantom_slices
from tests.bench.text_detector import Reader, examine_planted
from tests.bench.text_lessons import Lesson, read_lessons

SIDE, CELL, BATCH = 256, 16, 16  # pixels of a crop, of a cell of the network, crops a step
NEAR = 8  # pixels around a text that are neither text nor none
EDGE = 4  # pixels at the end of a text, too few to tell a cell by
LEAST = 0.7  # of a text's area; one that a crop cuts down further is neither
FIRST_CALIBRATE = 200_000  # seed of patients
PLANTED, CLEAN = 1500, 1000  # slices with text and without, to choose the threshold on
MARGIN = 0.01  # of a score
HARD, HARD_SHARE = 4000, 0.3  # places kept that were taken for text, and the share of crops that show one
RATE, KEEP = 3e-3, 0.999  # the highest learning rate; of the mean of weights that is kept each step
MORE = 1000  # steps after which lessons that were added to the file are read
SEED = 19
NONE, UNSURE = 0, -1  # of a cell; texts count from 1


def network() -> nn.Sequential:
    """The network: (n, 1, rows, columns) in [0, 1] → one logit a cell of 16 × 16 pixels."""
    layers: list[nn.Module] = [nn.Conv2d(1, 16, 8, 4, 2), nn.ReLU()]
    for before, after, stride, apart in (
        (16, 32, 2, 1),
        (32, 32, 1, 1),
        (32, 64, 2, 1),
        (64, 64, 1, 1),
        (64, 64, 1, 2),
    ):
        layers += [nn.Conv2d(before, after, 3, stride, apart, apart), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(64, 64, 3, 1, 1, groups=64), nn.Conv2d(64, 1, 1))


def write_onnx(cells: nn.Sequential, threshold: float, path: Path) -> None:
    """The network as it is shipped: one frame (1, 1, rows, columns) uint8 → the logit of its highest cell. Weights are
    kept in 16 bits; the threshold stands in the properties of the model."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    divisor = numpy_helper.from_array(np.array(255, np.float32), "divisor")
    kept, nodes = [divisor], [helper.make_node("Cast", ["frame"], ["wide"], to=TensorProto.FLOAT)]
    nodes.append(helper.make_node("Div", ["wide", "divisor"], ["at0"]))
    for n, layer in enumerate(cells):
        if isinstance(layer, nn.ReLU):
            nodes.append(helper.make_node("Relu", [f"at{n}"], [f"at{n + 1}"]))
            continue
        assert isinstance(layer, nn.Conv2d) and layer.bias is not None
        for name, values in (("weight", layer.weight), ("bias", layer.bias)):
            kept.append(numpy_helper.from_array(values.detach().numpy().astype(np.float16), f"half_{name}{n}"))
            nodes.append(helper.make_node("Cast", [f"half_{name}{n}"], [f"{name}{n}"], to=TensorProto.FLOAT))
        pads, strides = [int(k) for k in layer.padding] * 2, list(layer.stride)
        about = {"pads": pads, "strides": strides, "dilations": list(layer.dilation), "group": layer.groups}
        nodes.append(helper.make_node("Conv", [f"at{n}", f"weight{n}", f"bias{n}"], [f"at{n + 1}"], **about))
    nodes.append(helper.make_node("ReduceMax", [f"at{len(cells)}"], ["score"], keepdims=0))
    frame = helper.make_tensor_value_info("frame", TensorProto.UINT8, [1, 1, "rows", "columns"])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, [])
    graph = helper.make_graph(nodes, "text_detector", [frame], [score], kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="refrad2d")
    model.ir_version = 8
    helper.set_model_props(model, {"threshold": repr(round(threshold, 4))})
    checker.check_model(model)
    save(model, path)


class Crops:
    """Crops of lessons, and where the network takes something else for text, so that it sees it again."""

    def __init__(self, path: Path, rng: np.random.Generator) -> None:
        self.path, self.rng = path, rng
        self.lessons = list[Lesson]()
        self.hard = list[tuple[int, int, int]]()  # lesson, row, column
        self.read_more()

    def read_more(self) -> None:
        """Read the lessons that were added to the file."""
        self.lessons += read_lessons(self.path, after=len(self.lessons))

    def draw(self) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int, int] | None]]:
        """Crops (n, SIDE, SIDE) uint8; what their cells show (n, rows, columns); and where each has its corner, if it is
        neither turned nor cut."""
        frames = np.zeros((BATCH, SIDE, SIDE), np.uint8)
        cells = np.full((BATCH, SIDE // CELL, SIDE // CELL), UNSURE, np.int32)
        places, texts = list[tuple[int, int, int] | None](), 0
        for n in range(BATCH):
            number, y, x = self._place()
            texts = self._cut(number, y, x, frames[n], cells[n], texts)
            by, mirrored = int(self.rng.integers(4)), bool(self.rng.random() < 0.25)
            step = -1 if mirrored else 1
            frames[n], cells[n] = np.rot90(frames[n], by)[::step], np.rot90(cells[n], by)[::step]
            places.append((number, y, x) if by == 0 and not mirrored else None)
        return frames, cells, places

    def note(self, places: list[tuple[int, int, int] | None], logits: np.ndarray) -> None:
        """Keep the place of the highest cell without text of each crop (n, rows, columns), if it looks like text."""
        for place, of_crop in zip(places, logits, strict=True):
            row, column = np.unravel_index(int(of_crop.argmax()), of_crop.shape)
            if place and of_crop[row, column] > -2:
                number, y, x = place
                self.hard.append((number, y + int(row) * CELL, x + int(column) * CELL))
        self.hard = self.hard[-HARD:]

    def _place(self) -> tuple[int, int, int]:
        """A lesson and a corner in it: by a hard place, by a text, or anywhere."""
        rng, draw = self.rng, self.rng.random()
        if self.hard and draw < HARD_SHARE:
            number, y, x = self.hard[int(rng.integers(len(self.hard)))]
            return self._corner(number, y, x)
        number = int(rng.integers(len(self.lessons)))
        lesson = self.lessons[number]
        if lesson.found and draw < 0.8:
            x_min, y_min, x_max, y_max = lesson.found[int(rng.integers(len(lesson.found)))]
            return self._corner(number, (y_min + y_max) // 2, (x_min + x_max) // 2)
        return self._corner(number, *(int(rng.integers(length)) for length in lesson.frame.shape))

    def _corner(self, number: int, y: int, x: int) -> tuple[int, int, int]:
        """A corner of a crop that holds the place, inside the frame where that is large enough."""
        y, x = (k - int(self.rng.integers(20, SIDE - 20)) for k in (y, x))
        rows, columns = self.lessons[number].frame.shape
        return number, min(max(y, 0), max(rows - SIDE, 0)), min(max(x, 0), max(columns - SIDE, 0))

    def _cut(self, number: int, y: int, x: int, frame: np.ndarray, cells: np.ndarray, texts: int) -> int:
        """Fill one crop and its cells. Returns how many texts have a number by now."""
        lesson = self.lessons[number]
        part = lesson.frame[y : y + SIDE, x : x + SIDE]
        frame[: part.shape[0], : part.shape[1]] = part
        cells[: -(-part.shape[0] // CELL), : -(-part.shape[1] // CELL)] = NONE
        moved = [[(a - x, b - y, c - x, d - y) for a, b, c, d in boxes] for boxes in (lesson.unsure, lesson.found)]
        for box in (*moved[0], *moved[1]):
            cells[_span(box[1] - NEAR, box[3] + NEAR), _span(box[0] - NEAR, box[2] + NEAR)] = UNSURE
        for x_min, y_min, x_max, y_max in moved[1]:
            inside = max(min(x_max, SIDE) - max(x_min, 0), 0) * max(min(y_max, SIDE) - max(y_min, 0), 0)
            if inside >= LEAST * (x_max - x_min) * (y_max - y_min):
                texts += 1
                y, x = (y_min + y_max) // 2, (x_min + x_max) // 2
                rows, columns = (
                    _span(min(low + EDGE, k), max(high - EDGE, k + 1))
                    for low, k, high in ((y_min, y, y_max), (x_min, x, x_max))
                )
                cells[rows, columns] = texts
        return texts


def _span(low: int, high: int) -> slice:
    """The cells that pixels from `low` to `high` lie in."""
    return slice(max(low, 0) // CELL, max(-(-high // CELL), 0))


def loss(logits: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    """Every text shall have very high cells, the highest of the other cells shall be low; both (n, rows, columns)."""
    flat, known = logits.flatten(1), cells.flatten(1)
    low = flat.masked_fill(known != NONE, -1e4).topk(8, dim=1).values
    total = F.softplus(low).mean() + 0.5 * F.softplus(flat[known == NONE]).mean()
    texts = int(known.max())
    if texts < 1:
        return total
    high, each = flat[known > 0], known[known > 0].long() - 1
    none = torch.zeros(texts)
    top = torch.full((texts,), -1e4).scatter_reduce(0, each, high.detach(), "amax")
    share = torch.exp(high.detach() - top[each])  # the highest cells of a text count most
    mean = none.scatter_add(0, each, high * share) / none.scatter_add(0, each, share).clamp(min=1e-6)
    shown = none.scatter_add(0, each, torch.ones_like(high)) > 0
    return total + 0.2 * F.softplus(-high).mean() + 1.5 * F.softplus(1 - mean[shown]).mean()


def train(work: Path, minutes: float, start: Path | None) -> None:
    """Train for so many minutes by the clock; the rate rises over the first hundredth of them, then falls to nothing. What is kept
    is the mean of the weights of the last steps. `start` are other weights to begin with."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    crops, cells = Crops(work / "lessons.pickle", np.random.default_rng(SEED + bool(start))), network()
    if start:
        cells.load_state_dict(torch.load(start))
    cells = cells.to(memory_format=torch.channels_last)
    kept = copy.deepcopy(cells)
    optimiser = torch.optim.AdamW(cells.parameters(), lr=RATE, weight_decay=1e-3)
    begun, mean, step, done = time.monotonic(), 0.0, 0, 0.0
    while done < 1:
        done = min((time.monotonic() - begun) / (60 * minutes), 1.0)
        step += 1
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, 100 * done + 0.01) * (1 + math.cos(math.pi * done)) / 2
        frames, shown, places = crops.draw()
        known = torch.from_numpy(shown)
        pictures = torch.from_numpy(frames)[:, None].float().div(255).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = cells(pictures)[:, 0].float()
        value = loss(logits, known)
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(cells.parameters(), 1.0)
        optimiser.step()
        crops.note(places, logits.detach().masked_fill(known != NONE, -1e4).numpy())
        with torch.no_grad():
            for ours, theirs in zip(kept.parameters(), cells.parameters(), strict=True):
                ours.lerp_(theirs, 1 - min(KEEP, step / (step + 10)))
        mean = 0.998 * mean + 0.002 * float(value.detach())
        if step % MORE == 0 or done == 1:
            crops.read_more()
            torch.save(kept.state_dict(), work / "network.pt")
            loss_so_far, lessons = mean / (1 - 0.998**step), len(crops.lessons)
            print(f"step {step}, {done:.1%} of the time, {lessons} lessons: loss {loss_so_far:.4f}", flush=True)


def calibrate(work: Path, fonts: Path, share: float, seconds: float) -> None:
    """Write the network with the highest threshold that passes on at least a share of what the reader finds."""
    cells = network()
    cells.load_state_dict(torch.load(work / "network.pt"))
    write_onnx(cells, 0.0, WEIGHTS)
    rows = examine_planted("calibrate", PLANTED, fonts, Reader(work / "answers.jsonl", seconds))
    finds = sorted(row["score"] for row in rows if row["found"])
    threshold = finds[int((1 - share) * len(finds))] - MARGIN
    write_onnx(cells, threshold, WEIGHTS)
    clean = [highest_score(pixels) for _, pixels in islice(phantom_slices(FIRST_CALIBRATE, each=2), CLEAN)]
    passed = np.mean(np.array(clean) > threshold)
    print(f"threshold {threshold:.3f} of {len(finds)} finds passes on {passed:.2%} of {CLEAN} clean slices of phantoms")
    print(f"{WEIGHTS.stat().st_size} bytes")


def main() -> None:
    """Train, or choose the threshold and write the file that is shipped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("train", "calibrate"))
    parser.add_argument("--work", type=Path, default=Path("build/text_detector"))
    parser.add_argument("--fonts", type=Path, default=Path("build/fonts"))
    parser.add_argument("--minutes", type=float, default=40, help="of training")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--recall", type=float, default=1.0, help="share of the reader's finds to be passed on")
    parser.add_argument("--seconds", type=float, default=1800, help="after which the reader is not asked any more")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.what == "train":
        train(given.work, given.minutes, given.start)
    else:
        calibrate(given.work, given.fonts, given.recall, given.seconds)


if __name__ == "__main__":
    main()
