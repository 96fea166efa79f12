"""Training: the loss, the loop, the average, the rate."""

import itertools
import math

import pytest
import torch
from torch import nn

from course_lib.arrays import make_generator
from course_lib.conditioning import class_cond, null_cond
from course_lib.forward_process import v_from_eps
from course_lib.models import ExactPoints, TinyMLP, ZeroModel
from course_lib.schedules import cosine_schedule
from course_lib.training import (
    Ema,
    TrainConfig,
    batches,
    diffusion_loss,
    train,
    train_steps,
    v_loss,
)
from course_lib.unet import UNet, UNetConfig

SCHEDULE = cosine_schedule()


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setenv("COURSE_LIB_BF16", "0")
    torch.manual_seed(0)


def points(count=64):
    return torch.randn(count, 2, generator=make_generator(8))


def noisy(x_0, seed=1):
    generator = make_generator(seed)
    t = torch.randint(1, 1001, (len(x_0),), generator=generator)
    return t, torch.randn(x_0.shape, generator=generator)


def test_answering_zero_costs_1_and_knowing_costs_0():
    x_0 = torch.full((20_000, 2), 0.3)
    t, eps = noisy(x_0)
    assert diffusion_loss(ZeroModel(), SCHEDULE, x_0, t, eps).item() == pytest.approx(1, abs=0.03)
    knows = ExactPoints(torch.tensor([[0.3, 0.3]]), SCHEDULE)
    assert diffusion_loss(knows, SCHEDULE, x_0[:100], t[:100], eps[:100]).item() < 1e-4


def test_loss_is_the_mean_squared_error():
    x_0 = points(8)
    t, eps = noisy(x_0)
    off = diffusion_loss(lambda x_t, t, cond: eps + 0.5, SCHEDULE, x_0, t, eps)
    assert off.item() == pytest.approx(0.25, rel=1e-5)


def test_v_loss_is_zero_for_a_perfect_v():
    x_0 = points(8)
    t, eps = noisy(x_0)
    v = v_from_eps(SCHEDULE, x_0, t, eps)
    assert v_loss(lambda x_t, t, cond: v, SCHEDULE, x_0, t, eps).item() == 0
    assert v_loss(lambda x_t, t, cond: v + 2, SCHEDULE, x_0, t, eps).item() == pytest.approx(4)


@pytest.mark.parametrize("loss", [diffusion_loss, v_loss])
def test_an_answer_of_another_shape_is_refused(loss):
    t, eps = noisy(points(8))
    with pytest.raises(ValueError, match=r"the model's answer must have the shape .*\(8, 1\)"):
        loss(lambda x_t, t, cond: x_t[:, :1], SCHEDULE, points(8), t, eps)


class Spy(TinyMLP):
    """Keeps what it was asked."""

    def __init__(self):
        super().__init__(2, 16)
        self.asked = []

    def forward(self, x_t, t, cond=None):
        self.asked.append((t, cond))
        return super().forward(x_t, t)


def losses(seed, steps=8):
    torch.manual_seed(seed)
    loader = batches(points(), batch_size=16, generator=make_generator(seed))
    config = TrainConfig(steps, warmup_steps=2)
    walk = train_steps(TinyMLP(), SCHEDULE, loader, config, generator=make_generator(seed))
    return [step.loss for step in walk]


def test_same_seed_same_losses():
    assert losses(3) == losses(3)
    assert losses(3) != losses(4)


def test_steps_are_counted_and_rates_follow_the_schedule():
    config = TrainConfig(6, warmup_steps=2, learning_rate=0.01)
    steps = list(train_steps(TinyMLP(), SCHEDULE, batches(points(), batch_size=16), config))
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert [step.learning_rate for step in steps] == [
        config.learning_rate_at(k) for k in range(1, 7)
    ]


def test_learning_rate_climbs_then_falls_in_a_straight_line():
    config = TrainConfig(100, learning_rate=0.5, warmup_steps=10)
    rates = [config.learning_rate_at(step) for step in range(1, 101)]
    assert rates[0] == pytest.approx(0.05)
    assert rates[9] == rates[10] == max(rates) == 0.5
    assert rates[-1] == pytest.approx(0.5 / 90)
    falls = [a - b for a, b in itertools.pairwise(rates[10:])]
    assert falls == pytest.approx([0.5 / 90] * 89)
    assert TrainConfig(10, warmup_steps=0).learning_rate_at(1) == 2e-3
    assert TrainConfig(10, warmup_steps=10).learning_rate_at(10) == 2e-3


