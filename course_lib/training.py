"""Training: show the network a noisy picture, ask for the noise, correct it, repeat."""

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.arrays import Sample, Timesteps, Tokens, check_same_shape
from course_lib.conditioning import drop_cond
from course_lib.forward_process import add_noise, v_from_eps
from course_lib.models import Model
from course_lib.schedules import Schedule

Batch = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class TrainConfig:
    """How to train."""

    steps: int  #: Number of optimiser steps, at least 1.
    learning_rate: float = 2e-3  #: The largest learning rate.
    warmup_steps: int = 50  #: The rate climbs from 0 for so long, then falls in a line to 0.
    weight_decay: float = 0.01  #: AdamW's pull of the weights towards 0.
    ema_decay: float = 0.999  #: The share of itself that the averaged model keeps at each step.
    cond_drop: float = 0.1  #: Chance that a sample is shown without its condition, for guidance.
    max_gradient_norm: float = 1.0  #: Longer gradients are shortened to this length.

    def __post_init__(self):
        for name in ("steps", "learning_rate", "max_gradient_norm"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, but it is {getattr(self, name)}")
        if not 0 <= self.warmup_steps <= self.steps:
            raise ValueError(
                f"warmup_steps must be in 0 ... {self.steps}, the number of steps, "
                f"but it is {self.warmup_steps}"
            )
        if not self.weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0, but it is {self.weight_decay}")
        if not 0 <= self.cond_drop <= 1:
            raise ValueError(f"cond_drop must be in 0 ... 1, but it is {self.cond_drop}")
        _check_decay("ema_decay", self.ema_decay)

    def learning_rate_at(self, step: int) -> float:
        """The learning rate of step 1 ... steps: up during the warm-up, then down to 0."""
        if not 1 <= step <= self.steps:
            raise ValueError(f"step must be in 1 ... {self.steps}, but it is {step}")
        if step <= self.warmup_steps:
            return self.learning_rate * step / self.warmup_steps
        left = self.steps - step + 1
        return self.learning_rate * left / (self.steps - self.warmup_steps)


def _check_decay(name: str, decay: float) -> None:
    if not 0 <= decay < 1:
        raise ValueError(f"{name} must be in [0, 1), but it is {decay}")


@dataclass(frozen=True)
class TrainStep:
    """What happened in step 1 ... steps: the mean squared error on its batch, and the rate.

    `ema` is the averaged model so far: a live reference, so copy it to keep it.
    """

    step: int
    loss: float
    learning_rate: float
    ema: nn.Module


def diffusion_loss(
    model: Model,
    schedule: Schedule,
    x_0: Sample,
    t: Timesteps,
    eps: Sample,
    cond: Tokens | None = None,
) -> Float[Tensor, ""]:
    """How wrong the model is about the noise `eps` that was mixed in: the mean squared error.

    Always answering 0 costs 1 on average. Shapes as in `add_noise`. Source: DDPM (Ho et al.,
    2020), eq. 14. Built in: training.
    """
    eps_hat = model(add_noise(schedule, x_0, t, eps), t, cond)
    check_same_shape("the model's answer", eps_hat, "eps", eps)
    return F.mse_loss(eps_hat, eps)


def v_loss(
    model: Model, schedule: Schedule, x_0: Sample, t: Timesteps, eps: Sample, cond=None
) -> Float[Tensor, ""]:
    """As `diffusion_loss`, for a network that predicts v (wrap it in `FromV` to sample).

    Source: Salimans and Ho (2022), section 4.
    """
    v_hat = model(add_noise(schedule, x_0, t, eps), t, cond)
    check_same_shape("the model's answer", v_hat, "x_0", x_0)
    return F.mse_loss(v_hat, v_from_eps(schedule, x_0, t, eps))


def batches(
    images: Sample,
    cond: Tokens | None = None,
    *,
    batch_size: int = 64,
    generator: torch.Generator | None = None,
) -> Iterator[Batch]:
    """Deal the data out in shuffled batches, again and again without end.

    Parameters
    ----------
    images, cond : Tensor, shapes (N, ...) and (N, L)
        All the data, and the condition of each image if there is one.
    batch_size : int
        Samples a batch, 1 ... N. What is left over at the end of a round is skipped.
    """
    if not 1 <= batch_size <= len(images):
        raise ValueError(f"batch_size must be 1 ... {len(images)}, but it is {batch_size}")
    if cond is not None and len(cond) != len(images):
        raise ValueError(f"cond must have {len(images)} rows, one an image, but has {len(cond)}")
    while True:
        order = torch.randperm(len(images), generator=generator)
        for rows in order[: len(order) - len(order) % batch_size].split(batch_size):
            yield images[rows], None if cond is None else cond[rows]


class Ema:
    """A slow, steady copy of a model: the exponential moving average of its weights.

    Source: DDPM (Ho et al., 2020), appendix B. Built in: training.

    At each update the copy keeps the share `decay` of itself, from 0 to below 1; early on it
    keeps less, so that it forgets the random start.
    """

    def __init__(self, model: nn.Module, decay: float):
        _check_decay("decay", decay)
        self.decay = decay
        self.updates = 0
        self.model = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the copy a little towards `model`."""
        self.updates += 1
        keep = min(self.decay, self.updates / (self.updates + 10))
        mine, theirs = list(self.model.parameters()), list(model.parameters())
        torch._foreach_lerp_(mine, theirs, 1 - keep)


def train_steps(
    model: nn.Module,
    schedule: Schedule,
    loader: Iterable[Batch],
    config: TrainConfig,
    *,
    loss: Callable[..., Tensor] = diffusion_loss,
    generator: torch.Generator | None = None,
) -> Iterator[TrainStep]:
    """Train `model` in place, and report after each step.

    Source: DDPM (Ho et al., 2020), algorithm 1. Built in: training.

    Parameters
    ----------
    model : nn.Module
        Called as ``model(x_t, t, cond)``.
    loader : iterable of (x_0, cond)
        At least ``config.steps`` batches, or it raises a ValueError; see `batches`.
    loss : callable
        `diffusion_loss`, or `v_loss` for v-prediction.
    generator : torch.Generator, optional
        For timesteps, noise and dropped conditions: the same seed gives the same losses.
    """
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    ema = Ema(model, config.ema_decay)
    model.train()
    step = 0
    for step, (x_0, cond) in enumerate(itertools.islice(loader, config.steps), start=1):
        t = torch.randint(1, schedule.T + 1, (len(x_0),), generator=generator)
        eps = torch.randn(x_0.shape, generator=generator)
        if cond is not None:
            cond = drop_cond(cond, config.cond_drop, generator)
        step_loss = loss(model, schedule, x_0, t, eps, cond)
        learning_rate = config.learning_rate_at(step)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate
        optimiser.zero_grad()
        step_loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.max_gradient_norm)
        optimiser.step()
        ema.update(model)
        yield TrainStep(step, step_loss.item(), learning_rate, ema.model)
    if step < config.steps:
        raise ValueError(
            f"expected {config.steps} batches, one a step, but the loader ended after {step}; "
            "training.batches deals them out without end"
        )


def train(*args, **kwargs) -> nn.Module:
    """Run `train_steps` to the end and return the averaged model."""
    *_, last = train_steps(*args, **kwargs)
    return last.ema
