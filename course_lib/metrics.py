"""Judging samples: are they the digit asked for, as varied as real ones, and not copies?

Every distance means something only beside its real-vs-real floor: what the same yardstick says of
held-out real pictures. All figures here take the pictures' features from a small classifier, the
judge, that was trained on the same 9,000 digits.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from course_lib.arrays import autocast, check_images
from course_lib.checkpoints import load_checkpoint


class Judge(nn.Module):
    """A small classifier whose last features serve as a yardstick.

    Parameters
    ----------
    width : int
        Channels of the first convolution; a picture's row of features is 4 times as long.
    classes : int
        How many scores it gives.
    image_channels : int
        1 for grey pictures, 3 for colour.

    Notes
    -----
    Built in: training.
    """

    def __init__(self, width: int = 32, classes: int = 10, image_channels: int = 1):
        super().__init__()
        self.config = {"width": width, "classes": classes}
        self.image_channels = image_channels
        self.body = nn.Sequential(
            *_conv_block(image_channels, width),
            *_conv_block(width, 2 * width),
            *_conv_block(2 * width, 4 * width),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.head = nn.Linear(4 * width, classes)

    def features(self, images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B 4*width"]:
        """Describe each picture by a row of numbers."""
        return self.body(images)

    def forward(self, images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B classes"]:
        """Score each class; the largest score is the judge's reading."""
        return self.head(self.features(images))

    def read(self, features: Float[Tensor, "B 4*width"]) -> Int64[Tensor, " B"]:
        """The class with the largest score."""
        return self.head(features).argmax(1)


class AttributeJudge(Judge):
    """A judge of colour pictures that have several attributes: it reads each of them.

    Parameters
    ----------
    classes : tuple of int
        How many values each attribute has. The scores of all stand side by side.

    Notes
    -----
    Built in: conditioning.
    """

    def __init__(self, classes: tuple[int, ...], width: int = 32):
        super().__init__(width, sum(classes), image_channels=3)
        self.config = {"width": width, "classes": tuple(classes)}

    def read(self, features: Float[Tensor, "B 4*width"]) -> Int64[Tensor, "B A"]:
        """The value of each attribute with the largest score."""
        parts = self.head(features).split(self.config["classes"], dim=1)
        return torch.stack([part.argmax(1) for part in parts], dim=1)


def _conv_block(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [
        nn.Conv2d(in_channels, out_channels, 3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.SiLU(),
        nn.Conv2d(out_channels, out_channels, 3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.SiLU(),
        nn.MaxPool2d(2),
    ]


@dataclass(frozen=True)
class Reading:
    """What the judge makes of a batch.

    Attributes
    ----------
    features : Tensor, shape (N, F), float32
    labels : Tensor, shape (N,) or, from an `AttributeJudge`, (N, A), int64
        The class it reads, or the value of each attribute.
    """

    features: Float[Tensor, "N F"]
    labels: Int64[Tensor, "N ..."]


def load_judge(name: str = "digits_judge") -> Judge:
    """Load a shipped judge; the name, or the path of a checkpoint."""

    def build(config: dict) -> Judge:
        several = not isinstance(config["classes"], int)
        return AttributeJudge(**config) if several else Judge(**config)

    return load_checkpoint(name, build)[0]


@torch.no_grad()
def read_images(judge: Judge, images: Float[Tensor, "N C H W"], batch_size: int = 500) -> Reading:
    """Show pictures to the judge, in float32 so that the figure is the same on every processor.

    Parameters
    ----------
    images : Tensor, shape (N, C, H, W), in [-1, 1]

    Returns
    -------
    Reading
    """
    check_images("images", images, channels=judge.image_channels)
    judge.eval()
    features, labels = [], []
    with autocast(images.device, enabled=False):
        for part in images.split(batch_size):
            features.append(judge.features(part))
            labels.append(judge.read(features[-1]))
    return Reading(torch.cat(features), torch.cat(labels))


def agreement(read: Int64[Tensor, " N"], asked: Int64[Tensor, " N"]) -> float:
    """The share of pictures that are read as the class asked for, 0 ... 1."""
    if read.shape != asked.shape or len(read) == 0:
        raise ValueError(f"expected two equal rows of labels, got {read.shape} and {asked.shape}")
    return (read == asked).float().mean().item()


def all_right(
    read: Int64[Tensor, "N A"], asked: Int64[Tensor, "N A"], named: Bool[Tensor, "N A"]
) -> float:
    """The share of pictures in which every attribute that was named is as asked, 0 ... 1."""
    if not (read.shape == asked.shape == named.shape) or len(read) == 0:
        raise ValueError(
            "expected three equal tables of attributes, got "
            f"{tuple(read.shape)}, {tuple(asked.shape)} and {tuple(named.shape)}"
        )
    return ((read == asked) | ~named).all(dim=1).float().mean().item()


def frechet_distance(a: Float[Tensor, "N F"], b: Float[Tensor, "M F"]) -> float:
    """How far two clouds of features are apart, as two Gaussians.

    Parameters
    ----------
    a, b : Tensor, shapes (N, F) and (M, F)
        Features of two sets of pictures, at least 2 rows each.

    Returns
    -------
    float
        At least 0. Smaller sets give larger distances, so compare it only with a floor of the
        same size.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Source: Heusel et al. (2017), eq. 6; computed by torchmetrics. Built in: training.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(
            f"expected features of shapes (N, F) and (M, F), got {tuple(a.shape)} and "
            f"{tuple(b.shape)}"
        )
    from torchmetrics.image.fid import FrechetInceptionDistance  # takes seconds to import

    passes_through = nn.Identity()
    passes_through.num_features = a.shape[1]
    distance = FrechetInceptionDistance(feature=passes_through)
    distance.set_dtype(torch.float64)
    distance.update(a.double(), real=True)
    distance.update(b.double(), real=False)
    return distance.compute().item()


def nearest_distances(
    images: Float[Tensor, "N C H W"], data: Float[Tensor, "M C H W"]
) -> tuple[Float[Tensor, " N"], Int64[Tensor, " N"]]:
    """Find for each picture the most similar one in `data`.

    Returns
    -------
    distance : Tensor, shape (N,)
        Root mean square difference of a pixel, 0 ... 2.
    index : Tensor, shape (N,), int64
        Which picture of `data` it is.
    """
    if images.shape[1:] != data.shape[1:]:
        raise ValueError(
            f"pictures and data must have one size, not {tuple(images.shape)}, {tuple(data.shape)}"
        )
    if min(len(images), len(data)) == 0:
        raise ValueError(f"expected at least one picture each, not {len(images)}, {len(data)}")
    distance, index = torch.cdist(images.flatten(1), data.flatten(1)).min(dim=1)
    return distance / images[0].numel() ** 0.5, index
