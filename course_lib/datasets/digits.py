"""10,000 handwritten digits (MNIST), embedded in the package: no download.

Value range in and out: the file holds bytes 0 ... 255; you get float32 in [-1, 1], where -1 is
the black paper and 1 the white ink.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

FILE = Path(__file__).parent / "digits_files" / "digits.npz"
SPLITS = ("train", "test")


@dataclass(frozen=True)
class Digits:
    """Pictures of digits with their labels.

    Attributes
    ----------
    images : Tensor, shape (N, 1, 28, 28), float32 in [-1, 1]
    labels : Tensor, shape (N,), int64 in 0 ... 9
    """

    images: Float[Tensor, "N 1 28 28"]
    labels: Int64[Tensor, " N"]

    def __len__(self) -> int:
        return len(self.labels)


def digits(split: str = "train", *, full: bool = False, root: str | Path = "mnist") -> Digits:
    """Load the digits.

    Parameters
    ----------
    split : {"train", "test"}
        9,000 pictures to learn from, or 1,000 held out; both have the same share of each digit.
    full : bool
        Take the whole MNIST (60,000 and 10,000) through torchvision instead, which downloads it
        into `root` once. It may contain the held-out thousand: never judge with it.
    root : str or Path
        Where the whole MNIST is kept.

    Returns
    -------
    Digits

    Raises
    ------
    ValueError
        If the split has another name.
    ConnectionError
        If the whole set is asked for and cannot be downloaded.

    Notes
    -----
    Authors: LeCun, Cortes and Burges; licence CC BY-SA 3.0, see ``digits_files/LICENCE.md``.
    Built in: forward_process.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, but it is {split!r}")
    pictures, labels = _full(split, Path(root)) if full else _embedded(split)
    images = torch.from_numpy(pictures).float().unsqueeze(1) / 127.5 - 1  # (N, 1, 28, 28)
    return Digits(images, torch.from_numpy(labels).long())


@functools.cache
def _embedded(split: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(FILE) as arrays:
        return arrays[f"{split}_images"], arrays[f"{split}_labels"]


def _full(split: str, root: Path) -> tuple[np.ndarray, np.ndarray]:
    from torchvision.datasets import MNIST  # slow to import, and rarely needed

    try:
        data = MNIST(str(root), train=split == "train", download=True)
    except (RuntimeError, OSError) as error:
        raise ConnectionError(
            "the full MNIST could not be downloaded; without a network use the 10,000 embedded "
            "digits: digits(full=False)"
        ) from error
    return data.data.numpy(), data.targets.numpy()
