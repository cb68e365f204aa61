"""A mask head for a model that writes boxes, by TRL's trainer: the base frozen, or with an adapter.

radgrounder heldout build/masks/data --like sft/bases/nano --patients 120
python sft/train_masks.py --config sft/recipes/nano/masks.yaml
radgrounder release sft/bases/nano build/masks/model --mask-head build/masks/head
"""

from dataclasses import dataclass

import torch
from datasets import load_dataset
from trl import ModelConfig, ScriptArguments, SFTConfig, TrlParser, get_peft_config

from radgrounder.masks.collator import STRUCTURES, MaskCollator
from radgrounder.masks.head import MaskHead
from radgrounder.masks.shape import PROMPTS, MaskShape
from radgrounder.training.loading import load_trained
from radgrounder.training.masks import MaskTrainer


@dataclass
class MaskArguments:
    """Beside TRL's own.

    `mask_prompt`: "detection" asks with what closes a span with a box, "mention" with what closes a mention without
    one, as in the paper, which the model has to learn to write (`use_peft`). `structures_per_slice`: so many are asked
    for one by one, beside the report.
    """

    mask_prompt: str = PROMPTS[0]
    structures_per_slice: int = STRUCTURES


def main(script: ScriptArguments, training: SFTConfig, model_config: ModelConfig, masks: MaskArguments) -> None:
    """Load, train, save."""
    model, processor = load_trained(model_config, trust_remote_code=training.trust_remote_code)
    rows = load_dataset(script.dataset_name, script.dataset_config)
    torch.manual_seed(training.seed)
    shape = MaskShape.of(model.config, prompt=masks.mask_prompt)
    trainer = MaskTrainer(
        model,
        training,
        head=MaskHead(shape),
        data_collator=MaskCollator(processor, model, shape, structures=masks.structures_per_slice),
        train_dataset=rows[script.dataset_train_split],
        eval_dataset=rows[script.dataset_test_split] if training.eval_strategy != "no" else None,
        processing_class=processor,
        peft_config=get_peft_config(model_config),
    )
    trainer.train(resume_from_checkpoint=training.resume_from_checkpoint)
    trainer.save_model(training.output_dir)


if __name__ == "__main__":
    main(*TrlParser((ScriptArguments, SFTConfig, ModelConfig, MaskArguments)).parse_args_and_config())
