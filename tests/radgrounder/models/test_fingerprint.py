"""The shipped base belongs to the code: what its weights depend on has not changed since they were made."""

import json

import pytest
from transformers import AutoModelForImageTextToText, AutoProcessor

from radgrounder.models.fingerprint import FILE, fingerprint, stale_parts
from refrad2d.conversations import PROMPTS
from tests.fixtures.paths import ROOT

BASES = sorted(path.parent for path in (ROOT / "sft/bases").glob("*/config.json"))
MAX_BASE = 7_000_000  # bytes of a shipped base
MAX_BYTES = 10_000_000  # all shipped weights together


@pytest.mark.parametrize("part", ["classes", "grammar", "prompts", "windows"])
@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_the_weights_fit_the_code(base, part):
    made_with = json.loads((base / FILE).read_text(encoding="utf-8"))
    fits = made_with[part] == fingerprint(made_with["tasks"])[part]
    if part in stale_parts(base):
        assert not fits, f"{part} of {base.name} is stale no more. Take it out of stale.json."
    else:
        assert fits, (
            f"{part} changed since {base.name} was pretrained. Undo the change, or pretrain anew with `make base`."
        )


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_the_results_say_what_is_stale(base):
    results = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    assert all(f"`{part}`" in results for part in stale_parts(base))


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_a_base_loads_with_stock_classes(base):
    model = AutoModelForImageTextToText.from_pretrained(base)
    processor = AutoProcessor.from_pretrained(base)
    assert type(model).__name__ == "PaliGemmaForConditionalGeneration"
    assert type(processor).__name__ == "PaliGemmaProcessor"


def test_weights_without_a_stale_entry_have_no_stale_parts(tmp_path):
    assert stale_parts(tmp_path) == []


def test_all_weights_are_small():
    assert BASES, "no base is shipped"
    assert all((base / "model.safetensors").stat().st_size <= MAX_BASE for base in BASES)
    assert sum(path.stat().st_size for base in BASES for path in base.rglob("*.safetensors")) <= MAX_BYTES


def test_a_prompt_that_is_added_leaves_older_weights_as_they_are(monkeypatch):
    known = fingerprint(["report", "locate"])
    monkeypatch.setitem(PROMPTS, "impression", {"en": "Give the impression:", "de": "Gib die Beurteilung:"})
    assert fingerprint(["report", "locate"]) == known


def test_a_prompt_that_is_changed_makes_weights_stale(monkeypatch):
    known = fingerprint(["report", "locate"])
    monkeypatch.setitem(PROMPTS, "locate", {"en": "Find the {name}.", "de": "Finde: {name}."})
    assert fingerprint(["report", "locate"])["prompts"] != known["prompts"]
