"""How a lesson computes: products of matrices in bfloat16, weights, sums, losses and attention in float32.

    >>> with quick_attention(model):
    ...     with computing("bfloat16"):
    ...         hidden = model.model(**batch).last_hidden_state

On a CPU that has the instructions a step takes two thirds of the time (`python -m tests.bench.pretraining`); on others
bfloat16 is slower than float32.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

PRECISIONS = ("float32", "bfloat16")
_ATTENTION = "float_attention"  # a name that transformers does not take for one of its own


def computing(precision: str) -> AbstractContextManager:
    """Within it products of matrices are made in `precision`. ValueError for an unknown one."""
    if precision not in PRECISIONS:
        raise ValueError(f"Unknown precision {precision!r}. Choose from {', '.join(PRECISIONS)}.")
    return torch.autocast("cpu", dtype=torch.bfloat16) if precision == "bfloat16" else nullcontext()


@contextmanager
def quick_attention(model: PreTrainedModel) -> Iterator[None]:
    """Within it the model attends by torch's fused function, always in float32, and as before afterwards.

    transformers has Gemma 2 attend step by step for the sake of its soft cap, which the nano does not have; fused
    attention in bfloat16 has a slow backward pass on a CPU. ValueError if the model does cap its scores.
    """
    configs = [part.config for part in model.modules() if isinstance(part, PreTrainedModel)]
    if any(getattr(config, "attn_logit_softcapping", None) for config in configs):
        raise ValueError("The model caps its attention scores; the fused function cannot. Pretrain one that does not.")
    AttentionInterface.register(_ATTENTION, _attend)
    AttentionMaskInterface.register(_ATTENTION, sdpa_mask)
    before = [config._attn_implementation for config in configs]
    try:
        for config in configs:
            config._attn_implementation = _ATTENTION
        yield
    finally:
        for config, name in zip(configs, before, strict=True):
            config._attn_implementation = name


def _attend(module, query, key, value, attention_mask, **options):
    with torch.autocast("cpu", enabled=False):
        out, weights = sdpa_attention_forward(
            module, query.float(), key.float(), value.float(), attention_mask, **options
        )
    return out.to(query.dtype), weights
