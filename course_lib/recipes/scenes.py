"""The text-to-image model: a U-Net that draws the scene you describe.

It learns from scenes of our own drawing and their captions. Each time a picture is shown its
caption is worded anew, with some attributes left out, and one time in ten there is none. Some
combinations of attributes it never sees: whether it can draw those is what the judge asks.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from course_lib.arrays import make_generator
from course_lib.datasets import scenes as data
from course_lib.metrics import load_judge
from course_lib.models import FromV, Model
from course_lib.recipes import drawing
from course_lib.recipes import scenes_exams as exams
from course_lib.schedules import cosine_schedule
from course_lib.text import Vocabulary
from course_lib.training import Batch, TrainConfig, TrainStep, batches, train_steps, v_loss
from course_lib.unet import UNet, UNetConfig

NAME = "scenes"
SEED = 0
STEPS = 12_000
BATCH_SIZE = 64
PICTURES = 40_000
SIZE = 32
GUIDANCE_SCALE = 2.5
NUM_STEPS = 25
WORDS = Vocabulary(data.VOCABULARY, data.MAX_WORDS)
UNET = UNetConfig(
    image_channels=3,
    channels=(64, 128),
    blocks=1,
    vocabulary_size=len(WORDS),
    text_dim=128,
    text_depth=2,
    self_attention_levels=(1,),
    cross_attention_levels=(1,),
)
TRAIN = TrainConfig(STEPS)
SETTINGS = {
    "data": f"scenes, {PICTURES:,} of the combinations for training",
    "image_size": SIZE,
    "words": " ".join(data.VOCABULARY),
    "max_words": data.MAX_WORDS,
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

GUIDANCE_SCALES = (1.0, 1.5, 2.5, 5.0, 8.0)  # all are judged, for the trade-off
BATCH_OF_SAMPLES = 125
JUDGE_STEPS = (
    len(GUIDANCE_SCALES)
    * NUM_STEPS
    * sum(-(-count // BATCH_OF_SAMPLES) for count in exams.COUNTS.values())
)


def train(seed: int, config: TrainConfig = TRAIN) -> Iterator[TrainStep]:
    """Train the model, step by step; the `ema` of a step is the model."""
    torch.manual_seed(seed)
    generator = make_generator(seed)
    loader = worded_batches(*training_pictures(generator), generator)
    yield from train_steps(
        UNet(UNET), cosine_schedule(), loader, config, loss=v_loss, generator=generator
    )


def training_pictures(
    generator: torch.Generator, count: int = PICTURES
) -> tuple[Tensor, Int64[Tensor, "N 5"]]:
    """Draw the training pictures, as bytes (N, 3, H, W) to save memory, and their attributes."""
    attributes = data.random_attributes(count, "train", generator=generator)
    some = (data.draw_scenes(rows, generator=generator) for rows in attributes.split(1000))
    return torch.cat([exams.to_bytes(images) for images in some]), attributes


def worded_batches(
    pixels: Tensor, attributes: Int64[Tensor, "N 5"], generator: torch.Generator
) -> Iterator[Batch]:
    """Deal the pictures out without end, each time with another caption."""
    for rows, _ in batches(torch.arange(len(pixels)), batch_size=BATCH_SIZE, generator=generator):
        prompts, _ = data.captions(attributes[rows], generator=generator)
        yield exams.from_bytes(pixels[rows]), WORDS.encode(prompts)


def draw(model: Model, prompts: list[str], seed: int, **options) -> Float[Tensor, "N 3 32 32"]:
    """Sample one picture a prompt, as the card says; `options` are those of `drawing.draw`."""
    cond = WORDS.encode(prompts)
    options = {"batch_size": BATCH_OF_SAMPLES} | options
    return drawing.draw(model, SETTINGS, cond, (3, SIZE, SIZE), seed, **options)


def judge(network: nn.Module, on_step: Callable[[], None] = lambda: None) -> dict:
    """Measure obedience, Fréchet distance, variety and nearness to the training pictures.

    `on_step` is called ``JUDGE_STEPS`` times on the way.
    """
    model, yardstick = FromV(network, cosine_schedule()), load_judge("scenes_judge")
    pixels, _ = training_pictures(make_generator(SEED))
    real = exams.real_figures(yardstick, exams.from_bytes(pixels[: exams.REAL]))
    figures = real.card
    for scale in GUIDANCE_SCALES:
        images = {
            name: draw(model, exam.prompts, exam.seed, guidance_scale=scale, on_step=on_step)
            for name, exam in exams.all_exams().items()
        }
        verdict = exams.mark(yardstick, images, real)
        figures |= {f"{key}_guidance_{scale:g}": value for key, value in verdict.items()}
        if scale == GUIDANCE_SCALE:
            figures |= verdict
    return figures