def test_one_point_can_be_overfitted():
    """With one data point the noise can be read off x_t, so the loss must almost vanish."""
    x_0 = torch.full((128, 2), 0.5)
    config = TrainConfig(400, learning_rate=5e-3, warmup_steps=20)
    model = TinyMLP(2, 64)
    walk = [
        s.loss
        for s in train_steps(
            model, SCHEDULE, itertools.repeat((x_0, None)), config, generator=make_generator(0)
        )
    ]
    assert walk[0] > 0.8
    assert sum(walk[-20:]) / 20 < 0.05


def test_one_batch_can_be_overfitted_by_the_unet():
    unet = UNet(UNetConfig(channels=(16, 32), blocks=1, vocabulary_size=12, text_dim=8))
    x_0 = torch.rand(4, 1, 8, 8, generator=make_generator(1)) * 2 - 1
    t, eps = noisy(x_0)
    cond = class_cond(torch.arange(4))
    optimiser = torch.optim.AdamW(unet.parameters(), lr=3e-3)
    walk = []
    for _ in range(150):
        loss = diffusion_loss(unet, SCHEDULE, x_0, t, eps, cond)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        walk.append(loss.item())
    assert walk[0] > 0.7
    assert walk[-1] < 0.02


def test_gradients_reach_every_parameter_after_two_steps():
    """The first step moves the layers that start at 0; from then on all learn."""
    unet = UNet(UNetConfig(channels=(8, 8), blocks=1, vocabulary_size=12, text_dim=8))
    before = {name: p.detach().clone() for name, p in unet.named_parameters()}
    loader = itertools.repeat((torch.randn(10, 1, 8, 8), class_cond(torch.arange(10))))
    train(unet, SCHEDULE, loader, TrainConfig(6, warmup_steps=1, weight_decay=0.0))
    for name, p in unet.named_parameters():
        assert not torch.equal(p, before[name]), name


def test_timesteps_cover_1_to_T_and_conditions_are_dropped():
    spy, cond = Spy(), class_cond(torch.arange(10).repeat(100))
    loader = itertools.repeat((torch.randn(1000, 2), cond))
    config = TrainConfig(5, warmup_steps=1, cond_drop=0.3)
    list(train_steps(spy, SCHEDULE, loader, config, generator=make_generator(0)))
    t = torch.cat([t for t, _ in spy.asked])
    assert t.min() >= 1 and t.max() <= 1000
    assert t.min() <= 5 and t.max() >= 996
    assert t.float().mean().item() == pytest.approx(500.5, abs=20)
    null = torch.cat([(c == null_cond(1000)).all(1) for _, c in spy.asked])
    assert null.float().mean().item() == pytest.approx(0.3, abs=0.04)


def test_without_a_condition_none_is_given():
    spy = Spy()
    list(
        train_steps(
            spy, SCHEDULE, itertools.repeat((points(), None)), TrainConfig(3, warmup_steps=0)
        )
    )
    assert [cond for _, cond in spy.asked] == [None] * 3


def test_long_gradients_are_shortened():
    model = TinyMLP(2, 16)

    def steep(*args):
        return 1e4 * diffusion_loss(*args)

    config = TrainConfig(1, warmup_steps=0, max_gradient_norm=0.5)
    list(train_steps(model, SCHEDULE, [(points(), None)], config, loss=steep))
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in model.parameters()))
    assert norm == pytest.approx(0.5, rel=1e-4)


