"""Train the network of the text detector on planted text, and choose its threshold; writes its ONNX file.

    nice python -m tests.bench.fit_text_detector train --until 4200       # of 4,500 steps; build/text_detector/network.pt
    mv build/text_detector/network.pt build/text_detector/first.pt
    nice python -m tests.bench.fit_text_detector train --start build/text_detector/first.pt --steps 6000
    nice python -m tests.bench.fit_text_detector calibrate                # privacy/data/text_detector.onnx

Needs torch, the package onnx and the fonts of tests.bench.text_fonts. Text is planted in slices of the phantom, of the
real volumes beside this repository and in pictures of VQA-RAD in which the reader sees nothing at all. The threshold is
just below the lowest score of what the reader finds of other texts, in other fonts and phantoms.
"""

import argparse
import math
import pickle
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import nn
from torch.nn import functional as F

from refrad2d.privacy.burnt_in import load_reader, read_text, render
from refrad2d.privacy.text_detector import WEIGHTS, highest_score
from tests.bench.clean_slices import phantom_slices, real_volumes
from tests.bench.planted_text import pictures, plant
from tests.bench.text_detector import Reader, examine_planted
from tests.bench.text_fonts import families

SIDE, CELL, BATCH = 224, 16, 16  # pixels of a crop, of a cell of the network, crops a step
FIRST, FIRST_CALIBRATE = 100_000, 200_000  # seeds of patients
PHANTOM, PLANTED, CLEAN = 1500, 600, 1000  # slices to train on; with text and without, to choose the threshold on
MARGIN = 0.01  # of a score
LEAST_CONTRAST = 5 / 255  # of a crop's range; text below is neither sought nor denied
KEPT = 400  # crops that may be shown again, turned
SEED = 19
Sample = tuple[np.ndarray, np.ndarray]


def network() -> nn.Sequential:
    """The network: (n, 1, rows, columns) in [0, 1] → one logit a cell of 16 × 16 pixels."""
    layers: list[nn.Module] = [nn.Conv2d(1, 16, 8, 4, 2), nn.ReLU()]
    for before, after, stride in ((16, 32, 2), (32, 32, 1), (32, 48, 2), (48, 32, 1)):
        layers += [nn.Conv2d(before, after, 3, stride, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(32, 32, 3, 1, 1, groups=32), nn.Conv2d(32, 1, 1))


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
        inputs, about = [f"at{n}", f"weight{n}", f"bias{n}"], {"pads": pads, "strides": strides, "group": layer.groups}
        nodes.append(helper.make_node("Conv", inputs, [f"at{n + 1}"], **about))
    nodes.append(helper.make_node("ReduceMax", [f"at{len(cells)}"], ["score"], keepdims=0))
    frame = helper.make_tensor_value_info("frame", TensorProto.UINT8, [1, 1, "rows", "columns"])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, [])
    graph = helper.make_graph(nodes, "text_detector", [frame], [score], kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="refrad2d")
    model.ir_version = 8
    helper.set_model_props(model, {"threshold": repr(round(threshold, 4))})
    checker.check_model(model)
    save(model, path)


def backgrounds(work: Path) -> list[list[np.ndarray]]:
    """Slices without text to plant in, by kind: phantom, real, pictures; kept below `work`."""
    path = work / "backgrounds.pickle"
    if not path.is_file():
        load_reader()
        phantom = [pixels for _, pixels in islice(phantom_slices(FIRST), PHANTOM)]
        real = [one for one in real_volumes((0, 1, 2)) if np.ptp(one)]
        path.write_bytes(pickle.dumps([phantom, real, [wipe(one) for one in pictures("train")]]))
    return pickle.loads(path.read_bytes())


def wipe(picture: np.ndarray) -> np.ndarray:
    """A picture without anything that the reader sees, filled from around it, at 0.6 of its size: uint16."""
    import cv2

    seen = np.zeros(picture.shape, np.uint8)
    for box, _, _ in read_text(np.stack([render(picture)] * 3, axis=-1)):
        x_min, y_min, x_max, y_max = (round(c) for c in box)
        seen[max(y_min - 5, 0) : y_max + 5, max(x_min - 5, 0) : x_max + 5] = 1
    clean = cv2.inpaint(picture.astype(np.uint8), seen, 3, cv2.INPAINT_TELEA)
    return cv2.resize(clean, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA).astype(np.uint16)


