"""Seeds, precision and shapes."""

import pytest
import torch

from course_lib import arrays


def test_same_seed_gives_the_same_numbers_and_another_seed_others():
    first, again, other = (torch.randn(5, generator=arrays.make_generator(s)) for s in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seed_out_of_range_is_named(seed):
    with pytest.raises(ValueError, match=rf"between 0 and 2\*\*63 - 1, but it is {seed}"):
        arrays.make_generator(seed)


def test_per_sample_scales_each_sample_by_its_own_number():
    x = torch.ones(2, 3, 4, 5)
    scaled = arrays.per_sample(torch.tensor([2.0, 7.0]), x) * x
    assert torch.equal(scaled[0], 2 * x[0])
    assert torch.equal(scaled[1], 7 * x[1])
    assert arrays.per_sample(torch.ones(4), torch.ones(4, 2)).shape == (4, 1)


@pytest.mark.parametrize("a", [torch.ones(3), torch.tensor(1.0), torch.ones(2, 1)])
def test_per_sample_refuses_what_would_broadcast_by_accident(a):
    with pytest.raises(ValueError, match=r"shape \(2,\), but got .*\.expand\(batch_size\)"):
        arrays.per_sample(a, torch.ones(2, 3, 3, 3))


def test_autocast_obeys_the_argument_then_the_variable_then_the_processor(monkeypatch):
    a = torch.ones(2, 2)

    def dtype(enabled=None):
        with arrays.autocast(enabled=enabled):
            return (a @ a).dtype

    monkeypatch.setenv("COURSE_LIB_BF16", "0")
    assert dtype() == torch.float32
    assert dtype(enabled=True) == torch.bfloat16
    monkeypatch.setenv("COURSE_LIB_BF16", "1")
    assert dtype() == torch.bfloat16
    assert dtype(enabled=False) == torch.float32
    monkeypatch.delenv("COURSE_LIB_BF16")
    for units, wanted in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(arrays, "has_bf16_units", lambda units=units: units)
        assert dtype() == wanted


def test_autocast_refuses_an_unclear_variable(monkeypatch):
    monkeypatch.setenv("COURSE_LIB_BF16", "yes")
    with pytest.raises(ValueError, match="COURSE_LIB_BF16 must be 0 or 1, but it is 'yes'"):
        arrays.autocast()


def test_bf16_units_are_those_the_processor_names(monkeypatch):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert arrays.has_bf16_units()
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert not arrays.has_bf16_units(), "a processor limited to AVX2 has no bf16 units"
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    assert not arrays.has_bf16_units()


def test_device_is_the_processor_without_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert arrays.pick_device() == torch.device("cpu")


def test_shape_checks_name_both_shapes():
    with pytest.raises(ValueError, match=r"eps must have the shape of x_0, \(2, 3\).*\(3, 2\)"):
        arrays.check_same_shape("eps", torch.ones(3, 2), "x_0", torch.ones(2, 3))
    with pytest.raises(ValueError, match=r"\(B, 1, H, W\), but it is \(2, 3, 4, 4\)"):
        arrays.check_images("images", torch.ones(2, 3, 4, 4), channels=1)
    with pytest.raises(ValueError, match="float tensor"):
        arrays.check_images("images", torch.ones(2, 3, 4, 4, dtype=torch.uint8))
    arrays.check_images("images", torch.ones(2, 3, 4, 4))
