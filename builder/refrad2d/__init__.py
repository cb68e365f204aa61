"""RefRad2D: from a hospital's own CT/MR slices and reports to a de-identified, bilingual, grounded dataset."""

import os

# onnxruntime, which reads burnt-in text, calls its maker and writes an id below HOME as soon as it is loaded. Children
# inherit this; tests/end_to_end/test_quiet.py looks from outside.
os.environ |= {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "GRADIO_ANALYTICS_ENABLED": "False"}

from refrad2d.grounding import Parsed, Span, parse, render, to_pixels

__version__ = "0.1.0"
__all__ = ["Parsed", "Span", "__version__", "draw", "load", "parse", "render", "to_pixels"]


def __getattr__(name: str):
    """`draw` and `load` come with heavier imports, so they load at first use."""
    if name == "draw":
        from refrad2d.drawing import draw

        return draw
    if name == "load":
        from refrad2d.loader import load

        return load
    raise AttributeError(f"module 'refrad2d' has no attribute {name!r}")
