"""A mask head trained inside TRL: L = L_text + MASK_WEIGHT x (focal + Dice), the base frozen or with an adapter.

    >>> trainer = MaskTrainer(model, args, head=MaskHead(shape), data_collator=MaskCollator(processor, model, shape), …)

A frozen base has no text to learn: L_text falls away, and its text and boxes stay bit for bit what they were. Its
checkpoints hold the head alone; with an adapter (`use_peft`) they hold both. `sft/train_masks.py` is the script.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional
from trl import SFTTrainer

from radgrounder.masks.head import MaskHead
from radgrounder.masks.losses import mask_loss
from radgrounder.masks.storage import save_head
from radgrounder.models.branches import IGNORED

MASK_WEIGHT = 1.0  # of the masks' loss beside the text's: both are about 1 at the start, so neither drowns the other
CHECKPOINT = "head.safetensors"  # in a checkpoint, in single precision, so that a run goes on to the same weights


class MaskTrainer(SFTTrainer):
    """TRL's trainer with a head beside the model, for one process. Without `peft_config` the model is frozen."""

    def __init__(self, model: Any, args: Any, *, head: MaskHead, peft_config: Any = None, **more: Any) -> None:
        super().__init__(model, args, peft_config=peft_config, **more)
        self.frozen = peft_config is None
        whole: Any = self.model
        if self.frozen:
            whole.requires_grad_(False)
        self.head = head.to(whole.device)
        whole.mask_head = self.head  # a part of it from now on: trained, moved and put into modes with it
        self.model_accepts_loss_kwargs = False  # the loss is a mean of its own: steps that accumulate are averaged

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss of a batch of `masks.collator.MaskCollator`; its parts are logged."""
        inputs = dict(inputs)
        rows, at, boxes, targets = (inputs.pop(f"mask_{name}") for name in ("rows", "at", "boxes", "targets"))
        labels = inputs.pop("labels")
        whole = self.accelerator.unwrap_model(model)
        stock = whole if self.frozen else whole.get_base_model()
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            outputs = stock.model(**inputs, use_cache=False)
        states, tokens = outputs.last_hidden_state[rows, at].float(), outputs.image_hidden_states.float()
        drawn = whole.mask_head(states, tokens, inputs["pixel_values"].float(), rows, boxes)
        masks = mask_loss(drawn, targets.float())
        kept = self._metrics["train" if whole.mask_head.training else "eval"]
        kept["mask_loss"].append(float(masks.detach()))
        if self.frozen:
            return (MASK_WEIGHT * masks, {}) if return_outputs else MASK_WEIGHT * masks
        text = _text_loss(stock, outputs.last_hidden_state, labels)
        kept["text_loss"].append(float(text.detach()))
        loss = text + MASK_WEIGHT * masks
        return (loss, {}) if return_outputs else loss

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """The head, and the adapter where there is one; of a frozen base nothing."""
        folder = Path(str(output_dir or self.args.output_dir))
        folder.mkdir(parents=True, exist_ok=True)
        if not self.frozen:
            super()._save(output_dir, state_dict)
        save_head(self.head, folder)
        save_file({name: tensor.detach().cpu() for name, tensor in self.head.state_dict().items()}, folder / CHECKPOINT)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if not self.frozen:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        self._load_head(Path(resume_from_checkpoint))

    def _load_best_model(self) -> None:
        if not self.frozen:
            super()._load_best_model()
        self._load_head(Path(str(self.state.best_model_checkpoint)))

    def _load_head(self, checkpoint: Path) -> None:
        path = checkpoint / CHECKPOINT
        if not path.is_file():
            raise ValueError(f"The checkpoint holds no {CHECKPOINT}. Give a checkpoint of sft/train_masks.py.")
        self.head.load_state_dict(load_file(path))


def _text_loss(stock: Any, states: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of the answer tokens; logits of these alone, most tokens are image."""
    wanted = labels[:, 1:]
    said = wanted != IGNORED
    logits = stock.lm_head(states[:, :-1][said]).float()
    return functional.cross_entropy(logits, wanted[said])
