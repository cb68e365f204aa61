"""The shape of a PaliGemma as numbers: how many weights, and which of them multiply matrices.

    >>> shape_of(AutoConfig.from_pretrained("build/paligemma2-3b-base")).parameters
    >>> shape_of(large_config()).parameters

Nothing is downloaded or allocated; tests/radgrounder/training/test_shape.py holds the counts against the model on
torch's meta device.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Transformer:
    """Layers of one kind. `gated` has two matrices up instead of one; `norms` are weights of normalisation in a layer,
    in widths; `biased` layers add a bias to each matrix; `capped` ones cap the scores of their attention, which
    sdpa cannot: transformers computes it eagerly (`Gemma2PreTrainedModel._supports_sdpa` is False)."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    head_dim: int
    feed_forward: int
    gated: bool
    norms: int
    biased: bool
    capped: bool = False

    @property
    def matrices(self) -> dict[str, tuple[int, int]]:
        """(in, out) of the matrices of a layer by the names of their modules."""
        queries, keys, up = self.heads * self.head_dim, self.kv_heads * self.head_dim, (self.width, self.feed_forward)
        attention = {
            "self_attn.q_proj": (self.width, queries),
            "self_attn.k_proj": (self.width, keys),
            "self_attn.v_proj": (self.width, keys),
            f"self_attn.{'o' if self.gated else 'out'}_proj": (queries, self.width),
        }
        if self.gated:
            return {**attention, "mlp.gate_proj": up, "mlp.up_proj": up, "mlp.down_proj": up[::-1]}
        return {**attention, "mlp.fc1": up, "mlp.fc2": up[::-1]}

    @property
    def multiplied(self) -> int:
        """Weights in matrices of all layers."""
        return self.layers * sum(a * b for a, b in self.matrices.values())

    @property
    def parameters(self) -> int:
        """All weights of all layers."""
        biases = sum(out for _, out in self.matrices.values()) if self.biased else 0
        return self.multiplied + self.layers * (self.norms * self.width + biases)

    @property
    def scored(self) -> int:
        """Widths of queries over all layers: what the attention of one token to another multiplies, once."""
        return self.layers * self.heads * self.head_dim


@dataclass(frozen=True)
class Shape:
    """A PaliGemma. `image` and `patch` are sides in pixels."""

    tower: Transformer
    decoder: Transformer
    image: int
    patch: int
    vocabulary: int

    @property
    def image_tokens(self) -> int:
        """How many tokens an image becomes."""
        return (self.image // self.patch) ** 2

    @property
    def patching(self) -> int:
        """Weights of the patch embedding."""
        return 3 * self.patch**2 * self.tower.width

    @property
    def projector(self) -> int:
        """Weights of the matrix between tower and decoder."""
        return self.tower.width * self.decoder.width

    @property
    def embedding(self) -> int:
        """Weights of the token embedding, which is the head too."""
        return self.vocabulary * self.decoder.width

    @property
    def tower_parameters(self) -> int:
        """All weights of the vision tower; its patch embedding has a bias, its last norm two weights a channel."""
        return self.patching + (self.image_tokens + 3) * self.tower.width + self.tower.parameters

    @property
    def parameters(self) -> int:
        """All weights; the projector has a bias, the decoder a last norm."""
        return (
            self.tower_parameters + self.projector + 2 * self.decoder.width + self.embedding + self.decoder.parameters
        )


def shape_of(config: Any) -> Shape:
    """The shape that a PaliGemmaConfig describes. ValueError if its parts are none that we can count."""
    vision, text = config.vision_config, config.text_config
    if vision.model_type != "siglip_vision_model" or text.model_type not in ("gemma", "gemma2"):
        raise ValueError(
            f"A {vision.model_type} with a {text.model_type} cannot be counted. Give a PaliGemma or PaliGemma 2."
        )
    tower = Transformer(
        vision.num_hidden_layers, vision.hidden_size, vision.num_attention_heads, vision.num_attention_heads,
        vision.hidden_size // vision.num_attention_heads, vision.intermediate_size, gated=False, norms=4, biased=True,
    )  # fmt: skip
    decoder = Transformer(
        text.num_hidden_layers, text.hidden_size, text.num_attention_heads, text.num_key_value_heads, text.head_dim,
        text.intermediate_size, gated=True, norms=4 if text.model_type == "gemma2" else 2, biased=False,
        capped=text.model_type == "gemma2",
    )  # fmt: skip
    return Shape(tower, decoder, vision.image_size, vision.patch_size, text.vocab_size)


def large_config() -> Any:
    """The config of PaliGemma 2 3B at 224 px: SigLIP So400m in patches of 14 px, Gemma 2 2B, 257,216 tokens."""
    from transformers import PaliGemmaConfig

    vision = {
        "model_type": "siglip_vision_model", "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
        "num_attention_heads": 16, "image_size": 224, "patch_size": 14, "vision_use_head": False,
    }  # fmt: skip
    text = {
        "model_type": "gemma2", "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 257216,
        "query_pre_attn_scalar": 256, "tie_word_embeddings": True,
    }  # fmt: skip
    return PaliGemmaConfig(
        vision_config=vision, text_config=text, projection_dim=2304, image_token_index=257152, tie_word_embeddings=True
    )


@dataclass(frozen=True)
class Adapted:
    """Weights of a LoRA adapter in tower, projector and decoder; how wide what its matrices read is, in all layers."""

    tower: int
    projector: int
    decoder: int
    tower_inputs: int = 0
    decoder_inputs: int = 0


def lora_weights(shape: Shape, rank: int, targets: Sequence[str]) -> Adapted:
    """The weights of an adapter on these target modules: one regular expression of whole names, or several last names.

    As TRL hands them to PEFT. ValueError if no module has such a name.
    """
    sizes: dict[str, list[tuple[int, int]]] = {"tower": [], "projector": [], "decoder": []}
    for part, name, size in _modules(shape):
        if _is_target(name, targets):
            sizes[part].append(size)
    if not any(sizes.values()):
        raise ValueError(f"No module is named {', '.join(targets)}. See lora_target_modules of a recipe that runs.")
    counts = {part: rank * sum(a + b for a, b in found) for part, found in sizes.items()}
    tower, decoder = (sum(a for a, _ in sizes[part]) for part in ("tower", "decoder"))
    return Adapted(**counts, tower_inputs=tower, decoder_inputs=decoder)


def _is_target(name: str, targets: Sequence[str]) -> bool:
    if len(targets) == 1 and targets[0] == "all-linear":
        return not name.endswith("patch_embedding")
    if len(targets) == 1:
        return re.fullmatch(targets[0], name) is not None or name.endswith(f".{targets[0]}")
    return any(name == target or name.endswith(f".{target}") for target in targets)


def _modules(shape: Shape) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Part, name and (in, out) of each module with a matrix, as PEFT sees them; the head is tied and left out."""
    yield "tower", "model.vision_tower.embeddings.patch_embedding", (3 * shape.patch**2, shape.tower.width)
    yield "projector", "model.multi_modal_projector.linear", (shape.tower.width, shape.decoder.width)
    parts = {"tower": ("model.vision_tower.encoder", shape.tower), "decoder": ("model.language_model", shape.decoder)}
    for part, (root, layers) in parts.items():
        for number in range(layers.layers):
            for name, size in layers.matrices.items():
                yield part, f"{root}.layers.{number}.{name}", size
