"""Recipes: what ends on the card, and how far the judging has come."""

import pytest
import torch
from torch import nn

from course_lib import recipes
from course_lib.recipes import digits, digits_judge, drawing
from course_lib.sampling import SampleStep
from course_lib.training import TrainStep


def test_every_recipe_names_itself():
    assert set(recipes.RECIPES) == {"digits", "digits_judge", "scenes", "scenes_judge"}
    for name, recipe in recipes.RECIPES.items():
        assert recipe.name == name
        assert recipe.steps > 0 and recipe.judge_steps > 0


def test_unknown_recipe_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no recipe 'nonesuch'; there are digits_judge, digits, "):
        recipes.train_recipe("nonesuch")


def test_the_card_tells_how_the_model_was_made_and_judged(monkeypatch):
    model, told = nn.Linear(3, 2), []

    def train(seed):
        assert seed == 7
        for step in (1, 2):
            yield TrainStep(step, 0.5, 1e-3, model)

    def judge(judged, on_step):
        assert judged is model and not judged.training
        on_step()
        return {"agreement": 0.9}

    recipe = recipes.Recipe("short", 2, 7, {"data": "none"}, train, judge, 1)
    monkeypatch.setitem(recipes.RECIPES, "short", recipe)
    made, card = recipes.train_recipe(
        "short",
        on_step=lambda step: told.append(step.step),
        on_judge_step=lambda: told.append("judged"),
    )
    assert made is model
    assert told == [1, 2, "judged"]
    wanted = {"name": "short", "seed": 7, "steps": 2, "data": "none", "agreement": 0.9}
    assert wanted.items() <= card.items()
    assert card["parameters"] == 8
    assert not any(isinstance(value, dict | list) for value in card.values()), "a card is flat"


def test_judging_the_generator_calls_for_every_step(monkeypatch):
    """With a sampler that does nothing, so that only the counting is left."""

    def nothing(model, schedule, x_T, num_steps, **options):
        for t in range(num_steps, 0, -1):
            yield SampleStep(t, t - 1, x_T, x_T, x_T, x_T)

    monkeypatch.setattr(drawing, "sample_steps", nothing)
    monkeypatch.setattr(digits, "judge_sets", lambda sets: {"frechet": len(sets)})
    calls = []
    figures = digits.judge(nn.Identity(), lambda: calls.append(1))
    assert len(calls) == digits.JUDGE_STEPS
    assert figures["frechet"] == digits.SETS
    assert figures["frechet_ddpm_1000_samples"] == 1_000


def test_judging_the_judge_calls_once(monkeypatch):
    monkeypatch.setattr(digits_judge, "accuracy", lambda model, data: 0.5)
    calls = []
    assert digits_judge.judge(None, lambda: calls.append(1))["accuracy"] == 0.5
    assert len(calls) == digits_judge.JUDGE_STEPS


def test_drawing_is_repeatable_and_inside_the_range():
    def model(x_t, t, cond=None):
        return 0.5 * x_t

    labels = torch.tensor([3, 1, 4])
    first, again = (digits.draw(model, labels, 5, num_steps=3, batch_size=2) for _ in range(2))
    assert first.shape == (3, 1, 28, 28)
    assert torch.equal(first, again)
    assert first.abs().max() <= 1
    assert not torch.equal(first, digits.draw(model, labels, 6, num_steps=3, batch_size=2))
