"""Every answer about the text of phantom reports, held against what the patients really have: none may be wrong."""

from collections import Counter

from refrad2d.questions.balance import read_dataset
from refrad2d.questions.choose import questions
from tests.fixtures.phantom_truth import draw_rows, is_quoted, judge

REGIONS = ("abdomen_ct", "torso_ct", "chest_ct", "pelvis_ct", "head_ct", "neck_ct", "abdomen_mr", "head_mr")
PATIENTS = 320
LEAST = 5000
LEAST_A_SLICE = 4


def test_no_answer_of_a_phantom_build_is_wrong():
    rows = list(draw_rows(range(PATIENTS), regions=REGIONS))
    dataset = read_dataset(lambda: (row for row, _ in rows))
    judged, asked, texts, wrong = Counter(), 0, 0, []
    for row, truth in rows:
        texts += sum(report is not None for report in row["report"].values())
        for question in questions(row, dataset):
            if question["source"] != "text":
                continue
            asked += 1
            verdict = judge(question, truth)
            verdict = is_quoted(question, row) or None if verdict is None else verdict
            judged[verdict] += 1
            if verdict is False:
                text = row["report"][question["language"]]["findings"]
                wrong.append((text, question["question"], question["answer"]))
    print(f"{asked} text questions, {asked / texts:.2f} a slice and language, judged {dict(judged)}")
    assert not wrong, wrong[:5]
    assert judged[True] >= LEAST
    assert asked / texts >= LEAST_A_SLICE
