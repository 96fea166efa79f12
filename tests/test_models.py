"""Wrappers and exact models, against the score of the distribution they claim to know."""

import pytest
import torch

from course_lib import models
from course_lib.arrays import make_generator
from course_lib.forward_process import (
    add_noise,
    eps_from_v,
    signal_and_noise,
    v_from_eps,
    x_0_from_eps,
)
from course_lib.schedules import cosine_schedule, linear_schedule

SCHEDULE = cosine_schedule()
T_MIXED = torch.tensor([1, 10, 300, 700, 999, 1000])


def noise(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=make_generator(seed))


def eps_of_density(log_density, x_t, t):
    """Tweedie: the best eps_hat is -sqrt(1 - alpha_bar) times the gradient of log p(x_t)."""
    x_t = x_t.clone().requires_grad_()
    (score,) = torch.autograd.grad(log_density(x_t).sum(), x_t)
    return -signal_and_noise(SCHEDULE, t, x_t)[1] * score


def test_exact_gaussian_is_the_score_of_its_density():
    model, x_t = models.ExactGaussian(0.7, 0.3, SCHEDULE), noise(6, 1, 2, 2)
    signal, spread = signal_and_noise(SCHEDULE, T_MIXED, x_t)
    variance = 0.3**2 * signal**2 + spread**2

    def log_density(x):
        return -((x - signal * 0.7) ** 2) / (2 * variance)

    torch.testing.assert_close(model(x_t, T_MIXED), eps_of_density(log_density, x_t, T_MIXED))


def test_exact_points_are_the_score_of_their_mixture():
    data, x_t = noise(5, 2, seed=1), noise(6, 2)
    signal, spread = signal_and_noise(SCHEDULE, T_MIXED, x_t)

    def log_density(x):
        square = (x[:, None] - signal[:, None] * data).square().sum(-1)
        return torch.logsumexp(-square / (2 * spread**2), dim=1)

    expected = eps_of_density(log_density, x_t, T_MIXED)
    torch.testing.assert_close(models.ExactPoints(data, SCHEDULE)(x_t, T_MIXED), expected)


def test_one_exact_point_knows_the_noise():
    point, eps = torch.full((1, 1, 2, 3), 0.4).double(), noise(6, 1, 2, 3)
    x_t = add_noise(SCHEDULE, point.expand(6, -1, -1, -1), T_MIXED, eps)
    torch.testing.assert_close(models.ExactPoints(point, SCHEDULE)(x_t, T_MIXED), eps)


def test_clipped_clamps_the_implied_picture_and_nothing_else():
    x_t, wild = noise(6, 1, 2, 2), noise(6, 1, 2, 2, seed=3)
    clipped = models.Clipped(lambda x_t, t, cond: wild, SCHEDULE)(x_t, T_MIXED)
    before = x_0_from_eps(SCHEDULE, x_t, T_MIXED, wild)
    after = x_0_from_eps(SCHEDULE, x_t, T_MIXED, clipped)
    torch.testing.assert_close(after, before.clamp(-1, 1), rtol=1e-7, atol=1e-7)
    inside = before.abs() < 1
    assert 0 < inside.sum() < before.numel(), "the test needs both cases"
    torch.testing.assert_close(clipped[inside], wild[inside], rtol=1e-7, atol=1e-7)


def test_from_v_recovers_the_noise_of_a_perfect_v():
    x_0, eps = noise(6, 2), noise(6, 2, seed=5)
    x_t, v = add_noise(SCHEDULE, x_0, T_MIXED, eps), v_from_eps(SCHEDULE, x_0, T_MIXED, eps)
    model = models.FromV(lambda x_t, t, cond: v, SCHEDULE)
    torch.testing.assert_close(model(x_t, T_MIXED), eps)
    assert torch.equal(model(x_t, T_MIXED), eps_from_v(SCHEDULE, x_t, T_MIXED, v))


def test_wrappers_pass_everything_on():
    seen = []

    def spy(x_t, t, cond):
        seen.append((x_t, t, cond))
        return x_t

    x_t, cond = noise(6, 2), torch.ones(6, 2).long()
    for wrapper in (models.Clipped(spy, SCHEDULE), models.FromV(spy, SCHEDULE)):
        wrapper(x_t, T_MIXED, cond)
        assert all(a is b for a, b in zip(seen.pop(), (x_t, T_MIXED, cond), strict=True))


def test_zero_model_answers_zero():
    x_t = noise(2, 3)
    assert torch.equal(models.ZeroModel()(x_t, torch.tensor([1, 2])), torch.zeros_like(x_t))


def test_tiny_mlp_takes_each_timestep_for_its_own_point():
    torch.manual_seed(0)
    model, x_t = models.TinyMLP(dim=3, width=16), noise(6, 3).float()
    together = model(x_t, T_MIXED)
    for i in range(6):
        torch.testing.assert_close(together[i : i + 1], model(x_t[i : i + 1], T_MIXED[i : i + 1]))
    together.square().sum().backward()
    assert all(p.grad.abs().max() > 0 for p in model.parameters())


ONE = torch.tensor([5])
NOTHING = torch.tensor([0])


@pytest.mark.parametrize(
    "bad, message",
    [
        (lambda: models.Clipped(models.ZeroModel(), SCHEDULE)(noise(1, 2), NOTHING), r"1 \.\.\. "),
        (lambda: models.ExactPoints(noise(4, 3), SCHEDULE)(noise(1, 2), ONE), r"of shape \(3,\)"),
        (lambda: models.ExactPoints(noise(4, 2), SCHEDULE)(noise(1, 2), NOTHING), r"1 \.\.\. 1000"),
        (lambda: models.ExactPoints(noise(0, 2), SCHEDULE), "at least one"),
        (lambda: models.ExactGaussian(0, -1, SCHEDULE), "std must be at least 0, but it is -1"),
        (lambda: models.TinyMLP(2)(noise(1, 3), ONE), r"shape \(B, 2\), but it is \(1, 3\)"),
        (lambda: models.TinyMLP(2)(noise(4, 2).float(), ONE), r"shape \(4,\), but it is \(1,\)"),
        (lambda: models.FromV(models.ZeroModel(), linear_schedule(4))(noise(1, 2), ONE), "to 5"),
    ],
)
def test_bad_input_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()
