"""The sizes of a mask head, worked out from the configuration of the model that it stands beside.

>>> MaskShape.of(model.config)
MaskShape(width=128, side=12, size=96, channels=64, heads=4, prompt='detection')
"""

from dataclasses import asdict, dataclass
from typing import Any

PIXELS = 8  # of a mask, along each side of an image token: 96 px of 12 × 12 tokens, 128 px of 16 × 16
NARROW = 512  # models below this width get a small head, others SAM's
PROMPTS = ("detection", "mention")  # the state of what closes a span with a box, or a mention without one


@dataclass(frozen=True)
class MaskShape:
    """`width` of the model's states, `side` in image tokens, `size` of a mask in pixels, `channels` and `heads` of the
    decoder, and which closing tag prompts it (see `PROMPTS`)."""

    width: int
    side: int
    size: int
    channels: int
    heads: int
    prompt: str = PROMPTS[0]

    def __post_init__(self) -> None:
        if self.prompt not in PROMPTS:
            raise ValueError(f"Unknown prompt {self.prompt!r} of a mask head. Choose from {', '.join(PROMPTS)}.")
        if self.size != self.side * PIXELS:
            raise ValueError(
                f"A mask of {self.size} pixels does not fit {self.side} image tokens a side. "
                f"Give {self.side * PIXELS}, {PIXELS} pixels a token."
            )

    @classmethod
    def of(cls, config: Any, *, prompt: str = PROMPTS[0]) -> "MaskShape":
        """The shape for a PaliGemma configuration: 64 channels below a width of 512, else SAM's 256."""
        side = config.vision_config.image_size // config.vision_config.patch_size
        width = config.text_config.hidden_size
        channels, heads = (64, 4) if width < NARROW else (256, 8)
        return cls(width, side, side * PIXELS, channels, heads, prompt)

    def to_json(self) -> dict[str, Any]:
        """The fields, as they stand beside the weights."""
        return asdict(self)
