"""Yes as often as no for every question of a dataset, from one table that is kept."""

from collections import Counter

from refrad2d.questions.balance import Balance, read_dataset
from refrad2d.questions.choose import questions
from tests.fixtures.question_rows import make_report, make_row


def rows(ill=20, well=180):
    texts = [("Cyst of 12 mm in the liver.", ill), ("The liver is unremarkable.", well)]
    for text, count in texts:
        for n in range(count):
            yield make_row(f"{text[:4]}{n}", report={"de": None, "en": make_report(text)}, study=f"{text[:4]}{n}")


def asked(dataset, kind="cyst"):
    found = [q for row in rows() for q in questions(row, dataset)]
    return Counter(
        q["answer"] for q in found if q["type"] == "yesno" and kind in q["question"] and "liver" in q["question"]
    )


def test_the_rarer_answer_sets_the_measure():
    answers = asked(read_dataset(rows))
    assert answers["yes"] >= 5 and 0.5 <= answers["yes"] / answers["no"] <= 2


def test_what_all_answer_alike_is_not_asked():
    assert not asked(read_dataset(lambda: rows(well=0)))


def test_a_constant_column_is_not_asked_for():
    dataset = read_dataset(rows)
    found = [q for row in rows(5, 5) for q in questions(row, dataset)]
    assert not [q for q in found if q["source"] == "metadata"]


def test_rows_keep_their_questions_with_the_kept_table():
    table = read_dataset(rows).balance
    kept = read_dataset(lambda: rows(ill=40), Balance.from_json(table.to_json()))
    row = next(rows())
    assert questions(row, kept) == questions(row, read_dataset(rows)) and kept.balance == table
