"""What a sampler sees: ``model(x_t, t, cond) -> eps_hat``, and small models with that interface.

Some models wrap another one and are a model again; some know the answer exactly, so that
everything around them can be tested; one is a network small enough for points in the plane.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.arrays import Sample, Timesteps, Tokens
from course_lib.forward_process import eps_from_v, eps_from_x_0, signal_and_noise, x_0_from_eps
from course_lib.layers import timestep_embedding
from course_lib.schedules import Schedule


class Model(Protocol):
    """Anything that predicts the noise: x_t (B, ...), t (B,), cond (B, L) or None -> (B, ...)."""

    def __call__(self, x_t: Sample, t: Timesteps, cond: Tokens | None = None) -> Sample: ...


@dataclass(frozen=True)
class Clipped:
    """Keep the implied clean picture within [-1, 1].

    Close to t = T an error of the network is multiplied a thousandfold in x_0_hat. No picture
    lies outside [-1, 1], so this clamps x_0_hat and returns the eps_hat that matches it.

    Built in: sampling.
    """

    model: Model
    schedule: Schedule

    def __call__(self, x_t: Sample, t: Timesteps, cond: Tokens | None = None) -> Sample:
        eps_hat = self.model(x_t, t, cond)
        x_0_hat = x_0_from_eps(self.schedule, x_t, t, eps_hat).clamp(-1, 1)
        return eps_from_x_0(self.schedule, x_t, t, x_0_hat)


class FromV(nn.Module):
    """Turn a network that was trained to predict v into a model that predicts the noise.

    Source: Salimans and Ho (2022), appendix D. Built in: training.
    """

    def __init__(self, network: nn.Module, schedule: Schedule):
        super().__init__()
        self.network = network
        self.schedule = schedule

    @property
    def config(self):
        """The configuration of the network inside."""
        return self.network.config

    def forward(self, x_t: Sample, t: Timesteps, cond: Tokens | None = None) -> Sample:
        return eps_from_v(self.schedule, x_t, t, self.network(x_t, t, cond))


class ZeroModel:
    """Always answer "no noise": the baseline whose loss is exactly 1 on average.

    Built in: training.
    """

    def __call__(self, x_t: Sample, t: Timesteps, cond: Tokens | None = None) -> Sample:
        return torch.zeros_like(x_t)


@dataclass(frozen=True)
class ExactPoints:
    """The best possible answer when the data are a finite list of points. Nothing is trained.

    It weighs every data point by how likely it is to have become x_t, and averages.

    The posterior mean of x_0 given x_t under the forward process, DDPM eq. 4.
    Built in: sampling.
    """

    points: Sample  #: All the data, (N, ...).
    schedule: Schedule

    def __post_init__(self):
        if self.points.ndim < 2 or len(self.points) == 0:
            raise ValueError(
                "points must have the shape (N, ...) with at least one point, but it is "
                f"{tuple(self.points.shape)}"
            )

    def __call__(self, x_t: Sample, t: Timesteps, cond: Tokens | None = None) -> Sample:
        signal, noise = signal_and_noise(self.schedule, t, x_t.flatten(1))  # (B, 1) each
        points = self.points.to(x_t).flatten(1)  # (N, D)
        if points.shape[1] != x_t.flatten(1).shape[1]:
            raise ValueError(
                f"x_t must hold samples of shape {tuple(self.points.shape[1:])}, but it is "
                f"{tuple(x_t.shape)}"
            )
        distance = (x_t.flatten(1)[:, None] - signal[:, None] * points).square().sum(-1)  # (B, N)
        weight = torch.softmax(-distance / (2 * noise**2), dim=1)
        return eps_from_x_0(self.schedule, x_t, t, (weight @ points).reshape(x_t.shape))


@dataclass(frozen=True)
class ExactGaussian:
    """The best possible answer when the data are Gaussian: independent numbers, one mean and std.

    Built in: sampling.
    """

    mean: float
    std: float
    schedule: Schedule

    def __post_init__(self):
        if self.std < 0:
            raise ValueError(f"std must be at least 0, but it is {self.std}")

    def __call__(self, x_t: Sample, t: Timesteps, cond: Tokens | None = None) -> Sample:
        signal, noise = signal_and_noise(self.schedule, t, x_t)
        variance = signal**2 * self.std**2 + noise**2  # of x_t
        return noise * (x_t - signal * self.mean) / variance


class TinyMLP(nn.Module):
    """A network for points instead of pictures: a few layers, no convolution.

    Built in: training.

    A point is `dim` numbers; each hidden layer has `width` features, an even number.
    """

    def __init__(self, dim: int = 2, width: int = 128):
        super().__init__()
        self.width = width
        self.point_in = nn.Linear(dim, width)
        self.body = nn.Sequential(
            nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )
        self.point_out = nn.Linear(width, dim)

    def forward(
        self, x_t: Float[Tensor, "B dim"], t: Timesteps, cond: Tokens | None = None
    ) -> Float[Tensor, "B dim"]:
        if x_t.ndim != 2 or x_t.shape[1] != self.point_in.in_features:
            raise ValueError(
                f"x_t must have the shape (B, {self.point_in.in_features}), but it is "
                f"{tuple(x_t.shape)}"
            )
        if t.shape != x_t.shape[:1]:
            raise ValueError(f"t must have the shape ({len(x_t)},), but it is {tuple(t.shape)}")
        hidden = self.point_in(x_t) + timestep_embedding(t, self.width)
        return self.point_out(self.body(hidden))
