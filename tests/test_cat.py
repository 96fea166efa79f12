"""One cat."""

import numpy as np
import pytest
import torch
from skimage.data import chelsea

from course_lib.datasets.cat import cat


def test_full_size_is_the_photograph_cut_to_a_square():
    photo = cat(300)
    assert photo.shape == (1, 3, 300, 300)
    again = ((photo[0] + 1) * 127.5).round().permute(1, 2, 0).numpy().astype(np.uint8)
    assert np.array_equal(again, chelsea()[:, 95:395])


def test_smaller_cat_keeps_range_and_mean():
    small, large = cat(100), cat(300)
    assert small.shape == (1, 3, 100, 100)
    assert small.dtype == torch.float32
    assert -1 <= small.min() < -0.5 < 0.3 < small.max() <= 1
    torch.testing.assert_close(small.mean((2, 3)), large.mean((2, 3)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [7, 301, 0])
def test_bad_size_is_refused(size):
    with pytest.raises(ValueError, match=rf"size must be 8 \.\.\. 300 pixels, but it is {size}"):
        cat(size)
