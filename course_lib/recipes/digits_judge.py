"""The judge of digits: a small classifier that reads samples and gives them features.

It learns from slightly turned, scaled and shifted digits, so that it looks at shapes rather than
at the places where ink happens to be.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_lib.arrays import make_generator
from course_lib.datasets.digits import Digits, digits
from course_lib.metrics import Judge, agreement, read_images
from course_lib.recipes.classifiers import classifier_steps
from course_lib.training import TrainConfig, TrainStep, batches

NAME = "digits_judge"
SEED = 0
STEPS = 2000
JUDGE_STEPS = 1
BATCH_SIZE = 128
SETTINGS = {"data": "digits, 9,000 for training", "batch_size": BATCH_SIZE}
CONFIG = TrainConfig(STEPS, learning_rate=3e-3)

MOST_TURN = 0.25  # radians
MOST_SHEAR = 0.2
MOST_SCALE = 0.12  # share of the size
MOST_SHIFT = 0.12  # of half the width


def train(seed: int) -> Iterator[TrainStep]:
    """Train the judge, step by step; the `ema` of a step is the judge itself."""
    torch.manual_seed(seed)
    generator, data = make_generator(seed), digits("train")
    loader = batches(data.images, data.labels, batch_size=BATCH_SIZE, generator=generator)
    yield from classifier_steps(
        Judge(), loader, CONFIG, F.cross_entropy, lambda images: jitter(images, generator)
    )


def jitter(images: Float[Tensor, "B 1 H W"], generator: torch.Generator) -> Tensor:
    """Turn, shear, scale and shift each picture a little, at random; outside is black (-1)."""
    turn, shear, scale, shift_x, shift_y = 2 * torch.rand(5, len(images), generator=generator) - 1
    turn, shear, scale = MOST_TURN * turn, MOST_SHEAR * shear, 1 + MOST_SCALE * scale
    rows = [
        torch.stack([turn.cos() / scale, shear - turn.sin() / scale, MOST_SHIFT * shift_x], dim=1),
        torch.stack([turn.sin() / scale, turn.cos() / scale, MOST_SHIFT * shift_y], dim=1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return F.grid_sample(images + 1, grid, align_corners=False) - 1


def judge(model: Judge, on_step: Callable[[], None] = lambda: None) -> dict:
    """Read the held-out digits: the share that is read right. It is quick: one `on_step`."""
    held_out, seen = digits("test"), digits("train")
    figures = {
        "accuracy": round(accuracy(model, held_out), 4),
        "accuracy_samples": len(held_out),
        "accuracy_train": round(accuracy(model, seen), 4),
    }
    on_step()
    return figures


def accuracy(model: Judge, data: Digits) -> float:
    """The share of the digits that the judge reads right, 0 ... 1."""
    return agreement(read_images(model, data.images).labels, data.labels)