def test_train_returns_the_averaged_model_of_the_last_step():
    def run(how):
        torch.manual_seed(1)
        loader = batches(points(), batch_size=16, generator=make_generator(1))
        config = TrainConfig(5, warmup_steps=1)
        return how(TinyMLP(), SCHEDULE, loader, config, generator=make_generator(1))

    *_, last = run(train_steps)
    for ours, theirs in zip(run(train).parameters(), last.ema.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_ema_is_the_formula():
    model = nn.Linear(1, 1, bias=False)
    ema, average = Ema(model, 0.9), model.weight.item()
    for update in range(1, 121):
        model.weight.data.fill_(float(update))
        ema.update(model)
        keep = min(0.9, update / (update + 10))
        average = keep * average + (1 - keep) * update
    assert ema.model.weight.item() == pytest.approx(average, rel=1e-5)
    assert model.weight.item() == 120, "the model itself must not change"


def test_ema_model_is_ready_to_sample():
    model = TinyMLP()
    model.train()
    ema = Ema(model, 0.99)
    assert not ema.model.training and model.training
    assert not any(p.requires_grad for p in ema.model.parameters())
    ema.update(nn.Sequential(*[model]))
    for ours, theirs in zip(ema.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_batches_deal_every_sample_once_a_round_with_its_condition():
    images, cond = torch.arange(10.0).reshape(10, 1), torch.arange(10).reshape(10, 1)
    dealer = batches(images, cond, batch_size=5, generator=make_generator(0))
    rounds = []
    for _ in range(2):
        pairs = [next(dealer), next(dealer)]
        assert all(torch.equal(x.long(), c) for x, c in pairs)
        rounds.append(torch.cat([x for x, _ in pairs]).flatten().tolist())
    assert sorted(rounds[0]) == sorted(rounds[1]) == list(range(10))
    assert rounds[0] != rounds[1], "each round is shuffled anew"
    again = batches(images, cond, batch_size=5, generator=make_generator(0))
    assert next(again)[0].flatten().tolist() == rounds[0][:5]


def test_batches_have_one_size():
    sizes = [len(x) for x, _ in itertools.islice(batches(torch.zeros(10, 1), batch_size=4), 6)]
    assert sizes == [4] * 6


@pytest.mark.parametrize("given", [0, 2])
def test_a_loader_that_ends_early_is_told(given):
    config = TrainConfig(5, warmup_steps=1)
    walk = train_steps(TinyMLP(), SCHEDULE, [(points(), None)] * given, config)
    with pytest.raises(ValueError, match=f"expected 5 batches.*ended after {given}; .*batches"):
        list(walk)
    with pytest.raises(ValueError, match="expected 5 batches"):
        train(TinyMLP(), SCHEDULE, [(points(), None)] * given, config)


@pytest.mark.parametrize(
    "bad, message",
    [
        (lambda: TrainConfig(0), "steps must be above 0, but it is 0"),
        (lambda: TrainConfig(9), r"warmup_steps must be in 0 \.\.\. 9, .* but it is 50"),
        (lambda: TrainConfig(99, learning_rate=0), "learning_rate must be above 0, but it is 0"),
        (lambda: TrainConfig(99, learning_rate=math.nan), "learning_rate must be above 0"),
        (lambda: TrainConfig(99, max_gradient_norm=-1), "max_gradient_norm must be above 0"),
        (lambda: TrainConfig(99, weight_decay=-1), "weight_decay must be at least 0"),
        (lambda: TrainConfig(99, ema_decay=1.0), r"ema_decay must be in \[0, 1\), but it is 1"),
        (lambda: TrainConfig(99, cond_drop=1.1), r"cond_drop must be in 0 \.\.\. 1, .*1\.1"),
        (lambda: TrainConfig(99, warmup_steps=100), r"warmup_steps must be in 0 \.\.\. 99.*100"),
        (lambda: TrainConfig(99, warmup_steps=-1), r"warmup_steps must be in 0 \.\.\. 99.*-1"),
        (lambda: TrainConfig(99).learning_rate_at(0), r"1 \.\.\. 99, but it is 0"),
        (lambda: TrainConfig(99).learning_rate_at(100), r"1 \.\.\. 99, but it is 100"),
        (lambda: Ema(TinyMLP(), 1.5), r"decay must be in \[0, 1\), but it is 1\.5"),
        (lambda: next(batches(points(4), batch_size=5)), r"1 \.\.\. 4, but it is 5"),
        (lambda: next(batches(points(4), batch_size=0)), r"1 \.\.\. 4, but it is 0"),
        (lambda: next(batches(points(4), null_cond(3), batch_size=2)), "4 rows, one .* has 3"),
    ],
)
def test_bad_input_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()
