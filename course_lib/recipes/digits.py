"""The digit generator: a U-Net that draws the digit you ask for.

It learns from 9,000 noisy digits, one in ten shown without its label, and is judged on sets of
1,000 samples with the labels of the held-out digits. It predicts v, from which the noise follows:
close to t = T the answer then says more about the picture, and fewer digits come out wrong.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from course_lib.arrays import make_generator
from course_lib.conditioning import class_cond
from course_lib.datasets.digits import digits
from course_lib.metrics import (
    agreement,
    frechet_distance,
    load_judge,
    nearest_distances,
    read_images,
)
from course_lib.models import FromV, Model
from course_lib.recipes import drawing
from course_lib.sampling import ddim_step, ddpm_step
from course_lib.schedules import cosine_schedule
from course_lib.text import Vocabulary
from course_lib.training import TrainConfig, TrainStep, batches, train_steps, v_loss
from course_lib.unet import UNet, UNetConfig

NAME = "digits"
SEED = 0
STEPS = 18_000
BATCH_SIZE = 64
GUIDANCE_SCALE = 1.25
NUM_STEPS = 25
WORDS = Vocabulary(tuple("0123456789"))
UNET = UNetConfig(channels=(64, 128), blocks=1, vocabulary_size=len(WORDS))
TRAIN = TrainConfig(STEPS)
SETTINGS = {
    "data": "digits, 9,000 for training",
    "words": " ".join(WORDS.words),
    "max_words": WORDS.max_words,
    "batch_size": BATCH_SIZE,
    "learning_rate": TRAIN.learning_rate,
    "ema_decay": TRAIN.ema_decay,
    "cond_drop": TRAIN.cond_drop,
    "predicts": "v",
    "schedule": "cosine",
    "clipped": True,
    "guidance_scale": GUIDANCE_SCALE,
    "num_steps": NUM_STEPS,
}

SETS = 5
SAMPLERS = {
    "ddim_10": (ddim_step, 10),
    "ddim_25": (ddim_step, 25),
    "ddim_50": (ddim_step, 50),
    "ddpm_1000": (ddpm_step, 1000),
}
BATCH_OF_SAMPLES = 250
JUDGE_STEPS = (1000 // BATCH_OF_SAMPLES) * (
    SETS * NUM_STEPS + sum(num_steps for _, num_steps in SAMPLERS.values())
)


def train(seed: int, config: TrainConfig = TRAIN) -> Iterator[TrainStep]:
    """Train the generator, step by step; the `ema` of a step is the generator."""
    torch.manual_seed(seed)
    generator = make_generator(seed)
    data = digits("train")
    loader = batches(
        data.images, class_cond(data.labels), batch_size=BATCH_SIZE, generator=generator
    )
    yield from train_steps(
        UNet(UNET), cosine_schedule(), loader, config, loss=v_loss, generator=generator
    )


def draw(
    model: Model, labels: Int64[Tensor, " N"], seed: int, **options
) -> Float[Tensor, "N 1 28 28"]:
    """Sample one picture a label, as the card says; `options` are those of `drawing.draw`."""
    return drawing.draw(model, SETTINGS, class_cond(labels), (1, 28, 28), seed, **options)


def judge(network: nn.Module, on_step: Callable[[], None] = lambda: None) -> dict:
    """Measure agreement, Fréchet distance and nearness to the training digits.

    `on_step` is called ``JUDGE_STEPS`` times on the way.
    """
    model = FromV(network, cosine_schedule())
    labels = digits("test").labels
    sets = [draw(model, labels, seed, on_step=on_step) for seed in range(1, SETS + 1)]
    figures = judge_sets(sets)
    for name, (step, num_steps) in SAMPLERS.items():
        options = {"step": step, "num_steps": num_steps, "on_step": on_step}
        one_set = draw(model, labels, SETS + 1, **options)
        figures[f"frechet_{name}"] = judge_sets([one_set])["frechet"]
        figures[f"frechet_{name}_samples"] = len(one_set)
    return figures


def judge_sets(sets: list[Float[Tensor, "N 1 28 28"]]) -> dict:
    """Judge sets of samples that were drawn with the labels of the held-out digits."""
    yardstick, held_out, seen = load_judge(), digits("test"), digits("train")
    real = read_images(yardstick, seen.images).features
    floor = frechet_distance(real, read_images(yardstick, held_out.images).features)
    readings = [read_images(yardstick, images) for images in sets]
    distances = [frechet_distance(real, reading.features) for reading in readings]
    right = [agreement(reading.labels, held_out.labels) for reading in readings]
    nearest = [nearest_distances(images, seen.images)[0].mean().item() for images in sets]
    return {
        "agreement": round(sum(right) / len(right), 4),
        "agreement_samples": sum(map(len, sets)),
        "frechet": round(sum(distances) / len(distances), 4),
        "frechet_low": round(min(distances), 4),
        "frechet_high": round(max(distances), 4),
        "frechet_floor": round(floor, 4),
        "frechet_samples": len(sets[0]),
        "frechet_sets": len(sets),
        "sample_seeds": f"1 ... {len(sets)}",
        "nearest_samples": round(sum(nearest) / len(nearest), 4),
        "nearest_held_out": round(
            nearest_distances(held_out.images, seen.images)[0].mean().item(), 4
        ),
    }
