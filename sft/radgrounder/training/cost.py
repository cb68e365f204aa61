"""What one training sample costs: floating point operations and memory, by arithmetic.

    >>> sample_flops(shape, Sample(image=256, text=501, supervised=200), Trained(...))

Multiplications of matrices only, an addition and a multiplication each. A weight costs 2 operations a token forward and
4 backward (the "6ND" of Kaplan et al. 2020, Scaling laws for neural language models, section 2.1), half of the backward
for the gradient that goes on, half for that of the weight; attention 4 operations for each pair of tokens and each
channel of the queries forward and twice that backward (Chowdhery et al. 2022, PaLM, appendix B: 12LHQT a token for
both). A frozen weight has no gradient of its own. What is checkpointed is computed once more (Chen et al. 2016,
Training deep nets with sublinear memory cost). tests/radgrounder/training/test_cost.py compares with FlopCounterMode.
"""

from dataclasses import dataclass
from typing import Literal

from radgrounder.training.shape import Adapted, Shape, Transformer

Way = Literal["all", "adapter", "none"]


@dataclass(frozen=True)
class Sample:
    """Tokens of a sample: of the image, of text behind it (prompts and answers), and those that have a loss."""

    image: int
    text: int
    supervised: int

    @property
    def length(self) -> int:
        """Tokens of the sequence."""
        return self.image + self.text


@dataclass(frozen=True)
class Trained:
    """What is trained: all weights or an adapter's; the tower may be frozen. `checkpointing` computes layers twice."""

    adapter: Adapted | None = None
    frozen_tower: bool = False
    checkpointing: bool = True

    @property
    def tower(self) -> Way:
        """What of the vision tower is trained. Through a frozen one transformers' checkpointing sends gradients too: it
        makes the patches ask for them."""
        if not self.adapter and not self.frozen_tower:
            return "all"
        return "adapter" if self.checkpointing or (self.adapter and self.adapter.tower) else "none"

    @property
    def decoder(self) -> Way:
        """What of the decoder is trained."""
        if self.adapter:
            return "adapter"
        return "all"

    def count(self, shape: Shape) -> int:
        """Trained weights."""
        if self.adapter:
            return self.adapter.tower + self.adapter.projector + self.adapter.decoder
        return shape.parameters - (shape.tower_parameters if self.frozen_tower else 0)


def sample_flops(shape: Shape, sample: Sample, trained: Trained) -> dict[str, float]:
    """Operations of a step by part: tower, projector, decoder, its attention, head. Forward, backward, recomputation.

    The head is that of TRL: at supervised tokens only, tile by tile, each tile computed again in the backward pass.
    """
    adapter = trained.adapter or Adapted(0, 0, 0)
    again = trained.checkpointing
    tower = _linear(shape.patching + shape.tower.multiplied, adapter.tower, sample.image, trained.tower, again)
    tower += _attention(shape.tower, sample.image, trained.tower, again)
    projector = trained.tower if trained.adapter else "all"
    head = 2 * shape.embedding * sample.supervised
    return {
        "tower": tower,
        "projector": _linear(shape.projector, adapter.projector, sample.image, projector, False),
        "decoder": _linear(shape.decoder.multiplied, adapter.decoder, sample.length, trained.decoder, again),
        "attention": _attention(shape.decoder, sample.length, trained.decoder, again),
        "head": head * (3 if trained.adapter else 4),  # forward, again, gradient that goes on, gradient of the weight
    }


def forward_flops(shape: Shape, sample: Sample) -> float:
    """Operations of a forward pass alone, as evaluation makes it, without an adapter's."""
    tokens = (shape.patching + shape.tower.multiplied + shape.projector) * sample.image
    tokens += shape.decoder.multiplied * sample.length + shape.embedding * sample.supervised
    return 2 * tokens + _pairs(shape.tower, sample.image) + _pairs(shape.decoder, sample.length)


def _linear(weights: int, adapter: int, tokens: int, way: Way, again: bool) -> float:
    """Of matrices with so many weights: forward, backward where something is trained, and forward again."""
    forward = 2 * weights * tokens
    beside = 2 * adapter * tokens
    if way == "none":
        return forward
    backward = 2 * forward if way == "all" else forward  # a frozen weight hands the gradient on, and has none
    return forward + backward + 3 * beside + (forward + beside if again else 0)


def _attention(layers: Transformer, tokens: int, way: Way, again: bool) -> float:
    return _pairs(layers, tokens) * (1 if way == "none" else 3 + again)


def _pairs(layers: Transformer, tokens: int) -> float:
    """Queries by keys and weights by values, for all pairs of tokens: a mask leaves none out."""
    return 4 * layers.scored * tokens**2


