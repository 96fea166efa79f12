"""The checkpoints that ship: each does again what its model card claims, on fewer samples."""

import math

import pytest
import torch

from course_lib import recipes
from course_lib.arrays import make_generator
from course_lib.checkpoints import FOLDER, available, load_checkpoint, read_card
from course_lib.datasets import scenes as scene_data
from course_lib.datasets.digits import digits as digit_data
from course_lib.metrics import agreement, frechet_distance, load_judge, read_images
from course_lib.recipes import digits, digits_judge, scenes, scenes_exams, scenes_judge

MOST_MEGABYTES = {"digits": 8, "digits_judge": 2, "scenes": 12, "scenes_judge": 2}
PROMPTS = 40


def within_sampling_error(share, count, claimed, claimed_count):
    """Whether two shares may be one: within four standard errors and two samples."""
    middle = (share * count + claimed * claimed_count) / (count + claimed_count)
    error = math.sqrt(max(middle * (1 - middle), 0) * (1 / count + 1 / claimed_count))
    return abs(share - claimed) <= 4 * error + 2 / count


def test_every_recipe_ships_with_its_card_and_within_its_size():
    assert set(available()) == set(recipes.RECIPES) == set(MOST_MEGABYTES)
    for name, recipe in recipes.RECIPES.items():
        card = read_card(name)
        wanted = {"name": name, "seed": recipe.seed, "steps": recipe.steps, **recipe.settings}
        assert wanted.items() <= card.items(), name
        assert (FOLDER / f"{name}.safetensors").stat().st_size <= MOST_MEGABYTES[name] * 1e6


@pytest.mark.parametrize("name", ["digits_judge", "scenes_judge"])
def test_a_judge_has_the_size_its_card_says(name):
    judge = load_judge(name)
    assert sum(p.numel() for p in judge.parameters()) == read_card(name)["parameters"]


def test_the_judge_of_digits_reads_as_its_card_says():
    card = read_card("digits_judge")
    again = digits_judge.accuracy(load_judge(), digit_data("test"))
    assert again == pytest.approx(card["accuracy"], abs=0.001)
    assert card["accuracy"] >= 0.98


def test_the_digits_are_as_often_right_as_the_card_says():
    model, card = load_checkpoint("digits")
    labels = digit_data("test").labels[::10]  # 100 of them
    pictures = digits.draw(model, labels, seed=77)
    share = agreement(read_images(load_judge(), pictures).labels, labels)
    assert within_sampling_error(share, 100, card["agreement"], card["agreement_samples"])
    assert card["agreement"] >= 0.97


def test_the_floor_on_the_card_of_digits_is_measured_again():
    judge = load_judge()
    seen, held_out = (read_images(judge, digit_data(s).images).features for s in ("train", "test"))
    floor = frechet_distance(seen, held_out)
    assert floor == pytest.approx(read_card("digits")["frechet_floor"], rel=0.01)


def test_the_judge_of_scenes_reads_as_its_card_says():
    card, judge = read_card("scenes_judge"), load_judge("scenes_judge")
    generator = make_generator(11)
    asked = scenes_judge.any_attributes(400, generator)
    clear = scene_data.draw_scenes(asked, generator=generator)
    everything = torch.ones(len(clear), dtype=torch.bool)
    spoilt = scenes_judge.spoil(clear, everything, generator)
    for key, images in (("accuracy", clear), ("accuracy_spoilt", spoilt)):
        right = (read_images(judge, images).labels == asked).float().mean(0)
        for name, share in zip(scene_data.ATTRIBUTES, right.tolist(), strict=True):
            claimed = card[f"{key}_{name}"]
            assert within_sampling_error(share, 400, claimed, card["accuracy_samples"]), name
            assert claimed >= 0.995, name


@pytest.fixture(scope="module")
def painter():
    return load_checkpoint("scenes")[0]


@pytest.mark.parametrize("name, count", [("unseen_all", 60), ("famous_prompt", 40)])
def test_scenes_show_what_was_asked_as_often_as_the_card_says(painter, name, count):
    card, exam = read_card("scenes"), scenes_exams.all_exams()[name]
    pictures = scenes.draw(painter, exam.prompts[:count], seed=78)
    reading = read_images(load_judge("scenes_judge"), pictures)
    some = scenes_exams.Exam(exam.prompts[:count], exam.asked[:count], exam.named[:count], 78)
    share = scenes_exams.share_right(reading, some)
    assert within_sampling_error(share, count, card[name], scenes_exams.COUNTS[name])


def test_one_other_word_changes_what_it_names_and_nothing_else(painter):
    """The same static with another place: the place changes, the other four attributes stay."""
    before = scene_data.random_attributes(PROMPTS, "train", generator=make_generator(12))
    after = before.clone()
    after[:, 3] = (before[:, 3] + 3) % len(scene_data.ATTRIBUTES["where"])
    judge = load_judge("scenes_judge")
    read = []
    for rows in (before, after):
        prompts = [scene_data.full_caption(row) for row in rows]
        read.append(read_images(judge, scenes.draw(painter, prompts, seed=79)).labels)
    kept = (read[0] == read[1]).float().mean(0)
    assert kept[3] <= 0.1, "the place has changed"
    assert kept[[0, 1, 2, 4]].min() >= 0.8, "and the rest has not"
