"""How a model writes when it is used: readable markup only, boxes at the median, and no answer that runs in circles.

    >>> from radgrounder.predict import bound_decoding
    >>> model.generate(**inputs, **bound_decoding(processor, "locate"))
    >>> pipe(text=messages, generate_kwargs=bound_decoding(processor, "report"))

A logits processor of stock `generate`, greedy, sampling or beams; `radgrounder predict`, `eval` and the Space use it.
"""

from collections.abc import Callable, Container, Sequence
from functools import partial
from itertools import groupby
from typing import Any, cast

import torch
from transformers import LogitsProcessorList, PreTrainedTokenizerBase

from radgrounder.inference.confidence import Calibration
from radgrounder.inference.grammar import DONE, PLACE, BoundToGrammar, Grammar, State, classes_of
from radgrounder.inference.tasks import MASK_TOKENS, TASKS, TOKENS
from refrad2d.conversations import ABSENT

LOOP_TOKENS, LOOP_TURNS, LOOP_UNIT = 16, 3, 64  # see `ends_in_loop`


def ends_in_loop(tokens: Sequence[int]) -> bool:
    """Whether the last tokens are one unit over and over: at least three times, and 16 tokens together.

    A unit has at most 64 tokens, which is a sentence with two boxes.
    """
    for unit in range(1, min(LOOP_UNIT, len(tokens) // LOOP_TURNS) + 1):
        length = max(LOOP_TURNS * unit, LOOP_TOKENS)
        if length <= len(tokens) and all(tokens[-n] == tokens[-n - unit] for n in range(1, length - unit + 1)):
            return True
    return False


def has_loop(tokens: Sequence[int]) -> bool:
    """Whether an answer runs in circles anywhere, as `ends_in_loop` says it of its end."""
    return any(ends_in_loop(tokens[:end]) for end in range(LOOP_TOKENS, len(tokens) + 1))


def without_codes(tokens: Sequence[int], codes: Container[int]) -> list[int]:
    """The tokens without the codes of masks: of a full box all sixteen are one, which is no loop. A class, which is
    written with the same tokens, stands alone and stays."""
    runs = [(code, list(run)) for code, run in groupby(tokens, key=codes.__contains__)]
    return [token for code, run in runs if not (code and len(run) > 1) for token in run]


class BoundDecoding(BoundToGrammar):
    """The grammar, and what a bare `generate` does not do well.

    A coordinate is the median of the model's distribution over the bins that may follow: training with soft targets
    blurs the peak, not the middle. An answer that runs in circles (`ends_in_loop`) closes its span and ends.

    `absence` is the first tokens of the answers that a structure is not visible, and what is added to their logits
    where an answer begins.

    `build` makes the grammar for a number of logits. One object serves any number of calls of `generate`, one after the
    other: rows that do not go on from those of the last step are prompts.
    """

    def __init__(
        self,
        build: Callable[[int], Grammar],
        *,
        max_new_tokens: int,
        absence: tuple[Sequence[int], float] = ((), 0.0),
    ) -> None:
        self._absent, self._more = list(absence[0]), absence[1]
        self._build, self._known = build, dict[tuple[int, ...], bool]()  # rows of the last step: does it loop?
        self.prompt_length, self.max_new_tokens = 0, max_new_tokens
        self._rows, self._states = [], []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Scores (batch, width) with -inf on what may not follow."""
        rows = [tuple(row) for row in input_ids.tolist()]
        if not all(row[:-1] in self._known for row in rows):
            self.grammar, self.prompt_length = self._build(scores.shape[-1]), input_ids.shape[1]
            self._rows, self._states, self._known = [], [], {}
        bound = super().__call__(input_ids, scores)
        if self._more and self._absent and input_ids.shape[1] == self.prompt_length:
            bound[:, self._absent] += self._more
        self._known = {
            row: self._known.get(row[:-1], False) or self._circles(row[self.prompt_length :]) for row in rows
        }
        for number, (row, state) in enumerate(zip(rows, self._states, strict=True)):
            if self._known[row]:
                bound[number] = scores[number].masked_fill(self._all_but_the_end(state, scores.device), -torch.inf)
            if state.phase == PLACE:
                bound[number] = self._at_median(bound[number])
        return bound

    def _circles(self, written: Sequence[int]) -> bool:
        return ends_in_loop(without_codes(written, self.grammar.codes) if self.grammar.codes else written)

    def _all_but_the_end(self, state: State, device: torch.device) -> torch.Tensor:
        """(width,) bool, True on whatever does not lead straight to the end of the answer."""
        left = self.grammar.distance(state)
        if left or state.phase == DONE:
            return self.grammar.forbidden(state, left, device)
        mask = torch.ones(self.grammar.width, dtype=torch.bool, device=device)
        mask[self.grammar.eos] = False
        return mask

    def _at_median(self, scores: torch.Tensor) -> torch.Tensor:
        """(width,) scores of coordinates that leave only their median."""
        places = torch.tensor(self.grammar.locations, device=scores.device)
        chances = torch.softmax(scores[places].float(), dim=-1)
        median = places[int((chances.cumsum(dim=-1) >= 0.5).int().argmax())]
        only = torch.full_like(scores, -torch.inf)
        only[median] = scores[median]
        return only


def begin_absence(tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """The tokens with which an answer begins that a structure is not visible."""
    return tuple(sorted({tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in ABSENT.values()}))


def bound_decoding(
    processor: Any,
    task: str = "report",
    *,
    modality: str | None = None,
    max_new_tokens: int | None = None,
    absence: float | None = None,
    masks: bool = False,
) -> dict[str, Any]:
    """Keywords for `model.generate`, or for a pipeline's `generate_kwargs`: bound as `BoundDecoding` says.

    `processor` is the model's processor or its tokenizer. `task` ("report", "vqa", "locate") says how long an answer
    may get, unless `max_new_tokens` does. With a `modality` ("CT", "MR") only its classes are written. `absence` is
    added to the log-odds of "not visible" where one asks for a place; without one it is that of the calibration.json
    (absent, offset) of the folder or Hub name which the tokenizer was loaded from, as `Predictor` has it, 0.0 where
    there is none. With `masks` the codes of a mask may follow a span, for a model that was taught
    to write them. The same keywords serve any number of calls, one after the other.

    ValueError for an unknown task or modality; when first used, for a tokenizer without location tokens.

    >>> bound_decoding(processor, "locate").keys()
    dict_keys(['max_new_tokens', 'logits_processor'])
    """
    if task not in TASKS:
        raise ValueError(f"Unknown task {task!r}. Choose from {', '.join(TASKS)}.")
    classes_of(modality)  # an unknown one shows before a model has run
    most = TOKENS[task] + masks * MASK_TOKENS[task] if max_new_tokens is None else max_new_tokens
    tokenizer = cast(PreTrainedTokenizerBase, getattr(processor, "tokenizer", processor))
    more = _absence_of(tokenizer, absence) if task == "locate" else 0.0
    denials = begin_absence(tokenizer) if more else ()
    build = partial(_build_grammar, tokenizer, modality, masks, {})
    return {
        "max_new_tokens": most,
        "logits_processor": LogitsProcessorList([BoundDecoding(build, max_new_tokens=most, absence=(denials, more))]),
    }


def _absence_of(tokenizer: PreTrainedTokenizerBase, given: float | None) -> float:
    """What is given, else what the model folder or Hub name says that the tokenizer is from: one that was made here
    has no name."""
    if given is not None:
        return given
    return Calibration.load(tokenizer.name_or_path).absent if tokenizer.name_or_path else 0.0


def _build_grammar(
    tokenizer: PreTrainedTokenizerBase, modality: str | None, masks: bool, built: dict[int, Grammar], width: int
) -> Grammar:
    """The grammar, kept in `built` by its width."""
    if width not in built:
        built[width] = Grammar.build(tokenizer, width=width, modality=modality, masks=masks)
    return built[width]
