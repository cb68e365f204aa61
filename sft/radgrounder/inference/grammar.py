"""Grammar-bound decoding: a logits processor that can only write text whose markup parses.

    >>> grammar = Grammar.build(processor.tokenizer, width=model.config.text_config.vocab_size, modality="CT")
    >>> bound = BoundToGrammar(grammar, prompt_length=batch["input_ids"].shape[1], max_new_tokens=256)
    >>> model.generate(**batch, max_new_tokens=256, logits_processor=LogitsProcessorList([bound]))

The grammar is read off what `grounding.render` writes and walked character by character, so it holds for any
tokenizer: markup spelled with ordinary tokens, merged into words ("eber</p>"), or added as tokens of its own. With
`masks` a span may be followed by the codes of its mask: all sixteen of them, each one token, or none.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

import torch
from transformers import LogitsProcessor, PreTrainedTokenizerBase

from refrad2d.grounding import BINS, MASK_CODES, Span, code_tokens, has_markup, location_tokens, render
from refrad2d.labels import FINDING, MODALITIES, exists_in, label_by_name, labels

TEXT, PLACE, LABEL, NAMELESS, MENTION, DONE = "text", "place", "label", "nameless", "mention", "done"
CLOSED, CODE = "closed", "code"  # text right behind a span, where codes may begin; among the codes
CACHED_MASKS = 512  # one is as many bytes as there are tokens
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_DIGIT = re.compile(r"\d")


class State(NamedTuple):
    """Where in the grammar a text ends. `tail` is what may yet become a literal of the markup; `bins` are the
    coordinates written so far, or how many codes. `NAMELESS` is a mention without a visible character."""

    phase: str
    tail: str = ""
    bins: tuple[int, ...] = ()


class Moves(NamedTuple):
    """What may follow a state. `plain` is how far from a whole span an ordinary token leads (None: not allowed);
    `ids` and `distances` say it for the tokens `walked` one by one that are allowed."""

    plain: int | None
    walked: torch.Tensor
    ids: torch.Tensor
    distances: torch.Tensor


def classes_of(modality: str | None) -> list[str]:
    """The labels that may be written: of a modality ("CT", "MR") or all 121, and in either case findings."""
    if modality is not None and modality not in MODALITIES:
        raise ValueError(f"Unknown modality {modality!r}. Choose from {', '.join(MODALITIES)}.")
    return [FINDING, *(one.name for one in labels() if modality is None or exists_in(one, modality))]


class Grammar:
    """The language of answers over one tokenizer: plain text and whole spans of these classes, nothing else.

    Masks are made when first needed and kept. Use `Grammar.build`.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        width: int,
        locations: Sequence[int],
        names: Sequence[str],
        codes: Sequence[int] = (),
    ) -> None:
        self.pieces, self.eos, self.width = token_texts(tokenizer, width), tokenizer.eos_token_id, width
        self.locations, self.codes = list(locations), frozenset(codes)
        self.bin_of = {token: number for number, token in enumerate(self.locations)}
        self.open, self.labels, self.close = _literals(names)
        self._label_starts = {text[:n] for text in self.labels for n in range(len(text))}
        words = _keywords(self.open, self.labels[0], self.close, tokenizer.all_special_tokens)
        self._tails = {word[:n] for word in words for n in range(1, len(word))}  # what a keyword may yet come of
        self._starts = self._tails | words
        self._buckets = defaultdict(list)
        for token, piece in self.pieces.items():
            self._buckets[piece[0]].append(token)
        self._angled = [token for token, piece in self.pieces.items() if "<" in piece]
        self._blank = [token for token, piece in self.pieces.items() if not piece.strip()]
        self._plain = torch.zeros(width, dtype=torch.bool)
        self._plain[[token for token, piece in self.pieces.items() if "<" not in piece]] = True
        self.longest = self.distance(State(PLACE)) + len(self.open)
        self._moves = lru_cache(maxsize=CACHED_MASKS)(self._find_moves)
        self.forbidden = lru_cache(maxsize=CACHED_MASKS)(self._find_forbidden)
        self.follow = lru_cache(maxsize=65536)(self._follow)

    @classmethod
    def build(
        cls,
        tokenizer: PreTrainedTokenizerBase,
        *,
        width: int,
        modality: str | None = None,
        names: Iterable[str] | None = None,
        masks: bool = False,
    ) -> "Grammar":
        """The grammar for a tokenizer and `width` logits. `names` are the labels allowed (default: the modality's);
        with `masks` the codes of a mask may stand behind a span.

        ValueError if a label or the modality is unknown, or the tokenizer has no tokens for locations, or for codes.
        """
        locations = cast("list[int]", tokenizer.convert_tokens_to_ids(location_tokens()))  # an int for one token only
        codes = cast("list[int]", tokenizer.convert_tokens_to_ids(code_tokens())) if masks else []
        if any(token is None or token == tokenizer.unk_token_id for token in (*locations, *codes)):
            raise ValueError("The tokenizer lacks location or class tokens. Give that of a PaliGemma model.")
        chosen = list(names) if names is not None else classes_of(modality)
        for name in chosen:
            if name != FINDING:
                label_by_name(name)
        grammar = cls(tokenizer, width, locations, chosen, codes)
        missing = sorted(set(grammar.open + "".join(grammar.labels) + grammar.close) - set(grammar.pieces.values()))
        if missing:  # one token a character is what `distance` counts on
            raise ValueError(f"The tokenizer cannot spell {missing[0]!r}. Give that of a PaliGemma model.")
        return grammar

    def distance(self, state: State) -> int:
        """At most so many tokens until no span is open: one a coordinate, one a character of the rest."""
        phase, tail, bins = state
        if phase == CODE:
            return MASK_CODES - bins[0]
        if phase in (TEXT, CLOSED, DONE):
            return len(self.open) - len(tail) + self.distance(State(PLACE)) if has_markup(tail) else 0
        if phase == PLACE:
            return 4 - len(bins) + self.distance(State(LABEL))
        if phase == LABEL:
            return len(self.labels[0]) - len(tail) + self.distance(State(NAMELESS))
        if phase == NAMELESS:
            return 1 + len(self.close)
        return len(self.close) - (len(tail) if self.close.startswith(tail) else 0)

    def _follow(self, state: State, token: int) -> State | None:
        """The state after a token, None where the grammar forbids it."""
        if state.phase == DONE:
            return state
        if state.phase in (CLOSED, CODE) and token in self.codes:
            written = 1 + (state.bins[0] if state.phase == CODE else 0)
            return State(CODE, bins=(written,)) if written < MASK_CODES else State(TEXT)
        if state.phase == CODE:
            return None
        if token == self.eos:
            return State(DONE) if state.phase in (TEXT, CLOSED) and not has_markup(state.tail) else None
        if state.phase == PLACE:
            low, high = self._bounds(state.bins)
            number = self.bin_of.get(token, -1)
            if not low <= number < high:
                return None
            bins = (*state.bins, number)
            return State(LABEL) if len(bins) == 4 else State(PLACE, bins=bins)
        if token not in self.pieces:
            return None
        after: State | None = state
        for character in self.pieces[token]:
            after = self._write(after, character) if after else None
        return after

    def _bounds(self, bins: tuple[int, ...]) -> tuple[int, int]:
        """The bins allowed next, end exclusive: a box ends at least one bin behind its start."""
        return (0, BINS) if len(bins) < 2 else (bins[len(bins) - 2] + 1, BINS + 1)

    def _write(self, state: State, character: str) -> State | None:
        """The state after one character."""
        phase, tail, _ = state
        if phase in (PLACE, CODE):
            return None
        phase = TEXT if phase == CLOSED else phase
        if phase == LABEL:
            written = tail + character
            if written in self.labels:
                return State(NAMELESS)
            return State(LABEL, written) if written in self._label_starts else None
        longer = tail + (_DIGIT.sub("0", character))
        if phase == TEXT and longer == self.open:
            return State(PLACE)
        if phase == MENTION and longer == self.close:
            return State(CLOSED if self.codes else TEXT)
        if has_markup(longer):
            return State(TEXT, longer) if phase == TEXT and self.open.startswith(longer) else None
        if longer in self._tails:
            return State(phase, longer)
        if has_markup(tail):
            return None
        named = phase == NAMELESS and (tail or not character.isspace())
        return State(MENTION if named else phase, character if character in self._tails else "")

    def _find_moves(self, state: State) -> Moves:
        phase, tail, bins = state
        plain = None
        if phase == PLACE:
            low, high = self._bounds(bins)
            candidates = self.locations[low:high]
        elif phase == CODE:
            candidates = list(self.codes)
        elif phase == LABEL:
            starts = {text[len(tail)] for text in self.labels if text.startswith(tail)}
            candidates = [token for start in starts for token in self._buckets[start]]
        else:
            going_on = [first for first in self._buckets if tail and tail + _DIGIT.sub("0", first) in self._starts]
            candidates = [token for first in going_on for token in self._buckets[first]]
            if not has_markup(tail):
                plain = 0 if phase in (TEXT, CLOSED) else len(self.close)
                candidates += self._angled + (self._blank if phase == NAMELESS else [])
            candidates += self.codes if phase == CLOSED else ()
        candidates = sorted(set(candidates))
        after = [(token, self._follow(state, token)) for token in candidates]
        allowed = [(token, self.distance(then)) for token, then in after if then is not None]
        return Moves(plain, *(torch.tensor(x, dtype=torch.long) for x in (candidates, *_columns(allowed))))

    def _find_forbidden(self, state: State, left: int, device: torch.device) -> torch.Tensor:
        """(width,) bool, True on tokens that may not follow; `left` tokens may still be written, this one included."""
        mask = torch.zeros(self.width, dtype=torch.bool)
        if state.phase == DONE:
            return mask.to(device)
        moves = self._moves(state)
        if moves.plain is not None and moves.plain < left:
            mask |= self._plain
        mask[moves.walked] = False
        mask[moves.ids[moves.distances < left]] = True
        mask[self.eos] = state.phase in (TEXT, CLOSED) and not has_markup(state.tail)
        return ~mask.to(device)


