"""Which combinations a model may learn from, and which it must compose by itself.

Six pairs of who and doing are never learnt from, "an astronaut riding a horse" among them, nor is
a tenth of the other combinations. Every single word is.
"""

import functools

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from course_lib.datasets.scenes.grammar import ATTRIBUTES, check_attributes

SPLITS = ("train", "unseen")
UNSEEN_PAIRS = (
    ("astronaut", "riding a horse"),
    ("green frog", "riding a rocket"),
    ("orange cat", "reading a book"),
    ("white rabbit", "riding a bicycle"),
    ("robot", "dancing"),
    ("pink pig", "jumping"),
)
UNSEEN_SHARE = 0.1


def is_unseen(attributes: Int64[Tensor, "N 5"]) -> Bool[Tensor, " N"]:
    """Tell which combinations are held out from training.

    Parameters
    ----------
    attributes : Tensor, shape (N, 5), int64

    Returns
    -------
    Tensor, shape (N,), bool

    Raises
    ------
    ValueError
        If the shape, the type or a value is not allowed.
    """
    check_attributes(attributes)
    unseen = _hash(attributes) < UNSEEN_SHARE
    for who, doing in UNSEEN_PAIRS:
        same_who = attributes[:, 0] == ATTRIBUTES["who"].index(who)
        unseen |= same_who & (attributes[:, 2] == ATTRIBUTES["doing"].index(doing))
    return unseen


def split_of(attributes_row: Int64[Tensor, " 5"]) -> str:
    """Return the split of one scene: "train" or "unseen"."""
    if attributes_row.ndim != 1:
        raise ValueError(f"one scene has the shape (5,), not {tuple(attributes_row.shape)}")
    return SPLITS[int(is_unseen(attributes_row.unsqueeze(0)))]


@functools.cache
def combinations(split: str = "train") -> Int64[Tensor, "N 5"]:
    """List every combination of a split, in order; do not write into it."""
    check_split(split)
    everything = torch.cartesian_prod(*(torch.arange(len(v)) for v in ATTRIBUTES.values()))
    return everything[is_unseen(everything) == (split == "unseen")]


def random_attributes(
    n: int, split: str = "train", *, generator: torch.Generator | None = None
) -> Int64[Tensor, "n 5"]:
    """Draw combinations of a split, all equally likely.

    Parameters
    ----------
    n : int
        How many, at least 1.
    split : {"train", "unseen"}

    Returns
    -------
    Tensor, shape (n, 5), int64

    Raises
    ------
    ValueError
        If n is below 1 or the split has another name.
    """
    check_split(split)
    if n < 1:
        raise ValueError(f"n must be at least 1 scene, but it is {n}")
    rows = combinations(split)
    return rows[torch.randint(len(rows), (n,), generator=generator)]


def check_split(split: str) -> None:
    """Raise a ValueError unless the split has one of the two names."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, but it is {split!r}")


def _hash(attributes: Tensor) -> Tensor:
    """Scatter combinations over 0 ... 1, the same way for ever (two rounds of multiply, xor)."""
    number = torch.zeros(len(attributes), dtype=torch.int64)
    for values, column in zip(ATTRIBUTES.values(), attributes.T, strict=True):
        number = number * len(values) + column
    number = number + 1
    for _ in range(2):
        number = (number ^ (number >> 16)) * 0x45D9F3B & 0xFFFFFFFF  # stays within 32 bits
    return (number ^ (number >> 16)) / 2**32
