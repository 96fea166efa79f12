"""Training a judge: the same few lines for digits and for scenes."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

from course_lib.arrays import autocast
from course_lib.metrics import Judge
from course_lib.training import TrainConfig, TrainStep


def classifier_steps(
    judge: Judge,
    loader: Iterable[tuple[Tensor, Tensor]],
    config: TrainConfig,
    loss: Callable[[Tensor, Tensor], Tensor],
    augment: Callable[[Tensor], Tensor],
) -> Iterator[TrainStep]:
    """Train `judge` in place, and report after each step; the `ema` of a step is the judge itself.

    Parameters
    ----------
    loader : iterable of (images, labels)
        At least ``config.steps`` batches.
    loss : callable
        From the judge's scores and the labels to a scalar.
    augment : callable
        Changes a batch of images at random, in a way that keeps its labels.
    """
    judge.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(judge.parameters(), weight_decay=config.weight_decay, fused=True)
    for step, (images, labels) in zip(range(1, config.steps + 1), loader, strict=False):
        with autocast():
            step_loss = loss(judge(augment(images)), labels)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate_at(step)
        optimiser.zero_grad()
        step_loss.backward()
        optimiser.step()
        yield TrainStep(step, step_loss.item(), config.learning_rate_at(step), judge)
