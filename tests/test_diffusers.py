"""Our schedules and steps equal those of diffusers.

diffusers counts timesteps 0 ... T - 1, so that ``t_hf = t - 1``: only this file knows that. Its
"t_prev = -1" is our 0.

DDPM is compared in float64: in float32 diffusers' own 1 - alpha keeps three digits at t = 2 and
3, and its step is off by 8e-5 of the largest value.
"""

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from course_lib.arrays import make_generator
from course_lib.forward_process import add_noise
from course_lib.sampling import ddim_step, ddpm_step, sample_steps, timestep_pairs
from course_lib.schedules import cosine_schedule, linear_schedule

T = 1000
SCHEDULES = {"linear": linear_schedule(), "squaredcos_cap_v2": cosine_schedule()}


@pytest.fixture(params=SCHEDULES)
def name(request):
    return request.param


def theirs(kind, name, num_steps):
    scheduler = kind(
        num_train_timesteps=T,
        beta_schedule=name,
        clip_sample=False,
        timestep_spacing="trailing",
        **({"set_alpha_to_one": True} if kind is DDIMScheduler else {}),
    )
    scheduler.set_timesteps(num_steps)
    if kind is DDPMScheduler:
        scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    return scheduler


def same(ours, expected):
    """Equal to 1e-5 of the largest value."""
    assert (ours - expected).abs().max() <= 1e-5 * expected.abs().max()


def noise(seed, dtype=torch.float32):
    return torch.randn(2, 1, 4, 4, generator=make_generator(seed), dtype=dtype)


def test_schedules_are_equal(name):
    scheduler = theirs(DDPMScheduler, name, 10)
    same(SCHEDULES[name].beta[1:], scheduler.betas)
    same(SCHEDULES[name].alpha_bar[1:], scheduler.alphas_cumprod)
    assert scheduler.one == SCHEDULES[name].alpha_bar[0]


def test_add_noise_is_equal(name):
    x_0, eps = noise(0), noise(1)
    for t in (1, 2, 500, 999, 1000):
        expected = theirs(DDPMScheduler, name, 10).add_noise(x_0, eps, torch.tensor([t - 1, t - 1]))
        same(add_noise(SCHEDULES[name], x_0, torch.tensor([t, t]), eps), expected)


@pytest.mark.parametrize("num_steps", [1, 3, 7, 10, 25, 50, 999, 1000])
def test_trailing_spacing_is_equal(num_steps):
    t_hf = theirs(DDIMScheduler, "linear", num_steps).timesteps.tolist()
    assert [t - 1 for t, _ in timestep_pairs(T, num_steps)] == t_hf


def ddim_theirs(name, x_t, t, t_prev, eps_hat, eta):
    """Let diffusers step from t to t_prev, whatever the distance, with noise of a known seed."""
    scheduler = theirs(DDIMScheduler, name, 10)
    scheduler.num_inference_steps = 1
    scheduler.register_to_config(num_train_timesteps=t - t_prev)  # their step length
    step = scheduler.step(eps_hat, t - 1, x_t, eta=eta, generator=make_generator(9))
    return step.prev_sample


def ddpm_theirs(name, x_t, t, t_prev, eps_hat):
    scheduler = theirs(DDPMScheduler, name, 10)
    scheduler.custom_timesteps = True
    scheduler.timesteps = torch.tensor([t - 1, t_prev - 1])
    return scheduler.step(eps_hat, t - 1, x_t, generator=make_generator(9)).prev_sample


PAIRS = [(t, t - 1) for t in (1000, 999, 998, 500, 3, 2, 1)] + [
    (1000, 0),
    (1000, 500),
    (500, 0),
    (40, 7),
    (2, 0),
]


@pytest.mark.parametrize("t, t_prev", PAIRS)
@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_single_ddim_steps_are_equal(name, t, t_prev, eta):
    x_t, eps_hat = noise(2), noise(3)
    many = [torch.tensor([i, i]) for i in (t, t_prev)]
    ours = ddim_step(SCHEDULES[name], x_t, *many, eps_hat, eta=eta, generator=make_generator(9))
    same(ours, ddim_theirs(name, x_t, t, t_prev, eps_hat, eta))


@pytest.mark.parametrize("t, t_prev", PAIRS)
def test_single_ddpm_steps_are_equal(name, t, t_prev):
    x_t, eps_hat = noise(2, torch.float64), noise(3, torch.float64)
    many = [torch.tensor([i, i]) for i in (t, t_prev)]
    ours = ddpm_step(SCHEDULES[name], x_t, *many, eps_hat, generator=make_generator(9))
    same(ours, ddpm_theirs(name, x_t, t, t_prev, eps_hat))


def some_answer(x_t, t, cond=None):
    """A stand-in for a network: the answer depends on the sample and on the timestep."""
    return torch.tanh(x_t) * 0.9 + 0.1 * torch.cos(t.to(x_t)).reshape(-1, 1, 1, 1)


@pytest.mark.parametrize("num_steps", [1, 10, 25, 1000])
@pytest.mark.parametrize(
    "kind, step, dtype",
    [(DDIMScheduler, ddim_step, torch.float32), (DDPMScheduler, ddpm_step, torch.float64)],
    ids=["ddim", "ddpm"],
)
def test_every_step_from_T_down_to_0_is_equal(name, kind, step, dtype, num_steps):
    """Each step of theirs starts from our x_t and shares our noise."""
    scheduler = theirs(kind, name, num_steps)
    ours, shared = make_generator(4), make_generator(4)
    schedule, x_T = SCHEDULES[name], noise(5, dtype)
    walk = list(sample_steps(some_answer, schedule, x_T, num_steps, step=step, generator=ours))
    for t_hf, record in zip(scheduler.timesteps, walk, strict=True):
        assert record.t == t_hf + 1
        answer = scheduler.step(record.eps_hat, t_hf, record.x_t, generator=shared)
        same(record.x_prev, answer.prev_sample)
        same(record.x_0_hat, answer.pred_original_sample)
    assert record.t_prev == 0
