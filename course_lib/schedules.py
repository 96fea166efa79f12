r"""How much noise at which timestep.

A schedule is two rows of numbers, indexed by the timestep t = 0, 1, ..., T as in the papers:

.. math:: \bar\alpha_t = \prod_{s=1}^{t} (1 - \beta_s), \qquad \bar\alpha_0 = 1.

``alpha_bar[t]`` is the share of the variance that is still signal at timestep t.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Schedule:
    """The noise schedule, indexed t = 0 ... T (paper indexing: T + 1 entries).

    Source: DDPM (Ho et al., 2020), section 2. Built in: forward_process.
    """

    beta: Float[Tensor, "T+1"]  #: The share of the variance that step t replaces by noise.
    alpha_bar: Float[Tensor, "T+1"]  #: The share that is signal after step t; 1 at t = 0.

    def __post_init__(self):
        if self.beta.ndim != 1 or self.beta.shape != self.alpha_bar.shape or len(self.beta) < 2:
            raise ValueError(
                "beta and alpha_bar must both have the shape (T + 1,), entry 0 for the clean "
                f"sample, but are {tuple(self.beta.shape)} and {tuple(self.alpha_bar.shape)}"
            )

    @property
    def T(self) -> int:
        """The last timestep, where almost nothing but noise is left."""
        return len(self.alpha_bar) - 1

    @property
    def alpha(self) -> Float[Tensor, "T+1"]:
        """What step t keeps of the variance: 1 - beta."""
        return 1 - self.beta

    def check_t(self, t: Tensor, low: int = 0) -> None:
        """Raise a ValueError unless `t` is int64 of shape (B,) within low ... T."""
        if t.dtype != torch.int64 or t.ndim != 1:
            raise ValueError(
                f"t must be an int64 tensor of shape (B,), one timestep a sample, "
                f"but it is {t.dtype} of shape {tuple(t.shape)}"
            )
        if len(t) and not low <= int(t.min()) <= int(t.max()) <= self.T:
            raise ValueError(
                f"every t must be in {low} ... {self.T}, "
                f"but t runs from {int(t.min())} to {int(t.max())}"
            )


def _from_beta(beta: Tensor) -> Schedule:
    """Complete a schedule from beta_1 ... beta_T in float64."""
    beta = torch.cat([torch.zeros(1, dtype=torch.float64), beta])
    return Schedule(beta.float(), torch.cumprod(1 - beta, dim=0).float())


def _check_T(T: int) -> None:
    if T < 1:
        raise ValueError(f"T must be at least 1 timestep, but it is {T}")


def linear_schedule(T: int = 1000, beta_1: float = 1e-4, beta_T: float = 0.02) -> Schedule:
    """Let beta grow in a straight line from `beta_1` to `beta_T`.

    Source: DDPM (Ho et al., 2020), section 4. Built in: forward_process.

    Parameters
    ----------
    T : int
        Number of timesteps, at least 1.
    beta_1, beta_T : float
        First and last beta, strictly between 0 and 1. The defaults suit T = 1000: with a
        much smaller T the picture is not all noise at the end.
    """
    _check_T(T)
    if not (0 < beta_1 < 1 and 0 < beta_T < 1):
        raise ValueError(f"beta_1 and beta_T must be between 0 and 1, but are {beta_1}, {beta_T}")
    return _from_beta(torch.linspace(beta_1, beta_T, T, dtype=torch.float64))


def cosine_schedule(T: int = 1000, s: float = 0.008) -> Schedule:
    """Let alpha_bar fall like a squared cosine: gently at both ends.

    beta is capped at 0.999, and alpha_bar is the running product of the capped values, so that
    ``alpha_bar[T]`` stays above 0. Source: improved DDPM (Nichol and Dhariwal, 2021), eq. 17.
    Built in: forward_process.

    Parameters
    ----------
    T : int
        Number of timesteps, at least 1.
    s : float
        A small offset that keeps the first steps from being too small, at least 0.
    """
    _check_T(T)
    if s < 0:
        raise ValueError(f"s must be at least 0, but it is {s}")
    progress = torch.arange(T + 1, dtype=torch.float64) / T
    curve = torch.cos((progress + s) / (1 + s) * math.pi / 2) ** 2
    return _from_beta((1 - curve[1:] / curve[:-1]).clamp(max=0.999))
