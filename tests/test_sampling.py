"""Samplers against exact answers: identities, one point, a Gaussian, an order of convergence."""

import functools
import math

import pytest
import torch

from course_lib.arrays import make_generator
from course_lib.forward_process import signal_and_noise, x_0_from_eps
from course_lib.models import ExactGaussian, ExactPoints, ZeroModel
from course_lib.sampling import ddim_step, ddpm_step, sample, sample_steps, timestep_pairs
from course_lib.schedules import cosine_schedule, linear_schedule


@pytest.fixture(params=[linear_schedule, cosine_schedule], ids=["linear", "cosine"])
def schedule(request):
    return request.param()


def noise(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=make_generator(seed))


def any_pairs(count=200, T=1000):
    """Timesteps of all kinds: far apart, next to each other, from T, down to 0."""
    t = torch.randint(1, T + 1, (count,), generator=make_generator(1))
    t_prev = (torch.rand(count, generator=make_generator(2)) * t).long()
    t[:3], t_prev[:3] = torch.tensor([T, T, 1]), torch.tensor([T - 1, 0, 0])
    return t, t_prev


def test_ddpm_is_ddim_with_eta_1_for_any_pair_of_timesteps(schedule):
    t, t_prev = any_pairs()
    x_t, eps_hat = noise(200, 3), noise(200, 3, seed=3)
    ddpm = ddpm_step(schedule, x_t, t, t_prev, eps_hat, generator=make_generator(7))
    ddim = ddim_step(schedule, x_t, t, t_prev, eps_hat, eta=1, generator=make_generator(7))
    torch.testing.assert_close(ddpm, ddim, rtol=1e-7, atol=1e-7)
    assert (ddpm - ddim_step(schedule, x_t, t, t_prev, eps_hat)).abs().max() > 0.1


def test_ddpm_step_draws_from_the_posterior_of_equations_6_and_7(schedule):
    """The mean in terms of x_0 and x_t, as the paper writes it, for neighbouring timesteps."""
    t, count = 400, 40_000
    x_t, eps_hat = torch.full((count, 1), 0.7).double(), torch.full((count, 1), 0.2).double()
    many = torch.full((count,), t)
    drawn = ddpm_step(schedule, x_t, many, many - 1, eps_hat, generator=make_generator(0))
    a, a_prev, beta = (
        v[i].item()
        for v, i in zip(
            (schedule.alpha_bar, schedule.alpha_bar, schedule.beta), (t, t - 1, t), strict=True
        )
    )
    x_0 = (0.7 - math.sqrt(1 - a) * 0.2) / math.sqrt(a)
    mean = (math.sqrt(a_prev) * beta * x_0 + math.sqrt(1 - beta) * (1 - a_prev) * 0.7) / (1 - a)
    variance = (1 - a_prev) / (1 - a) * beta
    assert drawn.mean().item() == pytest.approx(mean, abs=5 * math.sqrt(variance / count))
    assert drawn.var().item() == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize("step", [ddpm_step, ddim_step, functools.partial(ddim_step, eta=1)])
def test_the_last_step_answers_x_0_hat_exactly(schedule, step):
    t, eps_hat, x_t = torch.tensor([1, 30, 900]), noise(3, 2), noise(3, 2, seed=1)
    x_prev = step(schedule, x_t, t, torch.zeros_like(t), eps_hat)
    torch.testing.assert_close(x_prev, x_0_from_eps(schedule, x_t, t, eps_hat))


@pytest.mark.parametrize("num_steps", [1, 2, 7, 25, 1000])
@pytest.mark.parametrize(
    "step",
    [ddpm_step, ddim_step, functools.partial(ddim_step, eta=0.5)],
    ids=["ddpm", "ddim", "eta 0.5"],
)
def test_with_one_data_point_every_sampler_returns_it(schedule, step, num_steps):
    point = torch.tensor([[0.3, -0.8]]).double()
    model = ExactPoints(point, schedule)
    x_0 = sample(model, schedule, noise(3, 2), num_steps, step=step, generator=make_generator(0))
    torch.testing.assert_close(x_0, point.expand(3, 2), rtol=0, atol=1e-9)


def exact_flow(x_T, mean, std, schedule):
    """Where DDIM with infinitely many steps leads when the data are Gaussian."""
    t = torch.full((len(x_T),), schedule.T)
    signal, spread = signal_and_noise(schedule, t, x_T)
    return mean + std * (x_T - signal * mean) / (signal**2 * std**2 + spread**2).sqrt()


def test_error_of_ddim_on_a_gaussian_falls_in_first_order():
    schedule, x_T = linear_schedule(6400, 1e-4 / 6.4, 0.02 / 6.4), noise(50, 1)
    model, truth = ExactGaussian(0.5, 0.4, schedule), exact_flow(x_T, 0.5, 0.4, schedule)
    counts = [50, 100, 200, 400]
    errors = [(sample(model, schedule, x_T, n) - truth).abs().mean().item() for n in counts]
    orders = [math.log2(a / b) for a, b in zip(errors, errors[1:], strict=False)]
    assert orders == pytest.approx([1, 1, 1], abs=0.15), errors
    assert errors[-1] < 0.01


