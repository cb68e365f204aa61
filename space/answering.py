"""The model behind the page: loaded once in the background, then asked by `answer(picture, task=…)`.

A model with a mask head gives a mask of each span; `gives_masks` says whether this one does.
"""

import logging
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from texts import Refusal

from radgrounder.inference.picture import Original
from radgrounder.inference.tasks import near_structures
from refrad2d.grounding import neutralise
from refrad2d.labels import find_label

try:
    import spaces  # only on the Hub, where ZeroGPU lends its GPU to decorated functions; before torch
except ImportError:
    spaces = None

if TYPE_CHECKING:
    from radgrounder.predict import Predictor

MAX_CHARACTERS = 500

log = logging.getLogger(__name__)
_loaded: "Future[Predictor]" = Future()


def load_model(model: str) -> None:
    """Load the model for this process; `answer` waits for it. An error is logged, and visitors are told."""
    from radgrounder.predict import Predictor  # torch and transformers take seconds: the page is there before

    try:
        predictor = Predictor.load(model, cached_pictures=0)  # nothing of a visitor's picture stays in memory
    except ValueError as error:
        log.error("%s", error)
        _loaded.set_exception(error)
        return
    _loaded.set_result(predictor)


def lends_gpu() -> bool:
    """True on a Space with ZeroGPU hardware."""
    return spaces is not None


def start_loading(model: str) -> None:
    """`load_model` in a thread, so that the page appears at once."""
    threading.Thread(target=load_model, args=(model,), daemon=True).start()


def gives_masks() -> bool:
    """True if the model is there and has a mask head."""
    return _loaded.done() and not _loaded.exception() and _loaded.result().gives_masks


def answer(
    picture: Original | None,
    *,
    task: str,
    language: str,
    question: str = "",
    clinical_info: str = "",
    clinical_question: str = "",
) -> dict[str, Any]:
    """The JSON of `radgrounder predict --json`.

    `Refusal` for a missing picture, an empty question, a structure that is none of the classes, or no model.
    """
    if picture is None:
        raise Refusal("no_image")
    texts = {"question": question, "clinical_info": clinical_info, "clinical_question": clinical_question}
    # markup typed by a visitor would be read as tokens of the model
    texts = {name: neutralise((text or "").strip()) for name, text in texts.items()}
    if task != "report" and not texts["question"]:
        raise Refusal("empty_question" if task == "vqa" else "empty_structure")
    if max(map(len, texts.values())) > MAX_CHARACTERS:
        raise Refusal("too_long")
    if task == "locate":
        _require_structure(texts["question"], language)
    if task == "report":
        texts["question"] = ""
    return _generate(picture, task, language, texts)


def _require_structure(name: str, language: str) -> None:
    """`Refusal` for a name of no class, with the nearest ones."""
    if find_label(name):
        return
    near = near_structures(name, language)
    raise Refusal("near_structures", names=", ".join(near)) if near else Refusal("unknown_structure")


def _generate(picture: Original, task: str, language: str, texts: dict[str, str]) -> dict[str, Any]:
    try:
        predictor = _loaded.result()
    except ValueError as error:
        raise Refusal("no_model") from error
    asked = {"task": task, "language": language, "modality": picture.modality}  # only classes of the modality, if known
    return predictor.predict(picture.for_model(), masks=predictor.gives_masks, **asked, **texts).to_json()


if spaces:
    _generate = spaces.GPU(_generate)
