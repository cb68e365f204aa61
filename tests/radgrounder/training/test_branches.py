import torch

from radgrounder.pretraining.losses import conversation_loss, soft_coordinates
from radgrounder.pretraining.pretrain import Batches
from radgrounder.training.branches import branch_attention, encode_branches
from tests.radgrounder.models.test_processing import CASES, SIZE, model, picture, stock  # noqa: F401  (fixtures)


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
            return float(conversation_loss(model, {**batch, "pixel_values": pixels}, targets)[0]) * count

    turns = CASES[:3]
    assert abs(loss(turns) - sum(loss([turn]) for turn in turns)) < 1e-2


def test_the_budget_limits_the_turns(stock):  # noqa: F811
    batch = encode_branches(stock.tokenizer, [1, 2], [CASES[:3]], budget=1)
    assert batch["input_ids"].shape[1] < 2 + len(stock.tokenizer(CASES[0][0] + CASES[0][1])["input_ids"]) + 5
