"""The judge of scenes: a small classifier that reads the five attributes of a picture.

It learns from fresh renders, half of them blurred or noisy, so that it looks at shapes and colours
and not at a texture that only the renderer leaves behind.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from course_lib.arrays import make_generator
from course_lib.datasets.scenes import ATTRIBUTES, draw_scenes
from course_lib.metrics import AttributeJudge, read_images
from course_lib.recipes.classifiers import classifier_steps
from course_lib.training import TrainConfig, TrainStep, batches

NAME = "scenes_judge"
SEED = 0
STEPS = 1500
BATCH_SIZE = 128
PICTURES = 30_000
SETTINGS = {"data": f"scenes, {PICTURES:,} of all combinations", "batch_size": BATCH_SIZE}
CONFIG = TrainConfig(STEPS, learning_rate=3e-3)
CLASSES = tuple(len(values) for values in ATTRIBUTES.values())

MOST_NOISE = 0.2  # standard deviation; pixels run from -1 to 1
TEST_SEED = 1
TEST_PICTURES = 4000
JUDGE_STEPS = 2


def train(seed: int) -> Iterator[TrainStep]:
    """Train the judge, step by step; the `ema` of a step is the judge itself."""
    torch.manual_seed(seed)
    judge, generator = AttributeJudge(CLASSES), make_generator(seed)
    asked = any_attributes(PICTURES, generator)
    pictures = draw_scenes(asked, generator=generator)
    loader = batches(pictures, asked, batch_size=BATCH_SIZE, generator=generator)
    yield from classifier_steps(
        judge, loader, CONFIG, attribute_loss, lambda images: spoil_half(images, generator)
    )


def any_attributes(count: int, generator: torch.Generator) -> Int64[Tensor, "N 5"]:
    """Choose every attribute by itself: any combination can come."""
    columns = [torch.randint(n, (count,), generator=generator) for n in CLASSES]
    return torch.stack(columns, dim=1)


def attribute_loss(
    scores: Float[Tensor, "B classes"], labels: Int64[Tensor, "B 5"]
) -> Float[Tensor, ""]:
    """The mean over the attributes of each one's cross-entropy."""
    parts = scores.split(CLASSES, dim=1)
    return torch.stack([F.cross_entropy(p, y) for p, y in zip(parts, labels.T, strict=True)]).mean()


def spoil_half(images: Float[Tensor, "B 3 H W"], generator: torch.Generator) -> Tensor:
    """Spoil about half of the pictures."""
    return spoil(images, torch.rand(len(images), generator=generator) < 0.5, generator)


def spoil(
    images: Float[Tensor, "B 3 H W"], spoilt: Bool[Tensor, " B"], generator: torch.Generator
) -> Tensor:
    """Blur some pictures a little and add noise to them, each by an amount of its own."""
    blur, noise = torch.rand(2, len(images), 1, 1, 1, generator=generator)
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
    blurred = torch.lerp(images, F.avg_pool2d(padded, 3, stride=1), blur)
    noisy = blurred + MOST_NOISE * noise * torch.randn(images.shape, generator=generator)
    return torch.where(spoilt[:, None, None, None], noisy, images)


def judge(model: AttributeJudge, on_step: Callable[[], None] = lambda: None) -> dict:
    """Read fresh pictures, clear ones and spoilt ones: the share of each attribute read right."""
    generator = make_generator(TEST_SEED)
    asked = any_attributes(TEST_PICTURES, generator)
    clear = draw_scenes(asked, generator=generator)
    spoilt = spoil(clear, torch.ones(len(clear), dtype=torch.bool), generator)
    figures = {"accuracy_samples": TEST_PICTURES, "accuracy_seed": TEST_SEED}
    for key, images in (("accuracy", clear), ("accuracy_spoilt", spoilt)):
        right = (read_images(model, images).labels == asked).float().mean(dim=0)
        figures[key] = round(right.min().item(), 4)
        figures |= {
            f"{key}_{name}": round(share, 4)
            for name, share in zip(ATTRIBUTES, right.tolist(), strict=True)
        }
        on_step()
    return figures
