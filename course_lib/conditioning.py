"""Telling the model what to draw: labels as prompts, dropping them, and guidance."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from course_lib.arrays import Tokens
from course_lib.models import Model
from course_lib.text import FIRST_WORD, PADDING, START


def class_cond(labels: Int64[Tensor, " B"], classes: int = 10) -> Tokens:
    """Write class labels as prompts of one word: (start, label + 2).

    Built in: conditioning.

    Parameters
    ----------
    labels : Tensor, shape (B,), int64
        Labels 0 ... classes - 1.

    Returns
    -------
    Tensor, shape (B, 2), int64
    """
    if labels.ndim != 1 or labels.dtype != torch.int64:
        raise ValueError(
            f"labels must be int64 of shape (B,), but are {labels.dtype} of shape "
            f"{tuple(labels.shape)}"
        )
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ValueError(
            f"labels must be 0 ... {classes - 1}, but run from {int(labels.min())} to "
            f"{int(labels.max())}"
        )
    return torch.stack([torch.full_like(labels, START), labels + FIRST_WORD], dim=1)


def null_cond(batch_size: int, length: int = 2) -> Tokens:
    """Write "no condition": int64 of shape (batch_size, length), start, then padding."""
    if batch_size < 1 or length < 1:
        raise ValueError(f"batch_size and length must be at least 1, not {batch_size}, {length}")
    cond = torch.full((batch_size, length), PADDING)
    cond[:, 0] = START
    return cond


def drop_cond(cond: Tokens, probability: float, generator: torch.Generator | None = None) -> Tokens:
    """Replace the condition of some samples by the null condition, each by its own coin toss.

    Source: classifier-free guidance (Ho and Salimans, 2022), algorithm 1. Built in: conditioning.

    Parameters
    ----------
    cond : Tensor, shape (B, L), int64
    probability : float
        Chance that a sample loses its condition, 0 ... 1.

    Returns
    -------
    Tensor, shape (B, L), int64
        A new tensor; `cond` is not changed.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must be in 0 ... 1, but it is {probability}")
    _check_cond(cond)
    dropped = torch.rand(len(cond), generator=generator) < probability
    null = null_cond(len(cond), cond.shape[1]).to(cond.device)
    return torch.where(dropped.to(cond.device)[:, None], null, cond)


def _check_cond(cond: Tensor) -> None:
    if cond.ndim != 2:
        raise ValueError(
            f"cond must have the shape (B, L), but it is {tuple(cond.shape)}; "
            "for class labels use class_cond"
        )


@dataclass(frozen=True)
class Guided:
    """Classifier-free guidance: walk from "no condition" towards the condition, and beyond.

    eps_hat = uncond + guidance_scale * (cond - uncond). 0 ignores the condition, 1 is guidance
    switched off, more exaggerates. Without a condition the model is called as it is.

    Source: Ho and Salimans (2022), eq. 6, with s = 1 + w. Built in: conditioning.

    Attributes
    ----------
    model : Model
    guidance_scale : float
        At least 0.
    negative : Tensor, shape (1, L), int64, optional
        A negative prompt: walk away from this condition instead of away from none.
    """

    model: Model
    guidance_scale: float
    negative: Tokens | None = None

    def __post_init__(self):
        if not 0 <= self.guidance_scale < float("inf"):
            raise ValueError(f"guidance_scale must be at least 0, but it is {self.guidance_scale}")

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        if cond is None or self.guidance_scale == 1:
            return self.model(x_t, t, cond)
        _check_cond(cond)
        away = self._away_from(cond)
        if self.guidance_scale == 0:
            return self.model(x_t, t, away)
        both = self.model(torch.cat([x_t, x_t]), torch.cat([t, t]), torch.cat([away, cond]))
        uncond_eps, cond_eps = both.chunk(2)
        return uncond_eps + self.guidance_scale * (cond_eps - uncond_eps)

    def _away_from(self, cond: Tensor) -> Tensor:
        if self.negative is None:
            return null_cond(*cond.shape).to(cond.device)
        if self.negative.shape != (1, cond.shape[1]):
            raise ValueError(
                f"negative must have the shape (1, {cond.shape[1]}) to fit cond, but it is "
                f"{tuple(self.negative.shape)}"
            )
        return self.negative.expand(len(cond), -1)
