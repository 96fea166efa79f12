"""Labels as prompts, dropping them, and guidance."""

import pytest
import torch

from course_lib.arrays import make_generator
from course_lib.conditioning import Guided, class_cond, drop_cond, null_cond
from course_lib.text import PADDING, START, Vocabulary


def test_a_label_is_a_prompt_of_one_word():
    assert class_cond(torch.tensor([0, 9])).tolist() == [[START, 2], [START, 11]]
    digits = Vocabulary(tuple("0123456789"))
    assert torch.equal(class_cond(torch.arange(10)), digits.encode(list("0123456789")))


def test_null_condition_is_start_alone():
    assert null_cond(2, 3).tolist() == [[START, PADDING, PADDING]] * 2
    assert torch.equal(null_cond(1), Vocabulary(("a",)).encode([""]))


def test_drop_cond_replaces_whole_rows_at_the_asked_rate():
    cond = class_cond(torch.arange(10).repeat(400))
    before = cond.clone()
    dropped = drop_cond(cond, 0.25, make_generator(0))
    null = (dropped == null_cond(1)).all(1)
    kept = (dropped == cond).all(1)
    assert (null ^ kept).all()
    assert null.float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert torch.equal(cond, before), "the original must not change"


def test_drop_cond_at_both_ends_and_with_a_seed():
    cond = class_cond(torch.arange(10))
    assert torch.equal(drop_cond(cond, 0), cond)
    assert torch.equal(drop_cond(cond, 1), null_cond(10))
    first, again = (drop_cond(cond, 0.5, make_generator(4)) for _ in range(2))
    assert torch.equal(first, again)


def hears(x_t, t, cond):
    """A model whose answer depends on everything it is told, sample by sample."""
    word = cond[:, 1] if cond is not None else torch.zeros_like(t)
    shape = (-1, *[1] * (x_t.ndim - 1))
    return x_t * t.reshape(shape) + word.reshape(shape)


@pytest.fixture(params=[(4, 2), (4, 1, 3, 3)], ids=["points", "pictures"])
def asked(request):
    x_t = torch.randn(request.param, generator=make_generator(1))
    return x_t, torch.tensor([1, 5, 9, 20]), class_cond(torch.tensor([0, 3, 3, 8]))


def test_guidance_1_is_conditional_and_0_unconditional(asked):
    x_t, t, cond = asked
    assert torch.equal(Guided(hears, 1)(x_t, t, cond), hears(x_t, t, cond))
    assert torch.equal(Guided(hears, 0)(x_t, t, cond), hears(x_t, t, null_cond(4)))


@pytest.mark.parametrize("scale", [0.5, 2.0, 7.5])
def test_guidance_walks_the_line_through_both_answers(asked, scale):
    x_t, t, cond = asked
    uncond, told = hears(x_t, t, null_cond(4)), hears(x_t, t, cond)
    expected = uncond + scale * (told - uncond)
    torch.testing.assert_close(Guided(hears, scale)(x_t, t, cond), expected)
    assert not torch.allclose(expected, told)


def test_a_negative_prompt_takes_the_place_of_no_condition(asked):
    x_t, t, cond = asked
    negative = torch.tensor([[1, 9]])
    away, towards = hears(x_t, t, negative.expand(4, -1)), hears(x_t, t, cond)
    guided = Guided(hears, 3, negative)(x_t, t, cond)
    torch.testing.assert_close(guided, away + 3 * (towards - away))
    assert torch.equal(Guided(hears, 3, null_cond(1))(x_t, t, cond), Guided(hears, 3)(x_t, t, cond))


def test_guidance_without_a_condition_calls_the_model_as_it_is(asked):
    x_t, t, _ = asked
    assert torch.equal(Guided(hears, 3)(x_t, t), hears(x_t, t, None))


def test_guidance_asks_both_questions_at_once(asked):
    x_t, t, cond = asked
    sizes = []

    def counts(x_t, t, cond):
        sizes.append((len(x_t), len(t), len(cond)))
        return x_t

    Guided(counts, 2)(x_t, t, cond)
    assert sizes == [(8, 8, 8)]


@pytest.mark.parametrize(
    "bad, message",
    [
        (lambda: class_cond(torch.tensor([3, 10])), r"0 \.\.\. 9, but run from 3 to 10"),
        (lambda: class_cond(torch.tensor([-1])), r"0 \.\.\. 9, but run from -1 to -1"),
        (lambda: class_cond(torch.tensor([2]), classes=2), r"0 \.\.\. 1, but run from 2"),
        (lambda: class_cond(torch.tensor(3)), r"int64 of shape \(B,\).*shape \(\)"),
        (lambda: class_cond(torch.tensor([3.0])), r"int64 of shape \(B,\), but are torch\.float32"),
        (lambda: null_cond(0), "must be at least 1, not 0, 2"),
        (lambda: null_cond(3, 0), "must be at least 1, not 3, 0"),
        (lambda: drop_cond(null_cond(3), 1.5), r"in 0 \.\.\. 1, but it is 1\.5"),
        (lambda: drop_cond(null_cond(3), -0.1), r"in 0 \.\.\. 1, but it is -0\.1"),
        (lambda: drop_cond(torch.tensor([1, 2]), 0.1), r"\(B, L\), but it is \(2,\); .*class_cond"),
        (lambda: Guided(hears, -1), "guidance_scale must be at least 0, but it is -1"),
        (lambda: Guided(hears, float("nan")), "guidance_scale must be at least 0"),
        (lambda: Guided(hears, float("inf")), "guidance_scale must be at least 0"),
        (
            lambda: Guided(hears, 2)(torch.ones(2, 1), torch.tensor([1, 2]), torch.tensor([1, 2])),
            r"\(B, L\), but it is \(2,\)",
        ),
        (
            lambda: Guided(hears, 2, null_cond(1, 3))(
                torch.ones(2, 1), torch.tensor([1, 2]), null_cond(2, 2)
            ),
            r"negative must have the shape \(1, 2\) to fit cond, but it is \(1, 3\)",
        ),
    ],
)
def test_bad_input_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()
