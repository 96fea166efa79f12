"""Drawing many samples for a judge, in batches, as a model card says."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.arrays import Tokens, make_generator
from course_lib.checkpoints import sampler
from course_lib.models import Model
from course_lib.sampling import ddim_step, sample_steps


def draw(
    model: Model,
    card: dict,
    cond: Tokens,
    shape: tuple[int, int, int],
    seed: int,
    *,
    step: Callable[..., Tensor] = ddim_step,
    num_steps: int | None = None,
    guidance_scale: float | None = None,
    batch_size: int = 250,
    on_step: Callable[[], None] = lambda: None,
) -> Float[Tensor, "N C H W"]:
    """Sample one picture for each row of `cond`.

    Parameters
    ----------
    model : Model
        Answers with the noise, without guidance or clipping: these are added as `card` says.
    card : dict
        A model card, or a recipe's settings.
    shape : tuple of int
        (C, H, W) of a picture.
    num_steps, guidance_scale : optional
        By default the card's.
    on_step : callable
        Called after each step of a batch.
    """
    guided, schedule = sampler(model, card, guidance_scale=guidance_scale)
    num_steps = card["num_steps"] if num_steps is None else num_steps
    generator, pictures = make_generator(seed), []
    for part in cond.split(batch_size):
        x_T = torch.randn(len(part), *shape, generator=generator)
        options = {"cond": part, "step": step, "generator": generator}
        for record in sample_steps(guided, schedule, x_T, num_steps, **options):
            x_0 = record.x_prev
            on_step()
        pictures.append(x_0.clamp(-1, 1))
    return torch.cat(pictures)
