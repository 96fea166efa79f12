"""Drawing for `course-lib sample`: the model card's way, with a bar."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.arrays import Tokens, make_generator
from course_lib.checkpoints import load_checkpoint, read_card, sampler, vocabulary_of
from course_lib.cli._plain import progress_bar
from course_lib.sampling import sample_steps, timestep_pairs

BATCH = 100
DIGITS_SIZE = 28


@dataclass(frozen=True)
class Request:
    """What to draw: the options of `course-lib sample`; None means what the card says."""

    name: str
    cond: str | None
    num: int
    num_steps: int | None
    guidance_scale: float | None
    seed: int
    negative: str | None = None


def draw(request: Request) -> Float[Tensor, "N C H W"]:
    """Sample the pictures; picture k is the same however many are drawn.

    Returns
    -------
    Tensor, shape (num, C, H, W), about in [-1, 1]

    Raises
    ------
    ValueError
        If the checkpoint, the condition, or a number does not fit.
    """
    card = read_card(request.name)
    if "num_steps" not in card:
        raise ValueError(f"{request.name!r} does not draw pictures: its card names no sampler")
    network, card = load_checkpoint(request.name)
    config = network.config
    cond, negative = _tokens(card, request.cond), _tokens(card, request.negative)
    options = {"guidance_scale": request.guidance_scale, "negative": negative}
    model, schedule = sampler(network, card, **options)
    num_steps = card["num_steps"] if request.num_steps is None else request.num_steps
    timestep_pairs(schedule.T, num_steps)  # a bad number is told before the bar appears
    size = card.get("image_size", DIGITS_SIZE)
    generator = make_generator(request.seed)
    noise = [
        torch.randn(config.image_channels, size, size, generator=generator)
        for _ in range(request.num)
    ]
    pictures = []
    with progress_bar("drawing", -(-request.num // BATCH) * num_steps) as (bar, task):
        for x_T in torch.stack(noise).split(BATCH):
            asked = None if cond is None else cond.expand(len(x_T), -1)
            for step in sample_steps(model, schedule, x_T, num_steps, cond=asked):
                x_0 = step.x_prev
                bar.advance(task)
            pictures.append(x_0)
    return torch.cat(pictures)


def _tokens(card: dict, prompt: str | None) -> Tokens | None:
    """Turn a prompt into token ids (1, L); None stays the null condition."""
    return None if prompt is None else vocabulary_of(card).encode([prompt])
