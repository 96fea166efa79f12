"""Numbers and points in the plane."""

import math

import pytest
import torch

from course_lib.arrays import make_generator
from course_lib.datasets import points


def test_one_number_repeats_it():
    assert torch.equal(points.one_number(3), torch.tensor([[8.0], [8.0], [8.0]]))
    assert points.one_number(1, -2).item() == -2


def test_ring_has_its_radius_and_every_direction():
    dots = points.ring(4_000, radius=2.0, spread=0.1, generator=make_generator(0))
    radius = dots.norm(dim=1)
    assert radius.mean().item() == pytest.approx(2, abs=0.02)
    assert radius.std().item() == pytest.approx(0.1, rel=0.1)
    assert dots.mean(0).abs().max() < 0.1


def test_moons_without_jitter_lie_on_two_half_circles():
    dots = points.two_moons(1_000, spread=0, generator=make_generator(0))
    upper = (dots - torch.tensor([-0.5, -0.25])).norm(dim=1)
    lower = (dots - torch.tensor([0.5, 0.25])).norm(dim=1)
    on_upper, on_lower = (upper - 1).abs() < 1e-5, (lower - 1).abs() < 1e-5
    assert (on_upper | on_lower).all()
    assert 400 < on_upper.sum() < 600
    assert dots.abs().max() <= 1.5


def test_mixture_gathers_around_its_centres_equally():
    centres = torch.tensor([[-3.0, 0.0], [0.0, 3.0], [3.0, 0.0]])
    dots = points.gaussian_mixture(6_000, centres, spread=0.2, generator=make_generator(0))
    distance, nearest = torch.cdist(dots, centres).min(dim=1)
    assert torch.bincount(nearest).tolist() == pytest.approx([2_000] * 3, rel=0.1)
    expected = 0.2 * math.sqrt(math.pi / 2)  # mean length of a 2-D Gaussian
    assert distance.mean().item() == pytest.approx(expected, rel=0.05)


DRAWS = [
    points.two_moons,
    points.ring,
    lambda n, **kw: points.gaussian_mixture(n, torch.zeros(1, 2), **kw),
]


@pytest.mark.parametrize("draw", DRAWS)
def test_same_seed_same_points(draw):
    first, again, other = (draw(9, generator=make_generator(s)) for s in (1, 1, 2))
    assert first.shape == (9, 2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("draw", DRAWS)
def test_bad_input_is_refused(draw):
    with pytest.raises(ValueError, match="n must be at least 1 point, but it is 0"):
        draw(0)
    with pytest.raises(ValueError, match="spread must be at least 0, but it is -1"):
        draw(5, spread=-1)


def test_bad_centres_and_counts_are_refused():
    with pytest.raises(ValueError, match=r"shape \(K, D\), but it is \(3,\)"):
        points.gaussian_mixture(5, torch.zeros(3))
    with pytest.raises(ValueError, match="n must be at least 1"):
        points.one_number(0)
