"""The text-to-image recipe: what it learns from, what it is asked, how its pictures are marked."""

import pytest
import torch
from torch import nn

from course_lib.arrays import make_generator
from course_lib.datasets import scenes as data
from course_lib.metrics import AttributeJudge, Reading
from course_lib.recipes import drawing, scenes, scenes_exams, scenes_judge
from course_lib.sampling import SampleStep


@pytest.fixture(scope="module")
def exams():
    return scenes_exams.all_exams()


def test_each_exam_asks_what_its_prompts_say(exams):
    for name, exam in exams.items():
        assert len(exam.prompts) == len(exam.asked) == scenes_exams.COUNTS[name]
        for prompt, asked, named in list(zip(exam.prompts, exam.asked, exam.named, strict=True))[
            :50
        ]:
            read = data.read_caption(prompt)
            assert torch.equal(read[named], asked[named]), prompt
            # To be bareheaded, like any value, is only asked of those whose prompt says so.
            assert (read[~named] == -1).all(), prompt


def test_unseen_combinations_are_unseen(exams):
    assert {data.split_of(row) for row in exams["unseen_all"].asked} == {"unseen"}
    assert {data.split_of(row) for row in exams["seen_all"].asked} == {"train"}
    pixels, attributes = scenes.training_pictures(make_generator(0), count=50)
    assert pixels.dtype == torch.uint8 and pixels.shape == (50, 3, 32, 32)
    assert {data.split_of(row) for row in attributes} == {"train"}


def test_the_famous_prompt_is_of_a_pair_never_seen(exams):
    exam = exams["famous_prompt"]
    row = exam.asked[0]
    values = [known[i] for known, i in zip(data.ATTRIBUTES.values(), row.tolist(), strict=True)]
    assert [v for v, n in zip(values, exam.named[0], strict=True) if n] == [
        "astronaut",
        "riding a horse",
        "on mars",
    ]
    assert ("astronaut", "riding a horse") in data.UNSEEN_PAIRS


def test_each_round_words_the_captions_anew():
    generator = make_generator(1)
    pixels, attributes = scenes.training_pictures(generator, count=scenes.BATCH_SIZE)
    loader = scenes.worded_batches(pixels, attributes, generator)
    (first, cond), (_, again) = next(loader), next(loader)
    assert first.dtype == torch.float32 and first.min() >= -1 and first.max() <= 1
    assert cond.shape == (scenes.BATCH_SIZE, data.MAX_WORDS + 1)
    assert sorted(map(tuple, cond.tolist())) != sorted(map(tuple, again.tolist()))


def test_bytes_keep_pictures_to_half_a_step():
    images = torch.rand(4, 3, 8, 8, generator=make_generator(2)) * 2 - 1
    back = scenes_exams.from_bytes(scenes_exams.to_bytes(images))
    assert (back - images).abs().max() <= 0.5 / 127.5 + 1e-6


def test_spread_is_the_root_mean_square_of_a_pixel():
    flat = torch.zeros(scenes_exams.COUNTS["spread"], 3, 4, 4)
    assert scenes_exams.spread(flat) == 0
    flat[::2] = 1  # half the pictures of each prompt are 1 apart from the other half
    n = scenes_exams.SPREAD_SAMPLES
    assert scenes_exams.spread(flat) == pytest.approx((n / 2) / (n - 1) * 1, rel=1e-5)


def test_only_what_is_asked_for_is_marked(exams):
    exam = exams["famous_prompt"]
    free = torch.where(exam.named, exam.asked, torch.zeros_like(exam.asked))
    assert scenes_exams.share_right(Reading(None, free), exam) == 1
    wrong = free.clone()
    wrong[::4, 2] = 0  # a quarter of them sit
    assert scenes_exams.share_right(Reading(None, wrong), exam) == 0.75


def test_spoiling_touches_only_what_it_is_told_to():
    images = torch.rand(6, 3, 8, 8, generator=make_generator(3)) * 2 - 1
    spoilt = torch.tensor([True, False] * 3)
    after = scenes_judge.spoil(images, spoilt, make_generator(4))
    assert torch.equal(after[1::2], images[1::2])
    assert (after[::2] - images[::2]).abs().amax(dim=(1, 2, 3)).min() > 0.01


def test_the_judge_learns_all_combinations():
    rows = scenes_judge.any_attributes(2000, make_generator(5))
    assert {data.split_of(row) for row in rows[:200]} == {"train", "unseen"}
    assert [int(column.max()) + 1 for column in rows.T] == list(scenes_judge.CLASSES)
    scores = torch.zeros(2, sum(scenes_judge.CLASSES))
    even = sum(torch.tensor(float(n)).log() for n in scenes_judge.CLASSES) / 5
    assert scenes_judge.attribute_loss(scores, rows[:2]).item() == pytest.approx(even.item())


def test_judging_the_model_calls_for_every_step_and_marks_every_scale(monkeypatch):
    """With a sampler that does nothing, so that only the counting is left."""

    def nothing(model, schedule, x_T, num_steps, **options):
        for t in range(num_steps, 0, -1):
            yield SampleStep(t, t - 1, x_T, x_T, x_T, x_T)

    few = {"seen_all": 130, "unseen_all": 20, "famous_prompt": 20}
    monkeypatch.setattr(scenes_exams, "COUNTS", few | {"spread": scenes_exams.COUNTS["spread"]})
    monkeypatch.setattr(scenes_exams, "REAL", 50)
    monkeypatch.setattr(scenes, "PICTURES", 50)
    monkeypatch.setattr(
        scenes, "training_pictures", lambda g: (torch.zeros(50, 3, 32, 32).byte(), 0)
    )
    monkeypatch.setattr(drawing, "sample_steps", nothing)
    monkeypatch.setattr(
        scenes, "load_judge", lambda name: AttributeJudge(scenes_judge.CLASSES, width=2).eval()
    )
    scenes_exams.all_exams.cache_clear()
    calls = []
    try:
        figures = scenes.judge(nn.Identity(), lambda: calls.append(1))
    finally:
        scenes_exams.all_exams.cache_clear()
    batches = 2 + 1 + 1 + 3  # of 125 samples
    assert len(calls) == len(scenes.GUIDANCE_SCALES) * scenes.NUM_STEPS * batches
    for name in ("seen_all", "unseen_all", "famous_prompt", "frechet", "spread", "nearest"):
        default = figures[f"{name}_guidance_{scenes.GUIDANCE_SCALE:g}"]
        assert figures[name] == default
        assert f"{name}_guidance_8" in figures
    assert figures["seen_all_samples"] == 130
    assert not any(isinstance(value, dict | list) for value in figures.values()), "a card is flat"
