"""Grammar-bound decoding: whatever the logits, the text parses."""

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from radgrounder.inference.grammar import BoundToGrammar, Grammar, State, classes_of, token_texts
from radgrounder.models.nano import build_tokenizer
from refrad2d.conversations import ABSENT, NO_IMAGE
from refrad2d.grounding import MASK_CODES, Span, code_tokens, has_markup, location_tokens, parse, render
from refrad2d.labels import exists_in, label_by_name
from tests.fixtures.tiny_models import SIZE, TEXTS, gemma_tokenizer

PEER = ("<p bbox=", "</p>", " id=")


def nano_tokenizer():
    tokenizer = build_tokenizer(TEXTS, SIZE.vocabulary)
    missing = [token for token in location_tokens() if token not in tokenizer.get_vocab()]
    tokenizer.add_tokens(missing)
    return tokenizer


TOKENIZERS = {
    "nano": nano_tokenizer(),
    "gemma": gemma_tokenizer(),
    "peer": gemma_tokenizer(PEER),
    "peer without blank": gemma_tokenizer(("<p bbox=", "</p>", "id=")),
}
WIDTH = 2048
GRAMMARS = {name: Grammar.build(tokenizer, width=WIDTH) for name, tokenizer in TOKENIZERS.items()}


def write(name, seed, length, *, rows=2, liking=14.0, grammar=None):
    """What a model of random taste that likes to begin and end spans writes when bound; token ids a row."""
    grammar, generator = grammar or GRAMMARS[name], torch.Generator().manual_seed(seed)
    bound = BoundToGrammar(grammar, prompt_length=0, max_new_tokens=length)
    ids, states = torch.zeros((rows, 0), dtype=torch.long), [State("text")] * rows
    tags = [token for token, piece in grammar.pieces.items() if piece in grammar.open or piece in grammar.close]
    for _ in range(length):
        scores = torch.randn(rows, WIDTH, generator=generator) * 3
        for row, state in enumerate(states):
            leads_on = [grammar.follow(state, token) not in (None, State(state.phase)) for token in tags]
            scores[row, tags] += liking * torch.tensor(leads_on)
        chosen = bound(ids, scores).argmax(-1)
        states = [grammar.follow(state, token) for state, token in zip(states, chosen.tolist(), strict=True)]
        ids = torch.cat([ids, chosen[:, None]], dim=1)
    return ids.tolist()


def read(name, ids):
    tokenizer = TOKENIZERS[name]
    end = ids.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in ids else len(ids)
    return tokenizer.decode(ids[:end], skip_special_tokens=False)


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**31), length=st.integers(1, 90), liking=st.floats(0, 12))
@example(seed=0, length=48, liking=0.0)  # wrote </p> in byte tokens behind a byte that is no UTF-8
def test_whatever_the_logits_the_text_parses(name, seed, length, liking):
    for ids in write(name, seed, length, liking=liking):
        parsed = parse(read(name, ids))
        assert parsed.invalid == 0 and not has_markup(parsed.text)


@pytest.mark.parametrize("name", TOKENIZERS)
def test_spans_do_occur(name):
    assert sum(len(parse(read(name, ids)).spans) for seed in range(3) for ids in write(name, seed, 100)) > 0


@pytest.mark.parametrize("name", TOKENIZERS)
def test_what_training_writes_is_allowed(name):
    text = render(
        "Die Leber ist <5 mm glatt.", [Span(0, 9, "finding", (0, 0, 1, 1)), Span(10, 13, "liver", (0.2, 0.1, 0.3, 0.9))]
    )
    tokenizer, grammar, state = TOKENIZERS[name], GRAMMARS[name], State("text")
    for token in [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]:
        assert not grammar.forbidden(state, grammar.longest + 1, torch.device("cpu"))[token]
        state = grammar.follow(state, token)
    assert state == State("done")


