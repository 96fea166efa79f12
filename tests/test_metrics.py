"""The yardsticks, against closed forms; the real-vs-real floor."""

import pytest
import torch

from course_lib import metrics
from course_lib.arrays import make_generator
from course_lib.metrics import (
    AttributeJudge,
    Judge,
    agreement,
    all_right,
    frechet_distance,
    nearest_distances,
    read_images,
)


def cloud(count, spread=1.0, mean=0.0, dim=4, seed=0):
    """Features whose own mean is exactly `mean` and whose own covariance is exactly spread² I."""
    x = torch.randn(count, dim, dtype=torch.float64, generator=make_generator(seed))
    x = x - x.mean(0)
    whiten = torch.linalg.cholesky(torch.linalg.inv(x.T.cov()))
    return x @ whiten * spread + mean


@pytest.mark.parametrize("mean, spread", [(0.0, 1.0), (1.5, 1.0), (0.0, 2.0), (-0.7, 0.4)])
def test_frechet_distance_of_gaussians_is_the_closed_form(mean, spread):
    distance = frechet_distance(cloud(300), cloud(500, spread, mean, seed=1))
    assert distance == pytest.approx(4 * (mean**2 + (1 - spread) ** 2), abs=1e-6)


def test_frechet_distance_with_unequal_axes():
    a, b = torch.tensor([1.0, 2.0, 3.0, 0.5]).double(), torch.tensor([2.0, 2.0, 1.0, 0.1]).double()
    turn = torch.linalg.qr(torch.randn(4, 4, generator=make_generator(3)).double()).Q
    distance = frechet_distance(cloud(300) * a @ turn, cloud(300, seed=1) * b @ turn)
    assert distance == pytest.approx((a - b).square().sum().item(), abs=1e-6)


def test_frechet_distance_is_symmetric_and_0_for_itself():
    a, b = cloud(200), cloud(300, 2.0, 0.3, seed=1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6)


def test_the_floor_is_above_0_and_falls_with_more_samples():
    """Draws of one distribution: a small set is far from a large one for no other reason."""
    large = torch.randn(20_000, 16, generator=make_generator(0))

    def floor(count):
        return frechet_distance(torch.randn(count, 16, generator=make_generator(1)), large)

    few, more, many = floor(100), floor(1_000), floor(10_000)
    assert few > 5 * more > 25 * many > 0


def test_agreement_is_a_share():
    assert agreement(torch.tensor([1, 2, 3, 4]), torch.tensor([1, 2, 3, 9])) == 0.75


def test_nearest_distances_find_a_copy_and_measure_the_rest():
    data = torch.rand(50, 1, 6, 6, generator=make_generator(0)) * 2 - 1
    asked = torch.stack([data[7], data[31] + 0.01, -torch.ones(1, 6, 6)])
    distance, index = nearest_distances(asked, data)
    assert index[:2].tolist() == [7, 31]
    assert distance[0].item() == pytest.approx(0, abs=1e-3)
    assert distance[1].item() == pytest.approx(0.01, abs=1e-3)
    by_hand = (asked[:, None] - data).square().mean((2, 3, 4)).sqrt()
    torch.testing.assert_close(distance, by_hand.min(1).values, atol=1e-3, rtol=0)


def test_black_and_white_are_2_apart():
    distance, _ = nearest_distances(torch.ones(1, 1, 4, 4), -torch.ones(3, 1, 4, 4))
    assert distance.item() == pytest.approx(2)


@pytest.fixture(scope="module")
def judge():
    torch.manual_seed(0)
    return Judge(width=4).eval()


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(7, 1, 28, 28, generator=make_generator(2)) * 2 - 1


def test_reading_is_what_the_judge_answers_in_any_batches(judge, pictures):
    reading = read_images(judge, pictures)
    with torch.no_grad():
        torch.testing.assert_close(reading.features, judge.features(pictures))
        assert torch.equal(reading.labels, judge(pictures).argmax(1))
    parts = read_images(judge, pictures, batch_size=3)
    torch.testing.assert_close(parts.features, reading.features)
    assert torch.equal(parts.labels, reading.labels)
    assert reading.features.shape == (7, 16)


def test_reading_is_float32_also_where_bf16_is_on(judge, pictures, monkeypatch):
    before = read_images(judge, pictures).features
    monkeypatch.setenv("COURSE_LIB_BF16", "1")
    after = read_images(judge, pictures).features
    assert after.dtype == torch.float32
    assert torch.equal(after, before)


def test_reading_does_not_train_the_judge(judge, pictures):
    before = {name: value.clone() for name, value in judge.state_dict().items()}
    read_images(judge.train(), pictures)
    for name, value in judge.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_judge_of_attributes_reads_each_by_its_own_scores():
    torch.manual_seed(0)
    several = AttributeJudge((3, 2), width=4).eval()
    colour = torch.rand(6, 3, 32, 32, generator=make_generator(3)) * 2 - 1
    reading = read_images(several, colour)
    with torch.no_grad():
        scores = several(colour)
    by_hand = torch.stack([scores[:, :3].argmax(1), scores[:, 3:].argmax(1)], dim=1)
    assert torch.equal(reading.labels, by_hand)


def test_only_what_is_named_must_be_right():
    read = torch.tensor([[1, 2], [1, 2], [0, 2], [0, 0]])
    asked = torch.tensor([[1, 2], [1, 0], [1, 2], [1, 2]])
    yes, no = True, False
    everything = torch.ones(4, 2, dtype=torch.bool)
    assert all_right(read, asked, everything) == 0.25
    named = torch.tensor([[yes, yes], [yes, no], [no, yes], [yes, no]])
    assert all_right(read, asked, named) == 0.75


@pytest.mark.parametrize(
    "bad, message",
    [
        (lambda: all_right(*[torch.ones(2, 3)] * 2, torch.ones(2, 2)), "three equal tables"),
        (lambda: frechet_distance(torch.ones(5, 3), torch.ones(5, 4)), r"\(5, 3\) and \(5, 4\)"),
        (lambda: frechet_distance(torch.ones(1, 3), torch.ones(5, 3)), r"\(1, 3\) and \(5, 3\)"),
        (lambda: frechet_distance(torch.ones(5), torch.ones(5)), r"\(N, F\) and \(M, F\)"),
        (lambda: agreement(torch.ones(3), torch.ones(4)), "two equal rows of labels"),
        (lambda: agreement(torch.ones(0), torch.ones(0)), "two equal rows of labels"),
        (
            lambda: nearest_distances(torch.ones(2, 1, 4, 4), torch.ones(3, 1, 5, 5)),
            r"one size, not \(2, 1, 4, 4\), \(3, 1, 5, 5\)",
        ),
        (lambda: nearest_distances(torch.ones(0, 1, 4, 4), torch.ones(3, 1, 4, 4)), "at least one"),
        (lambda: nearest_distances(torch.ones(2, 1, 4, 4), torch.ones(0, 1, 4, 4)), "at least one"),
        (lambda: read_images(Judge(4), torch.ones(2, 3, 28, 28)), r"\(B, 1, H, W\)"),
        (lambda: metrics.load_judge("nonesuch"), "no checkpoint 'nonesuch'"),
    ],
)
def test_bad_input_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()
