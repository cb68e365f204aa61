"""Pictures that show no body, and what a model says of them: blank ones, noise, gradients, stripes, shapes.

>>> draw_foreign(np.random.default_rng(0), 96).shape
(96, 96, 3)
"""

import numpy as np

from refrad2d.conversations import NO_IMAGE, prompt
from refrad2d.labels import LANGUAGES, labels

FOREIGN_EVERY = 64  # of so many seeds one is such a picture
_QUESTIONS = {
    "en": ("Which modality is shown?", "Is there a lesion?", "Which organ is the largest?"),
    "de": ("Welche Modalität ist abgebildet?", "Gibt es eine Läsion?", "Welches Organ ist das größte?"),
}


def draw_foreign(rng: np.random.Generator, size: int) -> np.ndarray:
    """(size, size, 3) uint8, one of the kinds by chance."""
    y, x = np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j]
    kind = int(rng.integers(6))
    if kind <= 1:  # one grey, as the blank picture of the controls
        picture = np.full((size, size, 3), rng.choice([0, 127, 255, int(rng.integers(256))]), np.float64)
        return np.clip(picture + rng.normal(0, 3 * kind, picture.shape), 0, 255).astype(np.uint8)
    if kind == 2:
        return (
            rng.integers(0, 256, (size, size, 1 + 2 * int(rng.integers(2)))).repeat(3, axis=2)[..., :3].astype(np.uint8)
        )
    colours = rng.uniform(0, 255, (2, 3))
    across = x * np.cos(angle := rng.uniform(0, 2 * np.pi)) + y * np.sin(angle)
    if kind == 3:
        share = (across - across.min()) / (across.max() - across.min())
    elif kind == 4:
        share = (np.sin(across * rng.uniform(10, 80)) > 0).astype(np.float64)
    else:
        share = _shapes(rng, x, y)
    return (share[..., None] * colours[0] + (1 - share[..., None]) * colours[1]).astype(np.uint8)


def _shapes(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A few boxes and discs: 1 inside, 0 outside."""
    share = np.zeros_like(x)
    for _ in range(int(rng.integers(2, 8))):
        a, b, r = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.03, 0.25)
        near = np.maximum(abs(x - a), abs(y - b)) if rng.random() < 0.5 else np.hypot(x - a, y - b)
        share[near < r] = 1 - share[near < r]
    return share


def foreign_turns(seed: int) -> list[tuple[str, str]]:
    """(prompt, answer) of each task in both languages; every answer says that there is no image content."""
    rng, turns = np.random.default_rng([seed, 43]), []
    for language in LANGUAGES:
        names = [labels()[int(n)].display(language) for n in rng.choice(len(labels()), 3, replace=False)]
        asked = [prompt("report_boxes", language), prompt("report", language)]
        asked += [prompt("locate", language, name=name) for name in names]
        asked += [prompt("visible", language, name=name) for name in names[:1]]
        asked += [prompt("vqa", language, question=question) for question in _QUESTIONS[language]]
        turns += [(text, NO_IMAGE[language]) for text in asked]
    return turns
