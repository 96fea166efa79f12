"""How an answer differs from the right one: in kind, shape, dtype, by NaN, or in its numbers."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor


def value_fault(expected: Any, got: Any, tolerance: float = 1e-4) -> str | None:
    """Say how an answer differs from the expected one.

    Parameters
    ----------
    expected, got : Tensor, number, str, or tuple or list of these
        A number may also come as a tensor without dimensions, and the other way round.
    tolerance : float
        Largest error, as a share of the largest expected value; whole numbers must be equal.

    Returns
    -------
    str or None
        A sentence about the first difference; None if there is none.
    """
    fault = form_fault(expected, got)
    if fault or isinstance(expected, str):
        return fault or (None if expected == got else f"The answer is not {got!r}.")
    if isinstance(expected, tuple | list):
        return _first_part(value_fault(a, b, tolerance) for a, b in zip(expected, got, strict=True))
    return _number_fault(expected, got, tolerance)


def form_fault(expected: Any, got: Any) -> str | None:
    """Compare everything but the numbers: type, length, shape, dtype, NaN and infinity."""
    if isinstance(expected, tuple | list):
        wanted = f"It should return {len(expected)} things, separated by commas,"
        if not isinstance(got, tuple | list):
            return f"{wanted} and it returns {_describe(got)}."
        if len(got) != len(expected):
            return f"{wanted} and it returns {len(got)}."
        return _first_part(form_fault(a, b) for a, b in zip(expected, got, strict=True))
    if isinstance(expected, str):
        return None if isinstance(got, str) else f"It should return a text, not {_describe(got)}."
    if _is_number(expected):
        if not _is_number(got):
            return f"It should return one number, and it returns {_describe(got)}."
        return _finite_fault(expected, got)
    return _tensor_fault(expected, got) or _finite_fault(expected, got)


def _tensor_fault(expected: Tensor, got: Any) -> str | None:
    if not isinstance(got, Tensor):
        cure = ". torch.from_numpy makes a tensor of it" if isinstance(got, np.ndarray) else ""
        return f"It should return a tensor, and it returns {_describe(got)}{cure}."
    if got.shape != expected.shape:
        return (
            f"The shape should be {tuple(expected.shape)}, and it is {tuple(got.shape)}. "
            "Print the shape of each part, and see where it changes."
        )
    if got.dtype != expected.dtype:
        return (
            f"The dtype should be {expected.dtype}, and it is {got.dtype}. "
            f"`.to({expected.dtype})` converts a tensor."
        )
    return None


def _finite_fault(expected: Any, got: Any) -> str | None:
    """Find NaN and infinity where none is expected."""
    values = _as_double(got)
    if values.isfinite().all() or not _as_double(expected).isfinite().all():
        return None
    if values.isnan().any():
        return (
            "The answer holds NaN, which means 'not a number'. It comes from the root of something "
            "negative, or from 0 divided by 0."
        )
    return "The answer holds infinity. It comes from a division by 0, or from a logarithm of 0."


def _number_fault(expected: Any, got: Any, tolerance: float) -> str | None:
    """Compare numbers of the same shape, and show the first one that is off."""
    a, b = _as_double(expected), _as_double(got)
    whole = isinstance(expected, int) or (
        isinstance(expected, Tensor) and not expected.is_floating_point()
    )
    largest = a[a.isfinite()].abs().max().item() if a.isfinite().any() else 0.0
    allowed = 0.0 if whole else tolerance * (largest or 1.0)
    off = ~torch.isclose(b, a, rtol=0, atol=allowed, equal_nan=True)
    if not off.any():
        return None
    where = tuple(off.nonzero()[0].tolist())
    place = f" at {list(where)}" if where else ""
    return (
        f"The numbers are off. The first wrong one is {_show(b[where])}{place}, "
        f"and it should be {_show(a[where])}."
    )


def _first_part(faults) -> str | None:
    """Name the first thing of several that has a fault."""
    for i, fault in enumerate(faults, start=1):
        if fault:
            return f"In thing {i} of what it returns: {fault}"
    return None


def _is_number(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.ndim == 0
    return isinstance(value, bool | int | float | np.number | np.bool_)


def _as_double(value: Any) -> Tensor:
    tensor = value.detach() if isinstance(value, Tensor) else torch.tensor(float(value))
    return tensor.to("cpu", torch.float64)


def _show(value: Tensor) -> str:
    number = value.item()
    return f"{number:.4g}" if math.isfinite(number) else str(number)


def _describe(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
