"""Noise schedules: they start from exactly 1 and only ever fall."""

import math

import pytest
import torch

from course_lib.schedules import Schedule, cosine_schedule, linear_schedule

SCHEDULES = {
    "linear": linear_schedule(),
    "cosine": cosine_schedule(),
    "linear, one step": linear_schedule(1),
    "cosine, one step": cosine_schedule(1),
    "cosine, short": cosine_schedule(20),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())
def test_alpha_bar_falls_strictly_from_exactly_1_and_stays_above_0(schedule):
    assert schedule.alpha_bar[0] == 1
    assert schedule.beta[0] == 0
    assert (schedule.alpha_bar.diff() < 0).all()
    assert schedule.alpha_bar[-1] > 0
    assert schedule.alpha_bar.dtype == schedule.beta.dtype == torch.float32
    assert len(schedule.alpha_bar) == len(schedule.beta) == schedule.T + 1


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())
def test_alpha_bar_is_the_running_product_of_alpha(schedule):
    product = torch.cumprod(schedule.alpha.double(), dim=0)
    torch.testing.assert_close(schedule.alpha_bar.double(), product, rtol=1e-4, atol=0)


def test_linear_schedule_is_a_straight_line_between_its_ends():
    schedule = linear_schedule(T=5, beta_1=0.1, beta_T=0.5)
    torch.testing.assert_close(schedule.beta, torch.tensor([0, 0.1, 0.2, 0.3, 0.4, 0.5]))
    by_hand = 0.9 * 0.8 * 0.7 * 0.6 * 0.5
    assert schedule.alpha_bar[5].item() == pytest.approx(by_hand, rel=1e-6)


def test_cosine_schedule_follows_its_curve_until_beta_is_capped():
    schedule, s = cosine_schedule(1000), 0.008

    def curve(t):
        return math.cos((t / 1000 + s) / (1 + s) * math.pi / 2) ** 2

    for t in (1, 10, 250, 500, 900, 999):
        assert schedule.alpha_bar[t].item() == pytest.approx(curve(t) / curve(0), rel=1e-5)
    assert schedule.beta[1000].item() == pytest.approx(0.999)
    assert schedule.beta.max() <= 0.999


def test_signal_to_noise_falls_to_almost_nothing():
    for schedule in (linear_schedule(), cosine_schedule()):
        assert schedule.alpha_bar[schedule.T] < 1e-4


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: linear_schedule(0), "T must be at least 1 timestep, but it is 0"),
        (lambda: cosine_schedule(-3), "T must be at least 1 timestep, but it is -3"),
        (lambda: linear_schedule(beta_1=0.0), "between 0 and 1, but are 0.0, 0.02"),
        (lambda: linear_schedule(beta_T=1.0), "between 0 and 1, but are 0.0001, 1.0"),
        (lambda: cosine_schedule(s=-0.1), "s must be at least 0, but it is -0.1"),
        (lambda: Schedule(torch.zeros(3), torch.ones(4)), r"\(T \+ 1,\).*\(3,\) and \(4,\)"),
        (lambda: Schedule(torch.zeros(1), torch.ones(1)), r"\(T \+ 1,\).*\(1,\)"),
    ],
)
def test_bad_schedules_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "t, low, message",
    [
        (torch.tensor([1.0]), 0, r"int64 tensor of shape \(B,\).*float32"),
        (torch.tensor(1), 0, r"int64 tensor of shape \(B,\).*shape \(\)"),
        (torch.tensor([3, 1001]), 0, r"0 \.\.\. 1000, but t runs from 3 to 1001"),
        (torch.tensor([-1, 5]), 0, r"0 \.\.\. 1000, but t runs from -1 to 5"),
        (torch.tensor([0, 5]), 1, r"1 \.\.\. 1000, but t runs from 0 to 5"),
    ],
)
def test_check_t_says_what_is_wrong(t, low, message):
    with pytest.raises(ValueError, match=message):
        linear_schedule().check_t(t, low)


def test_check_t_accepts_both_ends():
    linear_schedule().check_t(torch.tensor([0, 1000]))
    linear_schedule().check_t(torch.tensor([1, 1000]), low=1)
