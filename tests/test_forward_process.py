"""The forward process and its inversions: what goes round comes round."""

import pytest
import torch

from course_lib import forward_process as fp
from course_lib.schedules import cosine_schedule, linear_schedule


@pytest.fixture(params=[linear_schedule, cosine_schedule], ids=["linear", "cosine"])
def schedule(request):
    return request.param()


@pytest.fixture
def x_0():
    return torch.rand(6, 3, 4, 5, dtype=torch.float64, generator=seed(0)) * 2 - 1


@pytest.fixture
def eps():
    return torch.randn(6, 3, 4, 5, dtype=torch.float64, generator=seed(1))


T_MIXED = torch.tensor([1, 2, 250, 500, 999, 1000])


def seed(number):
    return torch.Generator().manual_seed(number)


def same(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=1e-9, atol=1e-9)


def test_add_noise_is_equation_4(schedule, x_0, eps):
    x_t = fp.add_noise(schedule, x_0, T_MIXED, eps)
    for i, t in enumerate(T_MIXED.tolist()):
        a = schedule.alpha_bar[t].item()
        same(x_t[i], a**0.5 * x_0[i] + (1 - a) ** 0.5 * eps[i])


def test_t_0_gives_the_sample_back_exactly(schedule, x_0, eps):
    assert torch.equal(fp.add_noise(schedule, x_0, torch.zeros(6, dtype=torch.int64), eps), x_0)


def test_chain_of_small_steps_equals_the_jump(schedule):
    signal, noise_variance = 1.0, 0.0
    for beta in schedule.beta[1:301].double():
        signal = signal * (1 - beta) ** 0.5
        noise_variance = noise_variance * (1 - beta) + beta
    jump, spread = fp.signal_and_noise(schedule, torch.tensor([300]), torch.ones(1, 1).double())
    assert jump.item() == pytest.approx(signal.item(), rel=1e-6)
    assert spread.item() ** 2 == pytest.approx(noise_variance.item(), rel=1e-6)


def test_variance_of_standard_data_stays_1(schedule):
    signal, noise = fp.signal_and_noise(schedule, T_MIXED, torch.ones(6, 1).double())
    same(signal**2 + noise**2, torch.ones(6, 1).double())


def test_every_inversion_is_a_round_trip(schedule, x_0, eps):
    x_t = fp.add_noise(schedule, x_0, T_MIXED, eps)
    v = fp.v_from_eps(schedule, x_0, T_MIXED, eps)
    same(fp.x_0_from_eps(schedule, x_t, T_MIXED, eps), x_0)
    same(fp.eps_from_x_0(schedule, x_t, T_MIXED, x_0), eps)
    same(fp.eps_from_v(schedule, x_t, T_MIXED, v), eps)
    same(fp.x_0_from_v(schedule, x_t, T_MIXED, v), x_0)


def test_v_is_x_t_turned_by_a_right_angle(schedule, x_0, eps):
    x_t = fp.add_noise(schedule, x_0, T_MIXED, eps)
    v = fp.v_from_eps(schedule, x_0, T_MIXED, eps)
    same(x_t**2 + v**2, x_0**2 + eps**2)


FUNCTIONS = [
    fp.add_noise,
    fp.x_0_from_eps,
    fp.eps_from_x_0,
    fp.v_from_eps,
    fp.eps_from_v,
    fp.x_0_from_v,
]
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)


@each_function
def test_a_timestep_per_sample_equals_one_by_one(function, schedule, x_0, eps):
    together = function(schedule, x_0, T_MIXED, eps)
    for i in range(6):
        one = slice(i, i + 1)
        assert torch.equal(together[one], function(schedule, x_0[one], T_MIXED[one], eps[one]))


@each_function
def test_points_work_as_pictures_do(function, schedule):
    x, eps = torch.randn(6, 2, generator=seed(2)), torch.randn(6, 2, generator=seed(3))
    as_picture = function(schedule, x.reshape(6, 2, 1, 1), T_MIXED, eps.reshape(6, 2, 1, 1))
    assert torch.equal(function(schedule, x, T_MIXED, eps), as_picture.reshape(6, 2))


@each_function
def test_bad_input_is_refused(function, schedule, x_0, eps):
    with pytest.raises(ValueError, match=r"the shape of .*\(6, 3, 4, 5\).*\(5, 3, 4, 5\)"):
        function(schedule, x_0, T_MIXED, eps[:5])
    with pytest.raises(ValueError, match=r"1000, but t runs from 2 to 1001"):
        function(schedule, x_0, T_MIXED + 1, eps)
    with pytest.raises(ValueError, match=r"int64 tensor of shape \(B,\)"):
        function(schedule, x_0, torch.tensor(500), eps)
    with pytest.raises(ValueError, match=r"one number per sample, shape \(6,\), but got \(1,\)"):
        function(schedule, x_0, T_MIXED[:1], eps)
    with pytest.raises(ValueError, match=r"expected a float tensor, but got torch\.int64"):
        function(schedule, x_0.long(), T_MIXED, eps.long())


def test_there_is_no_noise_to_find_at_t_0(schedule, x_0):
    with pytest.raises(ValueError, match=r"every t must be in 1 \.\.\. 1000"):
        fp.eps_from_x_0(schedule, x_0, torch.zeros(6, dtype=torch.int64), x_0)
