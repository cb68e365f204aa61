"""`trl sft` with one image and all its answers as one sample: the same recipes, a base prepared for it.

radgrounder prepare sft/bases/nano build/packed-base --attention image
python sft/train_packed.py --config sft/recipes/nano/detection.yaml --model_name_or_path build/packed-base \
    --output_dir build/packed --per_device_train_batch_size 4
python sft/train_packed.py --config sft/recipes/paligemma2-3b/packed-24gb.yaml
"""

from dataclasses import dataclass

import torch
from datasets import load_dataset
from transformers import AutoModelForImageTextToText, AutoProcessor
from trl import ModelConfig, ScriptArguments, SFTConfig, TrlParser, get_peft_config, get_quantization_config

from radgrounder.training.packing import PackedCollator, PackedTrainer, pack


@dataclass
class PackingArguments:
    """Beside TRL's own.

    `answers_per_sample`: at most so many conversations about a picture in one sample; 0 for rows that `radgrounder mix
    cap --packed` made. `frozen_tower`: the vision tower is not trained, as in the paper.
    """

    answers_per_sample: int = 16
    frozen_tower: bool = False


def main(script: ScriptArguments, training: SFTConfig, model_config: ModelConfig, packing: PackingArguments) -> None:
    """Load, pack, train, save."""
    source = model_config.model_name_or_path
    processor = AutoProcessor.from_pretrained(source, trust_remote_code=training.trust_remote_code)
    dtype = model_config.dtype if model_config.dtype in (None, "auto") else getattr(torch, model_config.dtype)
    model = AutoModelForImageTextToText.from_pretrained(
        source,
        dtype=dtype,
        attn_implementation=model_config.attn_implementation,
        quantization_config=get_quantization_config(model_config),
    )
    if packing.frozen_tower:
        model.model.vision_tower.requires_grad_(False)
    rows = load_dataset(script.dataset_name, script.dataset_config)
    train = pack(rows[script.dataset_train_split], most=packing.answers_per_sample)
    judged = training.eval_strategy != "no"
    trainer = PackedTrainer(
        model,
        training,
        data_collator=PackedCollator(processor, dtype=model.dtype),
        train_dataset=train,
        eval_dataset=pack(rows[script.dataset_test_split], most=packing.answers_per_sample) if judged else None,
        processing_class=processor,
        peft_config=get_peft_config(model_config),
    )
    trainer.train(resume_from_checkpoint=training.resume_from_checkpoint)
    trainer.save_model(training.output_dir)


if __name__ == "__main__":
    main(*TrlParser((ScriptArguments, SFTConfig, ModelConfig, PackingArguments)).parse_args_and_config())
