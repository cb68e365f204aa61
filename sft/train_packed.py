"""`trl sft` with one image and all its answers as one sample: the same recipes, a base prepared for it.

radgrounder prepare sft/bases/nano build/packed-base --attention image
python sft/train_packed.py --config sft/recipes/nano/detection.yaml --model_name_or_path build/packed-base \
    --output_dir build/packed --per_device_train_batch_size 4
python sft/train_packed.py --config sft/recipes/paligemma2-3b/packed-24gb.yaml
"""

from trl import ModelConfig, ScriptArguments, SFTConfig, TrlParser

from radgrounder.training.packing import PackingArguments
from radgrounder.training.packing import train as main

if __name__ == "__main__":
    main(*TrlParser((ScriptArguments, SFTConfig, ModelConfig, PackingArguments)).parse_args_and_config())
