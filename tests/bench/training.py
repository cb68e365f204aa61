"""What training and prediction cost: `python -m tests.bench.training [--base DIR] [--dataset DIR]`, after `make demo`.

Prints padding waste, supervised answers per CPU second packed against one by one, batch 16 against 1, and what the
grammar costs per token. CPU time of one thread.
"""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

import torch
from datasets import load_dataset
from transformers import AutoModelForImageTextToText
from transformers.trainer_pt_utils import LengthGroupedSampler
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from radgrounder.inference.predictor import Predictor
from radgrounder.models.prepare import prepare
from radgrounder.models.processing import RadGrounderProcessor
from radgrounder.training.packing import PackedCollator, pack
from tests.fixtures.paths import ROOT

ANSWERS = 9  # conversations about a picture
OUT = ROOT / "docs/results/training.json"

Figures = dict[str, float]


def cpu_seconds(action, *, repeat: int = 3) -> float:
    """The best of several CPU times."""
    times = []
    for _ in range(repeat):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return min(times)


def waste(lengths: list[int], order: list[int], batch: int) -> float:
    """The share of positions that are padding."""
    batches = [[lengths[i] for i in order[at : at + batch]] for at in range(0, len(order), batch)]
    return 1 - sum(map(sum, batches)) / sum(len(one) * max(one) for one in batches)


def measure_padding(rows, processor, batch: int) -> Figures:
    """Random order, and grouping by the column `length` as the recipes do, and by true lengths; for the image tokens of
    this base, and for the 256 of PaliGemma at 224 px."""
    texts = [["".join(part["text"] or "" for part in m["content"]) for m in messages] for messages in rows["messages"]]
    encoded = processor.tokenizer([question + answer for question, answer in texts], add_special_tokens=False)
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    found = {}
    for image_tokens in (processor.image_seq_length, 256):
        where = f"padding at batch {batch}, {image_tokens} image tokens"
        lengths = [image_tokens + 3 + len(ids) for ids in encoded["input_ids"]]
        found[f"{where}, random order"] = waste(lengths, order, batch)
        for name, by in (("`length`", rows["length"][:]), ("tokens", lengths)):
            torch.manual_seed(0)
            grouped = list(LengthGroupedSampler(batch, lengths=by))
            found[f"{where}, grouped by {name}"] = waste(lengths, grouped, batch)
    return found


def measure_packing(rows, base: Path) -> Figures:
    """Forward and backward of the same conversations, as `trl sft` collates them and packed."""
    processor = RadGrounderProcessor.from_pretrained(base)
    model = AutoModelForImageTextToText.from_pretrained(base).train()
    packed = [row for row in pack(rows, most=ANSWERS) if len(row["messages"]) == 2 * ANSWERS][:4]
    plain = [
        {"image": row["image"], "messages": row["messages"][n : n + 2]}
        for row in packed
        for n in range(0, 2 * ANSWERS, 2)
    ]
    plain.sort(key=lambda row: len(str(row["messages"])))
    stock = DataCollatorForVisionLanguageModeling(processor, assistant_only_loss=True)
    together = PackedCollator(processor)

    def step(collate, part) -> None:
        model.zero_grad()
        model(**collate([dict(row) for row in part])).loss.backward()

    apart = cpu_seconds(lambda: [step(stock, plain[at : at + 12]) for at in range(0, len(plain), 12)])
    joined = cpu_seconds(lambda: [step(together, packed[at : at + 2]) for at in range(0, len(packed), 2)])
    what = f"supervised answers per CPU second at {ANSWERS} answers an image"
    return {
        f"{what}, one by one": len(plain) / apart,
        f"{what}, packed": len(plain) / joined,
        f"{what}, packed / one by one": apart / joined,
    }


def measure_prediction(rows, base: Path) -> Figures:
    """Different pictures, as in eval: batch 16 against 1; then the grammar per generated token."""
    prompts = [next(part["text"] for part in m[0]["content"] if part["text"]) for m in rows["messages"]]
    locate = [n for n, text in enumerate(prompts) if "Where is" in text or "Wo ist" in text][::7][:64]
    images, asked = [rows[n]["image"] for n in locate], [prompts[n] for n in locate]
    rates = {}
    for size in (1, 16):
        predictor = Predictor.load(base, batch_size=size)

        def ask(one=predictor) -> None:
            one.decoder.features.clear()
            one.generate(images, asked, max_new_tokens=24)

        rates[size] = len(locate) / cpu_seconds(ask, repeat=2)
    costs = {}
    for name, bound in (("free", False), ("bound", True), ("free", False), ("bound", True)):
        answers = predictor.generate_scored(
            images[:16], asked[:16], max_new_tokens=48, constrained=bound
        )  # masks stand

        def go(one=predictor, constrained=bound) -> None:
            one.generate(images[:16], asked[:16], max_new_tokens=48, constrained=constrained)

        step = cpu_seconds(go, repeat=7) / max(len(one.ids) for one in answers)
        costs[name] = min(step, costs.get(name, step))
    return {
        "locate prompts per CPU second, batch 1": rates[1],
        "locate prompts per CPU second, batch 16": rates[16],
        "locate prompts per CPU second, batch 16 / batch 1": rates[16] / rates[1],
        "CPU milliseconds per step of 16 rows, free": costs["free"] * 1e3,
        "CPU milliseconds per step of 16 rows, bound to the grammar": costs["bound"] * 1e3,
        "CPU milliseconds per step of 16 rows, bound / free": costs["bound"] / costs["free"],
    }


def main() -> None:
    """Measure all four, print them and write docs/results/training.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=Path("sft/bases/nano"))
    parser.add_argument("--dataset", default="build/demo/dataset/refrad2d")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = load_dataset(options.dataset, "sft", split="train")
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        prepare(str(options.base), base, attention="image")
        for batch in (8, 32):
            found |= measure_padding(rows, RadGrounderProcessor.from_pretrained(base), batch)
        found |= measure_packing(rows, base)
    found |= measure_prediction(rows, options.base)
    for name, value in found.items():
        print(f"{name:<90}{value:10.3f}")
    OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
