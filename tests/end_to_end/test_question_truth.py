"""Every answer about the text of phantom reports, held against what the patients really have: none may be wrong."""

from collections import Counter

from refrad2d.questions.balance import count_claims
from refrad2d.questions.choose import questions
from tests.fixtures.phantom_truth import draw_rows, judge

REGIONS = ("abdomen_ct", "torso_ct", "chest_ct", "pelvis_ct", "head_ct", "neck_ct", "abdomen_mr", "head_mr")
PATIENTS = 320
LEAST = 5000
LEAST_A_SLICE = 4


def test_no_answer_of_a_phantom_build_is_wrong():
    rows = list(draw_rows(range(PATIENTS), regions=REGIONS))
    balance = count_claims(row for row, _ in rows)
    judged, asked, texts, wrong = Counter(), 0, 0, []
    for row, truth in rows:
        for language, report in row["report"].items():
            texts += report is not None
        for question in questions(row, {o["label"]: o["pixels"] for o in row["objects"]}, balance=balance):
            if question["source"] != "text":
                continue
            asked += 1
            verdict = judge(question, truth)
            judged[verdict] += 1
            if verdict is False:
                text = row["report"][question["language"]]["findings"]
                wrong.append((text, question["question"], question["answer"]))
    print(f"{asked} text questions, {asked / texts:.2f} a slice and language, judged {dict(judged)}")
    assert not wrong, wrong[:5]
    assert judged[True] >= LEAST
    assert asked / texts >= LEAST_A_SLICE