def crop(frame: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A crop of a frame, turned, mirrored, resized and windowed somehow, (SIDE, SIDE) uint16; black where it ends."""
    frame = np.rot90(frame, int(rng.integers(4)))[:: int(rng.choice((1, -1)))]
    by = float(np.exp(rng.uniform(np.log(0.6), np.log(2.2)))) if rng.random() < 0.7 else 1.0
    if max(frame.shape) < SIDE and rng.random() < 0.7:
        by *= SIDE / max(frame.shape)
    reach = [min(n, math.ceil(SIDE / by)) for n in frame.shape]
    y, x = (int(rng.integers(n - k + 1)) for n, k in zip(frame.shape, reach, strict=True))
    part = frame[y : y + reach[0], x : x + reach[1]].astype(np.float32)
    if by != 1.0:
        size = [min(SIDE, max(32, round(n * by))) for n in reach[::-1]]
        kind = Image.Resampling.BICUBIC if rng.random() < 0.7 else Image.Resampling.NEAREST
        part = np.array(Image.fromarray(part).resize(size, kind))
    out = np.zeros((SIDE, SIDE), np.float32)
    part -= part.min()
    if rng.random() < 0.25:  # as a window on CT or MR shows it
        low, high = np.percentile(part, sorted(rng.uniform(0, 100, 2)))
        part = np.clip(part, low, max(high, low + 1)) - low
    if rng.random() < 0.2:
        part += rng.normal(0, rng.uniform(0.002, 0.04) * max(float(part.max()), 1.0), part.shape)
        part = part.clip(0)
    top, left = (int(rng.integers(SIDE - n + 1)) if rng.random() < 0.5 else 0 for n in part.shape)
    out[top : top + part.shape[0], left : left + part.shape[1]] = part
    return np.round(out * (4000 / max(float(out.max()), 1.0))).astype(np.uint16)


def sample(kinds: list, fonts: dict, rng: np.random.Generator) -> Sample:
    """A crop in [0, 1], and its cells: 1 text, 0 none, -1 neither."""
    some = kinds[int(rng.choice(len(kinds), p=(0.55, 0.2, 0.25)))]
    frame = crop(some[int(rng.integers(len(some)))], rng)
    if rng.random() < 0.25:  # something outshines the anatomy: metal, or the text itself
        frame = np.round(frame * rng.uniform(0.15, 1)).astype(np.uint16)
        frame[int(rng.integers(SIDE)), int(rng.integers(SIDE))] = 4000
    cells = np.zeros((SIDE // CELL, SIDE // CELL), np.int8)
    for _ in range(int(rng.choice(4, p=(0.4, 0.4, 0.15, 0.05)))):
        if planted := plant(frame, fonts, rng):
            mark(cells, frame, planted.frame, planted.box, planted.ink)
            frame = planted.frame
    values = frame.astype(np.float32)
    values -= values.min()
    return np.round(values * (255 / max(float(values.max()), 1.0))) / 255, cells


def turn(one: Sample, rng: np.random.Generator) -> Sample:
    """A crop and its cells, turned by quarters."""
    by = int(rng.integers(4))
    return np.rot90(one[0], by), np.rot90(one[1], by)


def mark(cells: np.ndarray, before: np.ndarray, after: np.ndarray, box: tuple, ink: np.ndarray) -> None:
    """Note in the cells where a text was planted."""
    x_min, y_min, x_max, y_max = box
    inked = np.zeros(before.shape, bool)
    inked[y_min:y_max, x_min:x_max] = ink > 0.2
    change = np.abs(after.astype(np.float32) - before)[inked] / max(float(after.max()), 1.0)
    blocks = inked.reshape(SIDE // 4, 4, SIDE // 4, 4).any(axis=(1, 3))
    blocks = ndimage.binary_dilation(blocks, np.ones((3, 3)))
    count = blocks.reshape(SIDE // CELL, 4, SIDE // CELL, 4).sum(axis=(1, 3))
    text = count >= 6
    near = ndimage.binary_dilation(count > 0, np.ones((3, 3)))
    cells[near & (cells == 0)] = -1
    if change.size and float(np.percentile(change, 75)) >= LEAST_CONTRAST:
        cells[text] = 1


def loss(logits: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    """Every text shall have high cells and one very high one; the highest of the other cells shall be low."""
    flat, known = logits.flatten(1), cells.flatten(1)
    high = flat.masked_fill(known != 1, -1e4).topk(3, dim=1).values
    has = (known == 1).sum(1) >= 3
    total = 0.3 * F.softplus(-flat[known == 1]).mean() + F.softplus(-high[has].mean(1)).mean()
    low = flat.masked_fill(known != 0, -1e4).topk(8, dim=1).values
    return total + F.softplus(low).mean() + 0.5 * F.softplus(flat[known == 0]).mean()


def train(work: Path, fonts_in: Path, steps: int, until: int, start: Path | None) -> None:
    """Train on batches made as they are needed; the rate rises for 200 steps, then falls. `start` are other weights."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    rng = np.random.default_rng(SEED + bool(start))
    kinds, fonts, cells = backgrounds(work), families(fonts_in, "train"), network()
    if start:
        cells.load_state_dict(torch.load(start))
    optimiser = torch.optim.AdamW(cells.parameters(), lr=2e-3, weight_decay=1e-3)
    begun, mean, highest, kept = time.process_time(), 0.0, 1.5e-3 if start else 3e-3, list[Sample]()
    for step in range(1, min(steps, until) + 1):
        for group in optimiser.param_groups:
            group["lr"] = highest * min(1, step / 200) * (0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2)
        made = [sample(kinds, fonts, rng) for _ in range(BATCH // 2)]
        kept = [*kept, *made][-KEPT:]
        made += [turn(kept[int(rng.integers(len(kept)))], rng) for _ in range(BATCH // 2)]  # to make one takes long
        frames = torch.from_numpy(np.stack([one for one, _ in made])[:, None])
        value = loss(cells(frames), torch.from_numpy(np.stack([known for _, known in made])))
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(cells.parameters(), 1.0)
        optimiser.step()
        mean = 0.99 * mean + 0.01 * float(value.detach())
        if step % 200 == 0 or step == min(steps, until):
            minutes = (time.process_time() - begun) / 60
            print(f"step {step}, CPU minute {minutes:.1f}: loss {mean / (1 - 0.99**step):.4f}", flush=True)
            torch.save(cells.state_dict(), work / "network.pt")


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
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--until", type=int, default=10**9, help="stop after so many of the steps")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--recall", type=float, default=1.0, help="share of the reader's finds to be passed on")
    parser.add_argument("--seconds", type=float, default=1800, help="after which the reader is not asked any more")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.what == "train":
        train(given.work, given.fonts, given.steps, given.until, given.start)
    else:
        calibrate(given.work, given.fonts, given.recall, given.seconds)


if __name__ == "__main__":
    main()
