r"""Sampling: from pure noise to a picture, one step at a time.

Both steps first ask which clean picture the predicted noise implies, then add the right amount of
noise for the next timestep back. With :math:`\sigma = 0` that is DDIM, with the full
:math:`\sigma` it is DDPM:

.. math::
    x_{prev} = \sqrt{\bar\alpha_{prev}}\, \hat x_0
             + \sqrt{1 - \bar\alpha_{prev} - \sigma^2}\, \hat\varepsilon + \sigma z
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib.arrays import Sample, Timesteps, Tokens, check_same_shape
from course_lib.forward_process import signal_and_noise, x_0_from_eps
from course_lib.models import Model
from course_lib.schedules import Schedule


@dataclass(frozen=True)
class SampleStep:
    """One step of a sampler, from timestep t with x_t to t_prev with x_prev.

    `eps_hat` is the predicted noise, `x_0_hat` the clean sample it implies; all are (B, ...).
    """

    t: int
    t_prev: int
    x_t: Sample
    eps_hat: Sample
    x_0_hat: Sample
    x_prev: Sample


def ddpm_step(
    schedule: Schedule,
    x_t: Sample,
    t: Timesteps,
    t_prev: Timesteps,
    eps_hat: Sample,
    *,
    generator: torch.Generator | None = None,
) -> Sample:
    """Take one random step back, as the reverse process of DDPM does.

    Source: DDPM (Ho et al., 2020), eq. 6, 7 and algorithm 2, with the posterior variance.
    Built in: sampling.

    Parameters
    ----------
    x_t : Tensor, shape (B, ...)
    t, t_prev : Tensor, shape (B,), int64
        From 1 ... T to any smaller timestep, 0 included. (The paper has t_prev = t - 1.)
    eps_hat : Tensor, shape of `x_t`

    Returns
    -------
    Tensor, shape of `x_t`
        A draw from the posterior of x_prev, given x_t and the implied x_0.

    Raises
    ------
    ValueError
        If shapes differ or the timesteps do not go back.
    """
    _check_step(schedule, x_t, t, t_prev, eps_hat)
    signal, noise = signal_and_noise(schedule, t, x_t)
    signal_prev, noise_prev = signal_and_noise(schedule, t_prev, x_t)
    alpha = (signal / signal_prev) ** 2  # the share of the variance kept between t_prev and t
    mean = (x_t - (1 - alpha) / noise * eps_hat) / alpha.sqrt()
    sigma = noise_prev / noise * (1 - alpha).sqrt()
    return mean + sigma * _noise_like(x_t, generator)


def ddim_step(
    schedule: Schedule,
    x_t: Sample,
    t: Timesteps,
    t_prev: Timesteps,
    eps_hat: Sample,
    *,
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Sample:
    """Take one step back, long or short, with as much randomness as you like.

    Source: DDIM (Song et al., 2021), eq. 12 and 16. Built in: sampling.

    Parameters
    ----------
    x_t, t, t_prev, eps_hat
        As in `ddpm_step`, as are the errors and what is returned.
    eta : float
        From 0, deterministic, to 1, as random as DDPM.
    """
    _check_step(schedule, x_t, t, t_prev, eps_hat)
    if not 0 <= eta <= 1:
        raise ValueError(f"eta must be in 0 ... 1, but it is {eta}")
    signal, noise = signal_and_noise(schedule, t, x_t)
    signal_prev, noise_prev = signal_and_noise(schedule, t_prev, x_t)
    sigma = eta * noise_prev / noise * (1 - (signal / signal_prev) ** 2).sqrt()
    x_0_hat = x_0_from_eps(schedule, x_t, t, eps_hat)
    direction = (noise_prev**2 - sigma**2).clamp(min=0).sqrt() * eps_hat
    x_prev = signal_prev * x_0_hat + direction
    return x_prev + sigma * _noise_like(x_t, generator) if eta > 0 else x_prev


def timestep_pairs(T: int, num_steps: int) -> list[tuple[int, int]]:
    """Cut the way from T to 0 into `num_steps` nearly equal steps.

    "Trailing" spacing: Lin et al. (2024), table 2. Built in: sampling.

    Returns
    -------
    list of (int, int)
        Pairs (t, t_prev): the first t is T, the last t_prev is 0.
    """
    if not 1 <= num_steps <= T:
        raise ValueError(f"num_steps must be in 1 ... {T}, but it is {num_steps}")
    stops = [round(T * (num_steps - i) / num_steps) for i in range(num_steps + 1)]
    return list(zip(stops[:-1], stops[1:], strict=True))


@torch.no_grad()
def sample_steps(
    model: Model,
    schedule: Schedule,
    x_T: Sample,
    num_steps: int,
    *,
    cond: Tokens | None = None,
    step: Callable[..., Tensor] = ddim_step,
    generator: torch.Generator | None = None,
) -> Iterator[SampleStep]:
    """Walk from noise to a sample, and report each step.

    Source: DDPM (Ho et al., 2020), algorithm 2. Built in: sampling.

    Parameters
    ----------
    x_T : Tensor, shape (B, ...)
        Standard Gaussian noise.
    num_steps : int
        How many steps, 1 ... T.
    cond : Tensor, shape (B, L), int64, optional
    step : callable
        `ddim_step`, `ddpm_step`, or ``functools.partial(ddim_step, eta=0.5)``.
    generator : torch.Generator, optional
        For the noise that random steps add.
    """
    x_t = x_T
    for t_now, t_next in timestep_pairs(schedule.T, num_steps):
        t = torch.full((len(x_t),), t_now, device=x_t.device)
        t_prev = torch.full_like(t, t_next)
        eps_hat = model(x_t, t, cond)
        x_prev = step(schedule, x_t, t, t_prev, eps_hat, generator=generator)
        x_0_hat = x_0_from_eps(schedule, x_t, t, eps_hat)
        yield SampleStep(t_now, t_next, x_t, eps_hat, x_0_hat, x_prev)
        x_t = x_prev


def sample(*args, **kwargs) -> Tensor:
    """Run `sample_steps` to the end and return the samples x_0."""
    *_, last = sample_steps(*args, **kwargs)
    return last.x_prev


def _check_step(schedule: Schedule, x_t: Tensor, t: Tensor, t_prev: Tensor, eps_hat: Tensor):
    check_same_shape("eps_hat", eps_hat, "x_t", x_t)
    check_same_shape("t_prev", t_prev, "t", t)
    schedule.check_t(t, low=1)
    schedule.check_t(t_prev)
    if not bool((t_prev < t).all()):
        raise ValueError(f"every t_prev must be below its t, but t is {t} and t_prev {t_prev}")


def _noise_like(x: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