@pytest.mark.parametrize("name", TOKENIZERS)
def test_masks_agree_with_walking_every_token(name):
    grammar = GRAMMARS[name]
    states = [State("text", tail) for tail in ("", "<", "<p", "<p bbox", "<loc000")]
    states += [State("mention"), State("mention", "</"), State("nameless"), State("nameless", "<")]
    states += [State("label", " i"), State("place", bins=(5, 500))]
    for state in states:
        for left in (grammar.longest + 1, 6, 4):
            after = [grammar.follow(state, token) for token in range(WIDTH)]
            walked = [then is None or grammar.distance(then) >= left for then in after]
            assert grammar.forbidden(state, left, torch.device("cpu")).tolist() == walked, (state, left)


def test_a_box_ends_behind_its_start():
    grammar = GRAMMARS["gemma"]
    mask = grammar.forbidden(State("place", bins=(511, 3)), 99, torch.device("cpu"))
    assert [grammar.bin_of[token] for token in range(WIDTH) if not mask[token]] == [512]


def test_only_classes_of_the_modality_are_written():
    grammar = Grammar.build(TOKENIZERS["nano"], width=WIDTH, modality="MR")
    texts = [read("nano", ids) for seed in range(5) for ids in write("nano", seed, 120, grammar=grammar)]
    found = {span.label for text in texts for span in parse(text).spans}
    assert found and all(label == "finding" or exists_in(label_by_name(label), "MR") for label in found)


def test_classes_of_a_modality_are_those_of_its_segmenter():
    assert "lung_left" in classes_of("MR") and "lung_left" not in classes_of("CT")


def test_an_unknown_modality_is_refused():
    with pytest.raises(ValueError, match="Unknown modality 'PET'. Choose from CT, MR"):
        Grammar.build(TOKENIZERS["nano"], width=WIDTH, modality="PET")


def test_an_unknown_label_is_refused():
    with pytest.raises(ValueError, match="Unknown label 'tail'"):
        Grammar.build(TOKENIZERS["nano"], width=WIDTH, names=["tail"])


def test_no_special_token_but_the_end_is_allowed_in_text():
    tokenizer = TOKENIZERS["gemma"]
    mask = GRAMMARS["gemma"].forbidden(State("text"), 99, torch.device("cpu"))
    assert [token for token in tokenizer.all_special_ids if not mask[token]] == [tokenizer.eos_token_id]


@pytest.mark.parametrize("name", TOKENIZERS)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
@settings(max_examples=30, deadline=None)
def test_token_texts_add_up_to_the_text(name, text):
    pieces = token_texts(TOKENIZERS[name], WIDTH)
    ids = TOKENIZERS[name]("x" + text, add_special_tokens=False)["input_ids"]
    if all(token in pieces for token in ids):
        joined = "".join(pieces[token] for token in ids).encode("latin-1").decode("utf-8")
        assert joined == TOKENIZERS[name].decode(ids, skip_special_tokens=False)


def test_rows_that_change_places_are_read_anew():
    grammar, tokenizer = GRAMMARS["gemma"], TOKENIZERS["gemma"]
    bound = BoundToGrammar(grammar, prompt_length=0, max_new_tokens=99)
    start = tokenizer(grammar.open, add_special_tokens=False)["input_ids"]
    for length in range(1, len(start) + 1):
        rows = torch.tensor([start[:length], [tokenizer.convert_tokens_to_ids("x")] * length])
        bound(rows, torch.zeros(2, WIDTH))
    swapped = torch.cat([rows.flip(0), torch.tensor([[start[0]], [grammar.locations[7]]])], dim=1)
    text, place = (set(row.nonzero()[:, 0].tolist()) for row in bound(swapped, torch.zeros(2, WIDTH)) == 0)
    assert grammar.eos in text and place and place <= set(grammar.locations)


