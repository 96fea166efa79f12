"""Data so small that you can see all of it: single numbers and points in the plane.

Values are of the order of 1; there is no fixed range.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def one_number(n: int, value: float = 8.0) -> Float[Tensor, "n 1"]:
    """Repeat one number: the smallest data set there is.

    Parameters
    ----------
    n : int
        How many copies, at least 1.
    value : float
        The number.

    Returns
    -------
    Tensor, shape (n, 1), float32
    """
    _check_count(n)
    return torch.full((n, 1), float(value))


def two_moons(
    n: int, *, spread: float = 0.05, generator: torch.Generator | None = None
) -> Float[Tensor, "n 2"]:
    """Draw points on two interleaved half circles.

    Parameters
    ----------
    n : int
        How many points, at least 1.
    spread : float
        Standard deviation of the jitter, at least 0.

    Returns
    -------
    Tensor, shape (n, 2), float32, roughly within [-1.5, 1.5]
    """
    _check_count(n)
    angle = torch.rand(n, generator=generator) * math.pi
    upper = torch.rand(n, generator=generator) < 0.5
    sign = torch.where(upper, 1.0, -1.0)
    x = sign * (torch.cos(angle) - 0.5)
    y = sign * (torch.sin(angle) - 0.25)
    return _jitter(torch.stack([x, y], dim=1), spread, generator)


def ring(
    n: int, *, radius: float = 1.0, spread: float = 0.05, generator: torch.Generator | None = None
) -> Float[Tensor, "n 2"]:
    """Draw points on a circle of the given radius, with jitter.

    Returns
    -------
    Tensor, shape (n, 2), float32
    """
    _check_count(n)
    angle = torch.rand(n, generator=generator) * 2 * math.pi
    points = radius * torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
    return _jitter(points, spread, generator)


def gaussian_mixture(
    n: int,
    centres: Float[Tensor, "K D"],
    *,
    spread: float = 0.1,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "n D"]:
    """Draw points around centres that are all equally likely.

    Parameters
    ----------
    centres : Tensor, shape (K, D)
        The middle of each cloud.

    Returns
    -------
    Tensor, shape (n, D), float32

    Raises
    ------
    ValueError
        If `centres` is not of shape (K, D), or a count or spread is out of range.
    """
    _check_count(n)
    if centres.ndim != 2 or len(centres) == 0:
        raise ValueError(f"centres must have the shape (K, D), but it is {tuple(centres.shape)}")
    chosen = torch.randint(len(centres), (n,), generator=generator)
    return _jitter(centres.float()[chosen], spread, generator)


def _check_count(n: int) -> None:
    if n < 1:
        raise ValueError(f"n must be at least 1 point, but it is {n}")


def _jitter(points: Tensor, spread: float, generator: torch.Generator | None) -> Tensor:
    if spread < 0:
        raise ValueError(f"spread must be at least 0, but it is {spread}")
    return points + spread * torch.randn(points.shape, generator=generator)