def test_ddpm_on_a_gaussian_draws_its_mean_and_spread(schedule):
    model = ExactGaussian(0.5, 0.4, schedule)
    drawn = sample(
        model, schedule, noise(20_000, 1), 250, step=ddpm_step, generator=make_generator(5)
    )
    assert drawn.mean().item() == pytest.approx(0.5, abs=0.015)
    assert drawn.std().item() == pytest.approx(0.4, rel=0.04)


def test_a_timestep_per_sample_equals_one_by_one(schedule):
    t, t_prev = any_pairs(20)
    x_t, eps_hat = noise(20, 1, 2, 2), noise(20, 1, 2, 2, seed=4)
    together = ddim_step(schedule, x_t, t, t_prev, eps_hat)
    for i in range(20):
        one = slice(i, i + 1)
        alone = ddim_step(schedule, x_t[one], t[one], t_prev[one], eps_hat[one])
        assert torch.equal(together[one], alone)


def test_timestep_pairs_go_from_T_to_0_without_a_gap():
    for num_steps in range(1, 51):
        pairs = timestep_pairs(50, num_steps)
        assert len(pairs) == num_steps
        assert (pairs[0][0], pairs[-1][1]) == (50, 0)
        assert all(t > t_prev for t, t_prev in pairs)
        assert all(a[1] == b[0] for a, b in zip(pairs, pairs[1:], strict=False))
        lengths = [t - t_prev for t, t_prev in pairs]
        assert max(lengths) - min(lengths) <= 1
    assert timestep_pairs(1000, 4) == [(1000, 750), (750, 500), (500, 250), (250, 0)]


def test_sample_steps_tell_the_whole_walk(schedule):
    x_T = noise(2, 3)
    model = ExactGaussian(0.1, 0.5, schedule)
    steps = list(sample_steps(model, schedule, x_T, 5))
    assert [(s.t, s.t_prev) for s in steps] == timestep_pairs(1000, 5)
    assert torch.equal(steps[0].x_t, x_T)
    for before, after in zip(steps, steps[1:], strict=False):
        assert after.x_t is before.x_prev
    for s in steps:
        t = torch.full((2,), s.t)
        assert torch.equal(s.eps_hat, model(s.x_t, t))
        assert torch.equal(s.x_0_hat, x_0_from_eps(schedule, s.x_t, t, s.eps_hat))
    assert torch.equal(sample(model, schedule, x_T, 5), steps[-1].x_prev)


def test_the_condition_reaches_the_model_at_every_step(schedule):
    cond, seen = torch.ones(2, 2).long(), []

    def spy(x_t, t, cond):
        seen.append(cond)
        return x_t

    sample(spy, schedule, noise(2, 3), 4, cond=cond)
    assert len(seen) == 4 and all(c is cond for c in seen)


def test_same_seed_same_sample_and_no_gradients(schedule):
    scale = torch.ones(1, dtype=torch.float64, requires_grad=True)
    walk = functools.partial(
        sample, lambda x, t, c: scale * 0.5 * x, schedule, noise(2, 3), 5, step=ddpm_step
    )
    first, again, other = (walk(generator=make_generator(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not first.requires_grad


def call(step=ddim_step, **changes):
    five, four = torch.tensor([5, 5]), torch.tensor([4, 4])
    usual = {"x_t": torch.ones(2, 3), "t": five, "t_prev": four, "eps_hat": torch.ones(2, 3)}
    return step(linear_schedule(10), **{**usual, **changes})


@pytest.mark.parametrize("step", [ddpm_step, ddim_step])
@pytest.mark.parametrize(
    "changes, message",
    [
        ({"eps_hat": torch.ones(2, 4)}, r"eps_hat must have the shape of x_t, \(2, 3\).*\(2, 4\)"),
        ({"t": torch.tensor([5, 11])}, r"1 \.\.\. 10, but t runs from 5 to 11"),
        ({"t": torch.tensor([0, 5])}, r"1 \.\.\. 10, but t runs from 0 to 5"),
        ({"t": torch.tensor([5])}, r"the shape of t, \(1,\), but its shape is \(2,\)"),
        ({"t_prev": torch.tensor([4, -1])}, r"0 \.\.\. 10, but t runs from -1 to 4"),
        ({"t_prev": torch.tensor([4, 5])}, "every t_prev must be below its t"),
        ({"t_prev": torch.tensor([4])}, r"the shape of t, \(2,\), but its shape is \(1,\)"),
        (
            {"t": torch.tensor([5]), "t_prev": torch.tensor([4])},
            r"one number per sample, shape \(2,\), but got \(1,\)",
        ),
    ],
)
def test_bad_steps_are_refused(step, changes, message):
    with pytest.raises(ValueError, match=message):
        call(step, **changes)


@pytest.mark.parametrize("eta", [-0.1, 1.5])
def test_bad_eta_is_refused(eta):
    with pytest.raises(ValueError, match=rf"eta must be in 0 \.\.\. 1, but it is {eta}"):
        call(eta=eta)


@pytest.mark.parametrize("num_steps", [0, -3, 11])
def test_bad_number_of_steps_is_refused(num_steps):
    message = rf"num_steps must be in 1 \.\.\. 10, but it is {num_steps}"
    with pytest.raises(ValueError, match=message):
        timestep_pairs(10, num_steps)
    with pytest.raises(ValueError, match=message):
        sample(ZeroModel(), linear_schedule(10), torch.ones(2, 3), num_steps)
