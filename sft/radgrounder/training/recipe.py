"""What a recipe says about its cost, read without torch: sizes, what is trained, numbers that hold the weights.

>>> read_recipe(Path("sft/recipes/paligemma2-3b/packed-24gb.yaml")).samples_a_step
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEFAULTS = {  # of TRL's parser and of sft/train_packed.py; tests compare
    "model_name_or_path": "", "dtype": "float32", "bf16": True, "use_peft": False, "lora_r": 16,
    "lora_target_modules": None, "per_device_train_batch_size": 8, "gradient_accumulation_steps": 1,
    "gradient_checkpointing": True, "optim": "adamw_torch_fused", "learning_rate": 2e-5, "num_train_epochs": 3.0,
    "max_steps": -1, "eval_strategy": "no", "eval_steps": None, "logging_steps": 10, "answers_per_sample": None,
    "frozen_tower": False,
}  # fmt: skip
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
FRACTION_BITS = {"float32": 23, "bfloat16": 7, "float16": 10}


@dataclass(frozen=True)
class Recipe:
    """The keys of a recipe that its cost depends on, with TRL's defaults where it is silent."""

    model: str
    dtype: str
    autocast: bool
    lora_rank: int | None
    lora_targets: tuple[str, ...]
    batch: int
    accumulation: int
    checkpointing: bool
    optimizer: str
    rate: float
    epochs: float
    max_steps: int
    eval_strategy: str
    eval_steps: float
    packed: int | None  # answers a sample at most; 0: rows are packed already; None: one conversation a sample
    frozen_tower: bool
    mask_head: bool = False

    @property
    def samples_a_step(self) -> int:
        """Samples that one step of the optimizer sees."""
        return self.batch * self.accumulation

    @property
    def trained_dtype(self) -> str:
        """The type of the trained weights: PEFT makes those of an adapter float32, others stay as they were loaded."""
        return "float32" if self.lora_rank else self.dtype

    def evaluations(self, steps: int) -> int:
        """How often validation rows are judged in so many steps."""
        if self.eval_strategy == "no":
            return 0
        if self.eval_strategy == "epoch":
            return int(self.epochs)
        every = self.eval_steps * steps if self.eval_steps < 1 else self.eval_steps
        return int(steps / every + 1e-9) if every else 0


def read_recipe(path: Path) -> Recipe:
    """A recipe of `trl sft` or of sft/train_packed.py. ValueError if there is none, or if it names an unknown type."""
    if not path.is_file():
        raise ValueError(f"There is no {path}. Give a recipe of `trl sft`, a YAML file.")
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no YAML. Give a recipe of `trl sft`.") from error
    if not isinstance(given, dict):
        raise ValueError(f"{path} holds no keys. Give a recipe of `trl sft`.")
    return make_recipe({**DEFAULTS, **given})


def make_recipe(keys: dict[str, Any]) -> Recipe:
    """A recipe of all keys of `DEFAULTS`. ValueError if a type is unknown or a number is none."""
    if str(keys["dtype"]) not in BYTES:
        raise ValueError(f"The dtype {keys['dtype']!r} cannot be counted. Choose from {', '.join(BYTES)}.")
    if keys.get("load_in_4bit") or keys.get("load_in_8bit"):
        raise ValueError("Quantised weights (load_in_4bit, load_in_8bit) cannot be counted. Leave them out to plan.")
    return Recipe(
        model=str(keys["model_name_or_path"]),
        dtype=keys["dtype"],
        autocast=bool(keys["bf16"]),
        lora_rank=_whole(keys, "lora_r", 1) if keys["use_peft"] else None,
        lora_targets=_targets(keys["lora_target_modules"]) if keys["use_peft"] else (),
        batch=_whole(keys, "per_device_train_batch_size", 1),
        accumulation=_whole(keys, "gradient_accumulation_steps", 1),
        checkpointing=bool(keys["gradient_checkpointing"]),
        optimizer=str(keys["optim"]),
        rate=_number(keys, "learning_rate", 0),
        epochs=_number(keys, "num_train_epochs", 0),
        max_steps=_whole(keys, "max_steps", -1),
        eval_strategy=str(keys["eval_strategy"]),
        eval_steps=_number(keys, "logging_steps" if keys["eval_steps"] is None else "eval_steps", 0),
        packed=None if keys["answers_per_sample"] is None else _whole(keys, "answers_per_sample", 0),
        frozen_tower=bool(keys["frozen_tower"]),
        mask_head="mask_prompt" in keys,
    )


def _number(keys: dict[str, Any], name: str, least: float) -> float:
    value = keys[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= least:
        remedy = "Write 5.0e-5 with its dot; YAML reads 5e-5 as text." if isinstance(value, str) else ""
        raise ValueError(f"The recipe's {name} is {value!r}. Give a number of {least} or more. {remedy}".strip())
    return float(value)


def _whole(keys: dict[str, Any], name: str, least: int) -> int:
    value = _number(keys, name, least)
    if value != int(value):
        raise ValueError(f"The recipe's {name} is {keys[name]!r}. Give a whole number.")
    return int(value)


def _targets(given: Any) -> tuple[str, ...]:
    """ValueError unless it is a name, a regular expression or several names."""
    targets = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else ()
    if not targets or not all(isinstance(target, str) for target in targets):
        raise ValueError(f"The recipe's lora_target_modules are {given!r}. Give names, or one regular expression.")
    try:
        re.compile(targets[0])
    except re.error as error:
        raise ValueError(f"{targets[0]!r} is no regular expression. Mend the recipe's lora_target_modules.") from error
    return targets


# What a step can change


def smallest_step(dtype: str) -> tuple[float, float]:
    """The smallest relative changes of a weight that rounding to the nearest keeps: at best, at worst.

    Numbers of p fraction bits lie 2^(e-p) apart between 2^e and 2^(e+1). A change below half of that is lost: 2^-(p+2)
    of a weight just under 2^(e+1), 2^-(p+1) of a weight at 2^e. For bfloat16 (p = 7) 0.2 % and 0.4 %, for float32
    (p = 23) 3e-8 and 6e-8.
    """
    bits = FRACTION_BITS[dtype]
    return 2.0 ** -(bits + 2), 2.0 ** -(bits + 1)


def movable_weight(rate: float, dtype: str) -> float:
    """The size above which no weight moves by steps of `rate`, which is what Adam's and Adafactor's steps are about."""
    return rate / smallest_step(dtype)[0]