@pytest.mark.parametrize("answer", ["", *ABSENT.values(), *NO_IMAGE.values()])
def test_an_answer_in_words_and_an_empty_one_are_allowed(answer):
    tokenizer = nano_tokenizer()
    grammar = Grammar.build(tokenizer, width=len(tokenizer), modality="CT")
    state = State("text")
    for token in [*tokenizer(answer, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]:
        state = grammar.follow(state, token)
        assert state is not None
    assert state.phase == "done"


MASKED = {
    name: Grammar.build(TOKENIZERS[name], width=WIDTH, masks=True) for name in ("gemma", "peer", "peer without blank")
}


def write_masks(name, seed, length, liking):
    """As `write`, by a model that likes codes, too."""
    grammar, generator = MASKED[name], torch.Generator().manual_seed(seed)
    bound = BoundToGrammar(grammar, prompt_length=0, max_new_tokens=length)
    ids, states = torch.zeros((2, 0), dtype=torch.long), [State("text")] * 2
    tags = [token for token, piece in grammar.pieces.items() if piece in grammar.open or piece in grammar.close]
    for _ in range(length):
        scores = torch.randn(2, WIDTH, generator=generator) * 3
        for row, state in enumerate(states):
            scores[row, list(grammar.codes)] += liking
            leads_on = [grammar.follow(state, token) not in (None, State(state.phase)) for token in tags]
            scores[row, tags] += 14 * torch.tensor(leads_on)
        chosen = bound(ids, scores).argmax(-1)
        states = [grammar.follow(state, token) for state, token in zip(states, chosen.tolist(), strict=True)]
        ids = torch.cat([ids, chosen[:, None]], dim=1)
    return ids.tolist()


@pytest.mark.parametrize("name", MASKED)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**31), length=st.integers(1, 110), liking=st.floats(0, 12))
def test_codes_are_written_whole_behind_a_span_or_not_at_all(name, seed, length, liking):
    for ids in write_masks(name, seed, length, liking):
        parsed = parse(read(name, ids))
        assert parsed.invalid == 0 and not has_markup(parsed.text)
        assert {len(span.codes) for span in parsed.spans} <= {0, MASK_CODES}


@pytest.mark.parametrize("name", MASKED)
def test_codes_do_occur_and_only_where_they_were_asked_for(name):
    written = [parse(read(name, ids)).spans for seed in range(3) for ids in write_masks(name, seed, 110, 12.0)]
    assert any(span.codes for spans in written for span in spans)
    tokenizer, code = TOKENIZERS[name], TOKENIZERS[name].convert_tokens_to_ids(code_tokens())[7]
    closed = tokenizer(render("a", [Span(0, 1, "liver", (0, 0, 1, 1))]), add_special_tokens=False)["input_ids"]
    for grammar, allowed in ((MASKED[name], True), (GRAMMARS[name], False)):
        state = State("text")
        for token in closed:
            state = grammar.follow(state, token)
        assert (not grammar.forbidden(state, grammar.longest + 1, torch.device("cpu"))[code]) is allowed
        assert (grammar.follow(state, code) is not None) is allowed
        assert grammar.follow(State("text"), code) is None and grammar.follow(State("mention"), code) is None


@pytest.mark.parametrize("name", MASKED)
def test_what_training_writes_with_masks_is_allowed(name):
    codes = (0, 5, 127, *range(100, 113))
    spans = [Span(0, 5, "liver", (0.1, 0.2, 0.3, 0.4), codes=codes), Span(5, 9, "spleen", (0, 0, 1, 1)),
             Span(14, 18, "kidney_left", (0, 0, 1, 1), codes=codes)]  # fmt: skip
    tokenizer, grammar, state = TOKENIZERS[name], MASKED[name], State("text")
    for token in [*tokenizer(render("LeberMilz und Zwei <5.", spans), add_special_tokens=False)["input_ids"],
                  tokenizer.eos_token_id]:  # fmt: skip
        assert not grammar.forbidden(state, grammar.longest + 1, torch.device("cpu"))[token]
        state = grammar.follow(state, token)
    assert state == State("done")
