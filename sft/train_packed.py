"""`trl sft` with one image and all its answers as one sample: the same recipes, a base prepared for it.

radgrounder prepare sft/bases/nano build/packed-base --attention image
python sft/train_packed.py --config sft/recipes/nano/detection.yaml --model_name_or_path build/packed-base \
    --output_dir build/packed --per_device_train_batch_size 4
python sft/train_packed.py --config sft/recipes/paligemma2-3b/packed-24gb.yaml
"""

from dataclasses import dataclass

from datasets import load_dataset
from trl import ModelConfig, ScriptArguments, SFTConfig, TrlParser, get_peft_config

from radgrounder.training.loading import load_trained
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
    model, processor = load_trained(model_config, trust_remote_code=training.trust_remote_code)
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