def _columns(pairs: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [token for token, _ in pairs], [distance for _, distance in pairs]


def _literals(names: Sequence[str]) -> tuple[str, tuple[str, ...], str]:
    """What stands before the coordinates, between coordinates and mention (one a label), and after the mention."""
    rendered = [render("x", [Span(0, 1, name, (0.0, 0.0, 1.0, 1.0))]) for name in names]
    last = location_tokens()[BINS]
    ends = [one.rpartition(last)[2].partition("x") for one in rendered]
    return rendered[0].partition(location_tokens()[0])[0], tuple(end[0] for end in ends), ends[0][2]


def _keywords(open_: str, label: str, close: str, specials: Sequence[str]) -> set[str]:
    """What must not stand in plain text, digits written as 0."""
    tag = label[label.index("<") : label.index(">") + 1]
    bare = _DIGIT.sub("", tag)
    tags = {_DIGIT.sub("0", tag), bare, bare.replace("<", "</"), location_tokens()[0]}
    return {open_, close, *tags, *(word for word in specials if word.startswith("<") and has_markup(word))}


def token_texts(tokenizer: PreTrainedTokenizerBase, width: int) -> dict[int, str]:
    """Token id → what it adds to the text, a character a byte (latin-1), for all tokens that an answer may hold.

    Left out: special tokens that are no part of a span, ids of the logits' padding, and byte tokens of characters that
    have a token of their own: a decoder replaces a whole run of bytes if one of them is out of place, markup included.
    """
    span = _DIGIT.sub("0", render("x", [Span(0, 1, FINDING, (0.0, 0.0, 1.0, 1.0))]))
    added = tokenizer.get_added_vocab()
    specials = set(tokenizer.all_special_ids)
    texts, bytes_ = {}, set()
    for token, number in tokenizer.get_vocab().items():
        part = _DIGIT.sub("0", token) in span
        if number >= width or (number in specials and not part) or (token in added and has_markup(token) and not part):
            continue
        byte = _BYTE.fullmatch(token)
        bytes_ |= {number} if byte else set()
        text = token if token in added else token.replace("\u2581", " ")  # SentencePiece writes blanks so
        texts[number] = chr(int(byte.group(1), 16)) if byte else text.encode("utf-8").decode("latin-1")
    spelled = {text for number, text in texts.items() if number not in bytes_}
    return {number: text for number, text in texts.items() if text and not (number in bytes_ and text in spelled)}


class BoundToGrammar(LogitsProcessor):
    """Forbids every token that would break the grammar, or leave a span open when `max_new_tokens` are written.

    For one call of `generate` (greedy, sampling or beams); `prompt_length` is the width of its input_ids.
    """

    def __init__(self, grammar: Grammar, *, prompt_length: int, max_new_tokens: int) -> None:
        self.grammar, self.prompt_length, self.max_new_tokens = grammar, prompt_length, max_new_tokens
        self._rows: list[list[int]] = []
        self._states: list[State] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Scores (batch, width) with -inf on what may not follow."""
        rows = input_ids[:, self.prompt_length :].tolist()
        if rows and rows[0] and [row[:-1] for row in rows] == self._rows:
            states = [self._go(state, row[-1:]) for state, row in zip(self._states, rows, strict=True)]
        else:
            states = [self._go(State(TEXT), row) for row in rows]
        self._rows, self._states = rows, states
        left = max(1, min(self.max_new_tokens - len(rows[0]), self.grammar.longest + 1))
        masks = [self.grammar.forbidden(state, left, scores.device) for state in states]
        same = all(mask is masks[0] for mask in masks)
        bound = scores.masked_fill(masks[0] if same else torch.stack(masks), -torch.inf)
        return cast(torch.FloatTensor, bound)  # torch types whatever it computes as Tensor

    def _go(self, state: State, tokens: Sequence[int]) -> State:
        for token in tokens:
            state = self.grammar.follow(state, token) or State(TEXT)  # text that we did not write ourselves
        return state
