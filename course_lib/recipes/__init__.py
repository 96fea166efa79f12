"""How each shipped checkpoint is made, and how good it turns out to be.

A recipe trains a model from a fixed seed, judges it, and writes both down on a model card:
``course-lib train NAME`` makes any of them again.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import nn

from course_lib.arrays import processor_name
from course_lib.recipes import digits, digits_judge, scenes, scenes_judge
from course_lib.training import TrainStep


@dataclass(frozen=True)
class Recipe:
    """A checkpoint's making.

    Attributes
    ----------
    name : str
    steps : int
        Optimiser steps.
    seed : int
    settings : dict
        What else the card should say of how it was trained.
    train : callable
        From a seed to an iterator of `TrainStep`; the last one's ``ema`` is the model.
    judge : callable
        From the model, and a function to be called ``judge_steps`` times, to the card's figures.
    judge_steps : int
    """

    name: str
    steps: int
    seed: int
    settings: dict
    train: Callable[[int], Iterator[TrainStep]]
    judge: Callable[[nn.Module, Callable[[], None]], dict]
    judge_steps: int


RECIPES = {
    recipe.NAME: Recipe(
        recipe.NAME,
        recipe.STEPS,
        recipe.SEED,
        recipe.SETTINGS,
        recipe.train,
        recipe.judge,
        recipe.JUDGE_STEPS,
    )
    for recipe in (digits_judge, digits, scenes_judge, scenes)
}


def train_recipe(
    name: str,
    *,
    on_step: Callable[[TrainStep], None] = lambda step: None,
    on_judge_step: Callable[[], None] = lambda: None,
) -> tuple[nn.Module, dict]:
    """Train and judge one model.

    Parameters
    ----------
    name : str
        A key of ``RECIPES``.
    on_step, on_judge_step : callable, optional
        Told of each training step, and called at each step of judging, for progress bars.

    Returns
    -------
    (nn.Module, dict)
        The model and its card.

    Raises
    ------
    ValueError
        If there is no such recipe.

    Notes
    -----
    Built in: training.
    """
    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    start = time.perf_counter()
    for step in recipe.train(recipe.seed):
        on_step(step)
    seconds = time.perf_counter() - start
    model = step.ema.eval()
    card = {
        "name": name,
        "recipe": f"course_lib.recipes.{name}",
        "seed": recipe.seed,
        "steps": recipe.steps,
        **recipe.settings,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": round(seconds),
        "processor": processor_name(),
        "torch": torch.__version__,
    }
    return model, card | recipe.judge(model, on_judge_step)
