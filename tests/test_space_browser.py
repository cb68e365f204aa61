"""What a person does on the Space, in headless Chromium against a real server with a nano that learned three sentences."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from conftest import make_once
from PIL import Image

from refrad2d.conversations import prompt
from refrad2d.grounding import Span, render
from refrad2d.labels import labels

pytest.importorskip("gradio", reason="the Space needs gradio")
sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")

SPACE = Path(__file__).resolve().parents[1] / "space"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PATIENCE_MS = 20_000

REPORT = render(
    "Liver and spleen are smooth.",
    [Span(0, 5, "liver", (0, 0.25, 0.5, 0.75)), Span(10, 16, "spleen", (0.6, 0.5, 0.9, 0.8))],
)
BEFUND = render("Die Leber ist glatt.", [Span(4, 9, "liver", (0, 0.25, 0.5, 0.75))])
LESSONS = [
    (prompt("report_boxes", "en"), REPORT),
    (prompt("report_boxes", "de"), BEFUND),
    (prompt("vqa", "en", question="Is the liver visible?"), "yes"),
    (prompt("locate", "en", name="heart"), render("heart", [Span(0, 5, "heart", (0.25, 0.25, 0.75, 0.75))])),
]


def train_nano(out: Path) -> None:
    """A nano of two small layers that has learned LESSONS by heart, whatever the picture."""
    import torch

    from radgrounder.nano import NanoSize, build_model, build_processor

    size = NanoSize(image=32, patch=16, width=48, tower_layers=1, decoder_layers=2, heads=2, vocabulary=420)
    texts = [text for lesson in LESSONS for text in lesson] * 3 + [label.english for label in labels()]
    processor = build_processor(texts, size)
    model = build_model(processor, size, seed=1).train()
    picture = Image.fromarray(np.zeros((32, 32, 3), dtype=np.uint8))
    prompts, answers = zip(*LESSONS, strict=True)
    batch = processor(
        images=[picture] * len(LESSONS), text=[processor.image_token + p for p in prompts], suffix=list(answers),
        return_tensors="pt", padding=True,
    )  # fmt: skip
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0)
    for _ in range(300):
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if loss < 0.004:
            break
    model.save_pretrained(out)
    processor.save_pretrained(out)
