"""The blind score: majorities of train, given in validation and test."""

from refrad2d.dataset.blind import blind_rows, form_of, score_blind


def question(text, answer, source="text"):
    return {"question": text, "answer": answer, "language": "en", "type": "yesno", "source": source}


def test_the_majority_of_a_text_is_learnt_in_train():
    train = [question("Is the liver enlarged?", "yes")] * 2 + [question("Is the liver enlarged?", "no")]
    judged = [question("Is the liver enlarged?", "yes"), question("Is the liver enlarged?", "no")]
    assert score_blind(train, judged) == {"text": {"en": {"n": 2, "score": 0.5}}}


def test_a_text_that_train_lacks_takes_the_majority_of_its_form():
    train = [question("Is the liver enlarged?", "no")] * 2
    assert score_blind(train, [question("Is the spleen enlarged?", "no")])["text"]["en"]["score"] == 1


def test_a_form_is_the_wording_without_its_names():
    assert form_of(question("Does the liver show a cyst?", "no")) == form_of(
        question("Does the spleen show a mass?", "no")
    )
    assert form_of(question("Anything else?", "no")) == ("en", "text", "")


def test_the_table_says_how_many():
    assert blind_rows({"text": {"en": {"n": 2, "score": 0.5}}}) == [["text", "en", 2, "0.50"]]