# Memory


@dataclass(frozen=True)
class Precision:
    """Bytes a number: of the stored weights and of what is computed with."""

    weights: int
    compute: int


DROPPED = 1  # bytes a number: which ones an adapter's dropout leaves, as CUDA keeps it; each matrix has its own
STATES = {"adafactor": 0, "sgd": 0, "adamw_torch": 2, "adamw_torch_fused": 2, "adamw_8bit": 0.5, "adamw_bnb_8bit": 0.5}


def memory(
    shape: Shape, sample: Sample, trained: Trained, *, batch: int, precision: Precision, optimizer: str
) -> dict[str, float]:
    """Bytes at the peak of a step by what holds them; an estimate, since allocators and kernels add their own.

    Layers that are checkpointed keep their input only, and the one that is being computed everything. ValueError if the
    optimizer is none whose states we know.
    """
    if optimizer not in STATES:
        raise ValueError(f"Unknown optimizer {optimizer!r}. Choose from {', '.join(STATES)}.")
    count = trained.count(shape)
    own = 4 if trained.adapter else precision.weights  # PEFT keeps adapters in float32
    copies = count if precision.weights > precision.compute and not trained.adapter else 0
    largest = 0 if trained.adapter else shape.embedding
    return {
        "weights": precision.weights * shape.parameters + (own * count if trained.adapter else 0),
        "copies": precision.compute * copies,  # autocast keeps those of a step
        "gradients": own * count,
        "optimizer": own * STATES[optimizer] * count + (2 * own * largest if optimizer == "adafactor" else 0),
        "activations": batch * _activations(shape, sample, trained, precision),
        "head": _head(shape, batch * sample.supervised, trained),
    }


def _activations(shape: Shape, sample: Sample, trained: Trained, precision: Precision) -> float:
    adapter, again = trained.adapter or Adapted(0, 0, 0), trained.checkpointing
    found = kept_bytes(shape.decoder, sample.length, trained.decoder, again, precision, adapter.decoder_inputs)
    found += kept_bytes(shape.tower, sample.image, trained.tower, again, precision, adapter.tower_inputs)
    return found + 2 * precision.weights * sample.length**2  # masks of whole and of sliding attention


def kept_bytes(
    layers: Transformer, tokens: int, way: Way, again: bool, precision: Precision, adapted: int = 0
) -> float:
    """Bytes that layers keep for the backward pass, or hold for a moment if they are frozen.

    `adapted`: how wide what an adapter's matrices read is, over all layers. Layers that are computed `again` keep their
    input, as wide as weights are; the one that is being computed has its gradients beside it. What a layer keeps is as
    torch's saved_tensors_hooks find it in transformers' layers of 5.23 (tests/radgrounder/training/test_cost.py).
    """
    layer = tokens * _channel_bytes(layers, way, precision, adapted) + tokens**2 * _score_bytes(layers, precision)
    if way == "none":
        return layer
    if again:
        return layers.layers * precision.weights * tokens * layers.width + 2 * layer
    return layers.layers * layer


def _channel_bytes(layers: Transformer, way: Way, precision: Precision, adapted: int) -> float:
    """Bytes that a layer keeps of a token: inputs of norms and matrices, queries, keys, values, the feed-forward."""
    number, whole = precision.compute, way != "adapter"
    normed = 2 * precision.weights  # a layer norm keeps its input
    if layers.gated:
        normed = 4 * layers.norms * (1 + whole)  # Gemma's are in float32, what a trained weight scales beside the input
    copies = 3 + 1 + layers.gated if precision.weights > number else 2  # autocast casts once for each matrix
    queries, middle = 3 + (whole or not layers.capped), 1 + 2 * layers.gated + whole
    read = copies * number * layers.width if whole else adapted / layers.layers * (number + DROPPED)
    return (
        normed * layers.width
        + read
        + number * (queries * layers.heads * layers.head_dim + middle * layers.feed_forward)
    )


def _score_bytes(layers: Transformer, precision: Precision) -> float:
    """Bytes that a layer keeps of a pair of tokens: sdpa none; eager attention weights in float32, a cast, the cap."""
    number = precision.compute
    return layers.heads * (4 + (number if number < 4 else 0) + number) if layers.capped else 0


def _head(shape: Shape, supervised: int, trained: Trained) -> float:
    """The last states and their gradients in float32, a tile of logits, the gradient of the weight in float32."""
    states = 2 * 4 * supervised * shape.decoder.width
    tile = 2 * 4 * min(supervised, 4096) * min(shape.vocabulary, 8192)
    return states + tile + (0 if trained.adapter else 4 * shape.embedding)
