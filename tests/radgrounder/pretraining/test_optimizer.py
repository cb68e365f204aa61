"""The optimizer and the steps that go on from a checkpoint."""

import pytest
import torch

from radgrounder.pretraining import optimizer
from radgrounder.pretraining.clock import Paused
from radgrounder.pretraining.optimizer import Optimizer, resumable_steps


def make_module():
    torch.manual_seed(0)
    inside = torch.nn.ModuleDict({"layers": torch.nn.ModuleList([torch.nn.Linear(4, 4)])})
    return torch.nn.ModuleDict({"body": inside, "head": torch.nn.Linear(4, 2)})


def loss_of(module, noise=True):
    inputs = torch.randn(3, 4) if noise else torch.ones(3, 4)
    return module["head"](module["body"]["layers"][0](inputs)).square().sum()


def weights(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def train(module, checkpoint, steps, stop=None):
    optimizer_ = Optimizer(module)
    done = []
    for step in resumable_steps(module, optimizer_, checkpoint, steps):
        if step == stop:
            break
        optimizer_.descend(loss_of(module), 0.01)
        done.append(step)
    return done


def test_muon_has_the_matrices_inside_layers_and_adamw_the_rest():
    module = make_module()
    muon, adamw = Optimizer(module).parts
    assert [p for group in muon.param_groups for p in group["params"]] == [module["body"]["layers"][0].weight]
    decay = {group["weight_decay"]: len(group["params"]) for group in adamw.param_groups}
    assert decay == {0.05: 1, 0.0: 2}  # the head's matrix; both biases


def test_a_step_goes_down_by_its_rate():
    module = make_module()
    before, start = float(loss_of(module, noise=False).detach()), weights(module)
    steps = Optimizer(module)
    steps.descend(loss_of(module, noise=False), 0.0)
    assert torch.equal(weights(module), start)
    steps.descend(loss_of(module, noise=False), 0.01)
    assert float(loss_of(module, noise=False).detach()) < before


def test_steps_that_were_cut_off_end_with_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(optimizer, "CHECK_EVERY", 2)
    whole, resumed = make_module(), make_module()
    assert train(whole, tmp_path / "whole.pt", 5) == [0, 1, 2, 3, 4]
    assert train(make_module(), tmp_path / "cut.pt", 5, stop=3) == [0, 1, 2]
    assert train(resumed, tmp_path / "cut.pt", 5) == [2, 3, 4]
    assert torch.equal(weights(whole), weights(resumed))


def test_finished_steps_are_not_made_again(tmp_path):
    first, second = make_module(), make_module()
    train(first, tmp_path / "a.pt", 2)
    assert train(second, tmp_path / "a.pt", 2) == [] and torch.equal(weights(first), weights(second))


def test_a_checkpoint_is_there_only_when_it_is_whole(tmp_path, monkeypatch):
    def fail(state, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        train(make_module(), tmp_path / "a.pt", 1)
    assert not list(tmp_path.iterdir())


def test_steps_past_the_deadline_stop_where_they_can_go_on(tmp_path):
    whole, resumed = make_module(), make_module()
    train(whole, tmp_path / "whole.pt", 3)
    for _ in range(2):
        module, done = make_module(), []
        steps = Optimizer(module)
        with pytest.raises(Paused):
            for step in resumable_steps(module, steps, tmp_path / "cut.pt", 3, deadline=0.0):
                steps.descend(loss_of(module), 0.01)
                done.append(step)
        assert len(done) == 1
    assert train(resumed, tmp_path / "cut.pt", 3) == [2]
    assert torch.equal(weights(whole), weights(resumed))


def test_what_sees_may_learn_slower():
    model = torch.nn.ModuleDict({"vision_tower": make_module(), "language_model": make_module()})
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = Optimizer(model, seeing=0.0)
    loss = sum(p.square().sum() for p in model.parameters())
    optimizer.descend(loss, 0.1)
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {name for name in before if name.startswith("language_model.")}
