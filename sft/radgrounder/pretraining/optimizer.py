"""Muon and AdamW together, and training steps that go on from a checkpoint.

>>> for step in resumable_steps(module, optimizer, run / "tower.pt", 2500):
...     optimizer.descend(loss(step), rate=1e-3)
"""

import time
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path
from typing import Any

import torch

from radgrounder.pretraining.clock import Paused
from refrad2d.system.files import atomic_path

CHECK_EVERY = 250  # steps between checkpoints


SEES = ("vision_tower.", "multi_modal_projector.")  # parts of names of what makes image tokens


class Optimizer:
    """Muon for the matrices inside the layers, AdamW for embeddings, norms, biases and heads, at the same rate; tower
    and projector at the share `seeing` of it."""

    def __init__(self, module: torch.nn.Module, seeing: float = 1.0) -> None:
        inside: list[dict[str, Any]] = []
        others: list[dict[str, Any]] = []
        for sees, share in ((True, seeing), (False, 1.0)):
            named = [pair for pair in module.named_parameters() if any(part in pair[0] for part in SEES) == sees]
            matrices = [p for name, p in named if p.ndim == 2 and ".layers." in name]
            rest = [p for name, p in named if not (p.ndim == 2 and ".layers." in name)]
            inside.append({"params": matrices, "share": share})
            others.append({"params": [p for p in rest if p.ndim > 1], "weight_decay": 0.05, "share": share})
            others.append({"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0, "share": share})
        inside, others = ([group for group in groups if group["params"]] for groups in (inside, others))
        self.parts = (
            torch.optim.Muon(inside, weight_decay=0.05, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, betas=(0.9, 0.98), fused=True),
        )
        self.module = module

    def descend(self, loss: torch.Tensor, rate: float) -> None:
        """One step along the gradient of `loss`, whose norm is clipped at 1."""
        self.module.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate * group["share"]
            part.step()

    def state_dict(self) -> list[dict]:
        """Of both parts."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: Sequence[dict]) -> None:
        """Of both parts."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def resumable_steps(
    module: torch.nn.Module, optimizer: Optimizer, checkpoint: Path, steps: int, deadline: float = inf
) -> Iterator[int]:
    """The steps that are left after the last checkpoint; writes one every `CHECK_EVERY` steps and at the end.
    Past the `deadline` (seconds of `time.monotonic`) it writes one and raises Paused.

    `module` and `optimizer` are set to where the checkpoint left them.
    """
    first = 0
    if checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        module.load_state_dict(state["module"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    for step in range(first, steps):
        torch.manual_seed(step)  # of what is drawn inside a step, so that a resumed run goes the same way
        yield step
        late = time.monotonic() > deadline
        if late or (step + 1) % CHECK_EVERY == 0 or step + 1 == steps:
            state = {"module": module.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
            with atomic_path(checkpoint) as temporary:
                torch.save(state, temporary)
        if late and step + 1 < steps:
            raise Paused
