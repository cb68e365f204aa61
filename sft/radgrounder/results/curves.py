"""Risk against coverage as an SVG: what share of answers is wrong if only the surest are given.

>>> Path("calibration.svg").write_text(draw_curves({"box": (coverage, risk)}))
"""

from collections.abc import Mapping

import numpy as np

COLOURS = {"box": "#1f6feb", "answer": "#d1242f"}


def draw_curves(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], *, width: int = 480, height: int = 320) -> str:
    """An SVG of risk (upwards) against coverage (rightwards), a line a kind: "box", "answer"."""
    left, top = 48, 16
    inner_width, inner_height = width - left - 16, height - top - 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<path d="M{left} {top}v{inner_height}h{inner_width}" fill="none" stroke="#57606a"/>',
        f'<text x="{left + inner_width / 2}" y="{height - 8}" text-anchor="middle">coverage (share answered)</text>',
        f'<text transform="translate(14 {top + inner_height / 2}) rotate(-90)" text-anchor="middle">'
        "risk (share wrong)</text>",
    ]
    for tick in (0, 0.5, 1):
        x, y = left + tick * inner_width, top + (1 - tick) * inner_height
        parts.append(f'<text x="{x}" y="{height - 26}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    for number, (kind, (coverage, risk)) in enumerate(curves.items()):
        points = " ".join(
            f"{left + c * inner_width:.1f},{top + (1 - r) * inner_height:.1f}"
            for c, r in zip(coverage, risk, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[kind]}" stroke-width="2"/>')
        parts.append(f'<text x="{left + 12}" y="{top + 14 + 16 * number}" fill="{COLOURS[kind]}">{kind}</text>')
    return "\n".join([*parts, "</svg>", ""])
