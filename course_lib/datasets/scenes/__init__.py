"""Small scenes, such as "an astronaut riding a horse on mars", with captions: drawn, not loaded.

Each picture has five exact attributes (who, wearing, doing, where, when) and a caption that names
some of them. Values are float32 in [-1, 1]; the pictures are made by the code beside this file:
`grammar` holds the words, `splits` what is held out, `draw` the pictures.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from course_lib.datasets.scenes.draw import draw_scenes
from course_lib.datasets.scenes.grammar import (
    ATTRIBUTES,
    MAX_WORDS,
    VOCABULARY,
    caption,
    captions,
    full_caption,
    read_caption,
)
from course_lib.datasets.scenes.splits import UNSEEN_PAIRS, random_attributes, split_of

__all__ = [
    "ATTRIBUTES",
    "MAX_WORDS",
    "UNSEEN_PAIRS",
    "VOCABULARY",
    "Scenes",
    "caption",
    "captions",
    "draw_scenes",
    "full_caption",
    "random_attributes",
    "read_caption",
    "scenes",
    "split_of",
]


@dataclass(frozen=True)
class Scenes:
    """Pictures with their captions and attributes.

    Attributes
    ----------
    images : Tensor, shape (N, 3, size, size), float32 in [-1, 1]
    captions : list of str
    attributes : Tensor, shape (N, 5), int64
        Indices into the values of `ATTRIBUTES`.
    named : Tensor, shape (N, 5), bool
        Which attributes each caption names.
    """

    images: Float[Tensor, "N 3 size size"]
    captions: list[str]
    attributes: Int64[Tensor, "N 5"]
    named: Bool[Tensor, "N 5"]

    def __len__(self) -> int:
        return len(self.captions)


def scenes(
    n: int, split: str = "train", *, size: int = 32, generator: torch.Generator | None = None
) -> Scenes:
    """Draw scenes of random combinations, and caption them.

    Parameters
    ----------
    n : int
        How many, at least 1.
    split : {"train", "unseen"}
        Combinations to learn from, or those held out; see `UNSEEN_PAIRS`.
    size : int
        Height and width in pixels, a multiple of 8 from 16 to 64.

    Returns
    -------
    Scenes

    Raises
    ------
    ValueError
        If n or the size is out of range, or the split has another name.

    Notes
    -----
    Built in: conditioning.
    """
    attributes = random_attributes(n, split, generator=generator)
    images = draw_scenes(attributes, size=size, generator=generator)
    texts, named = captions(attributes, generator=generator)
    return Scenes(images, texts, attributes, named)
