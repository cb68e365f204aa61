import torch
from test_processing import CASES, SIZE, model, picture, stock  # noqa: F401  (fixtures)

from radgrounder.branches import branch_attention, encode_branches
from radgrounder.losses import attention_loss, conversation_loss, looked_for, soft_coordinates
from radgrounder.pretrain import Batches


def test_branches_see_the_image_and_themselves_only():
    branch = torch.tensor([[0, 0, 1, 1, 2, 2, -1]])
    answer = torch.tensor([[False, False, False, True, False, True, False]])
    seen = branch_attention(branch, answer)[0]
    assert seen[0].tolist() == [True, True] + [False] * 5  # the image sees the image
    assert seen[3].tolist() == [True, True, True, True, False, False, False]  # an answer its prompt
    assert seen[2].tolist() == [True, True, True, False, False, False, False]  # a prompt no answer
    assert seen[5].tolist() == [True, True, False, False, True, True, False]  # nor another branch


def test_a_branch_costs_what_it_costs_alone(stock, model):  # noqa: F811
    """Packed together or one by one, answers have the same loss."""
    batches, targets = Batches(stock, SIZE), soft_coordinates(stock, 2.0)
    pixels = stock.image_processor([picture()], return_tensors="pt")["pixel_values"]

    def loss(turns):
        batch = encode_branches(stock.tokenizer, batches.head, [turns], budget=10_000)
        count = int((batch["labels"] != -100).sum())
        with torch.no_grad():
            return float(conversation_loss(model, {**batch, "pixel_values": pixels}, targets)) * count

    turns = CASES[:3]
    assert abs(loss(turns) - sum(loss([turn]) for turn in turns)) < 1e-2


def test_the_budget_limits_the_turns(stock):  # noqa: F811
    batch = encode_branches(stock.tokenizer, [1, 2], [CASES[:3]], budget=1)
    assert batch["input_ids"].shape[1] < 2 + len(stock.tokenizer(CASES[0][0] + CASES[0][1])["input_ids"]) + 5


def test_a_coordinate_looks_for_the_class_behind_it():
    locations, classes = range(100, 613), range(700, 822)
    labels = torch.tensor([[-100, 9, 100, 101, 102, 103, 8, 705, 9, 110, 111, 112, 113, 8, 702, 3]])
    wanted = looked_for(labels, locations, classes)[0].tolist()
    assert wanted == [0, 5, 5, 5, 5, 0, 0, 0, 2, 2, 2, 2, 0, 0, 0]


def test_attention_on_the_structure_costs_nothing():
    patches = torch.tensor([[0, 5, 5, 2]])
    weights = torch.zeros(1, 2, 6, 6)
    weights[0, 0, 1, 1:3] = 0.5  # the taught head looks at both patches of class 5
    right = attention_loss([weights], torch.tensor([[0, 5, 0, 0, 0]]), patches)
    wrong = attention_loss([weights], torch.tensor([[0, 2, 0, 0, 0]]), patches)
    assert right == 0 and wrong > 5
