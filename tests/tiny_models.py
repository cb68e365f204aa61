"""Random PaliGemma models small enough for tests: the nano's layout, and that of Gemma's tokenizer with additions."""

from pathlib import Path

import numpy as np
from datasets import Dataset
from PIL import Image
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, trainers
from transformers import PaliGemmaProcessor, PreTrainedTokenizerFast, SiglipImageProcessor

from radgrounder.models.nano import NanoSize, build_model, build_processor
from radgrounder.models.prepare import save_stock
from refrad2d.conversations import prompt, sft_row, turn
from refrad2d.grounding import Span, locate_answer, render
from refrad2d.labels import labels
from refrad2d.schema import features

SIZE = NanoSize(image=16, patch=8, width=32, tower_layers=1, decoder_layers=2, heads=2, vocabulary=420)
BOX = (0.1, 0.2, 0.5, 0.9)
TEXTS = [text for label in labels() for text in (label.english, label.german)] + [
    render("Die Leber ist glatt.", [Span(4, 9, "liver", BOX)]),
    prompt("report_boxes", "de"),
    prompt("vqa", "en", question="Is the liver visible?"),
    prompt("locate", "en", name="liver"),
    "yes no",
]


def picture(seed=0, size=224):
    """Noise as an RGB picture."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8))


def save_nano(folder: Path, seed: int = 1) -> Path:
    """A stock folder with the nano's tokenizer."""
    processor = build_processor(TEXTS, SIZE)
    save_stock(build_model(processor, SIZE, seed), processor, folder)
    return folder


def gemma_tokenizer(special: tuple[str, ...] = ()) -> PreTrainedTokenizerFast:
    """The layout of PaliGemma's: blanks as U+2581, byte fallback, location and class tokens added, and `special`."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=520,
        special_tokens=["<pad>", "<eos>", "<bos>", "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))],
        initial_alphabet=[chr(code) for code in range(33, 127)],
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    names = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, padding_side="right", clean_up_tokenization_spaces=False, **names,
        extra_special_tokens={"image_token": "<image>"},
    )  # fmt: skip
    fast.add_tokens([AddedToken("<image>", normalized=False, special=True)], special_tokens=True)
    fast.add_tokens(["\n", *(f"<loc{n:04d}>" for n in range(1024)), *(f"<seg{n:03d}>" for n in range(128))])
    if special:
        tokens = [AddedToken(token, normalized=False, special=True) for token in special]
        fast.add_special_tokens({"additional_special_tokens": tokens})
    return fast


def save_gemma(folder: Path, special: tuple[str, ...] = (), seed: int = 1) -> Path:
    """A stock folder with that tokenizer."""
    images = SiglipImageProcessor(size={"height": SIZE.image, "width": SIZE.image})
    images.image_seq_length = SIZE.image_tokens
    processor = PaliGemmaProcessor(images, gemma_tokenizer(special))
    save_stock(build_model(processor, SIZE, seed), processor, folder)
    return folder


def turns(seed: int) -> list[tuple[str, str]]:
    """Four (prompt, answer) pairs about a picture, of different lengths."""
    return [
        (prompt("report_boxes", "de"), render("Die Leber ist glatt.", [Span(4, 9, "liver", BOX)])),
        (prompt("vqa", "en", question="Is the liver visible?"), "yes" if seed % 2 else "no"),
        (prompt("locate", "en", name="liver"), locate_answer("liver", "liver", BOX)),
        (prompt("vqa", "en", context="Question: fever?", question="Which organ?"), "liver"),
    ]


def save_sft(folder: Path, *, pictures: int = 3) -> Path:
    """A dataset folder with an sft config, the same rows in train and validation."""
    folder.mkdir(parents=True)
    rows = [sft_row(picture(seed), turn(*pair)) for seed in range(pictures) for pair in turns(seed)]
    columns = "-".join(features("sft"))  # in the names, because `datasets` knows its cached copy by the card alone
    card = ["---", "configs:", "- config_name: sft", "  data_files:"]
    for split in ("train", "validation"):
        Dataset.from_list(rows, features=features("sft")).to_parquet(folder / f"sft-{split}-{columns}.parquet")
        card += [f"  - split: {split}", f"    path: sft-{split}-{columns}.parquet"]
    (folder / "README.md").write_text("\n".join([*card, "---", ""]))
    return folder
