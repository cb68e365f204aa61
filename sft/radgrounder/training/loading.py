"""The model and processor that a training script starts from, as TRL's options say.

>>> model, processor = load_trained(model_config, trust_remote_code=training.trust_remote_code)
"""

from typing import Any

import torch
from transformers import AutoModelForImageTextToText, AutoProcessor
from trl import ModelConfig, get_quantization_config


def load_trained(options: ModelConfig, *, trust_remote_code: bool) -> tuple[torch.nn.Module, Any]:
    """Model and processor of `options`, in its dtype, attention and quantization; the processor may bring code.

    ValueError if they name no model.
    """
    source = options.model_name_or_path
    if not source:
        raise ValueError("No model is named. Give --model_name_or_path FOLDER, what `radgrounder prepare` made.")
    processor = AutoProcessor.from_pretrained(source, trust_remote_code=trust_remote_code)
    model = AutoModelForImageTextToText.from_pretrained(
        source,
        dtype=options.dtype if options.dtype in (None, "auto") else getattr(torch, options.dtype),
        attn_implementation=options.attn_implementation,
        quantization_config=get_quantization_config(options),
    )
    return model, processor
