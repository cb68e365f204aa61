"""The shape of a nano: options of `radgrounder pretrain`; light to import."""

from dataclasses import dataclass

from refrad2d.system.arguments import option


@dataclass(frozen=True)
class NanoSize:
    """Shape of a nano. `image` and `patch` in pixels; `width` is the hidden size of tower and decoder."""

    image: int = option("side of the image in pixels", default=96, metavar="N")
    patch: int = option("side of a patch in pixels", default=8, metavar="N")
    width: int = option("hidden size of tower and decoder", default=128, metavar="N")
    tower_layers: int = option("layers of the vision tower", default=4, metavar="N")
    decoder_layers: int = option("layers of the decoder", default=3, metavar="N")
    heads: int = option("attention heads of a layer", default=4, metavar="N")
    feed_forward: int = option("times the width", default=3, metavar="N")
    vocabulary: int = option("tokens beside those of markup", default=1536, metavar="N")

    @property
    def image_tokens(self) -> int:
        """How many tokens an image becomes."""
        return (self.image // self.patch) ** 2
