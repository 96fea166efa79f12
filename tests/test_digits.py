"""The embedded digits: how many, which values, which split, whose they are."""

import numpy as np
import pytest
import torch

from course_lib.datasets import digits as module
from course_lib.datasets.digits import FILE, digits


@pytest.fixture(scope="module")
def stored():
    with np.load(FILE) as arrays:
        return dict(arrays)


@pytest.mark.parametrize("split, count", [("train", 9_000), ("test", 1_000)])
def test_shapes_and_value_range(split, count):
    data = digits(split)
    assert data.images.shape == (count, 1, 28, 28)
    assert data.images.dtype == torch.float32
    assert (data.images.min(), data.images.max()) == (-1, 1)
    assert data.labels.dtype == torch.int64
    assert len(data) == count == len(data.labels)


def test_both_splits_have_the_same_share_of_each_digit():
    train, test = (torch.bincount(digits(split).labels, minlength=10) for split in module.SPLITS)
    assert ((train / 9 - test).abs() <= 1).all(), (train, test)
    assert test.sum() == 1_000


def test_no_picture_is_in_both_splits_or_twice(stored):
    pictures = np.concatenate([stored["train_images"], stored["test_images"]])
    assert len({picture.tobytes() for picture in pictures}) == 10_000


@pytest.mark.parametrize("split", module.SPLITS)
def test_the_bytes_come_back_exactly(split, stored):
    assert stored[f"{split}_images"].dtype == np.uint8
    bytes_again = (digits(split).images[:, 0] + 1) * 127.5
    assert np.array_equal(bytes_again.round().numpy(), stored[f"{split}_images"])
    assert (bytes_again - bytes_again.round()).abs().max() < 1e-4
    assert np.array_equal(digits(split).labels.numpy(), stored[f"{split}_labels"])


def test_ink_is_white_on_black_paper_and_uses_all_bytes(stored):
    images = digits().images
    assert images[:, :, 0].mean() < -0.99, "the top row is paper"
    assert images[:, :, 8:20, 8:20].mean() > -0.5, "the middle holds ink"
    assert len(np.unique(stored["train_images"])) == 256


def test_labels_tell_the_digits_apart():
    """The nearest mean picture reads four of five held-out digits: chance is one of ten."""
    train, test = digits("train"), digits("test")
    means = torch.stack([train.images[train.labels == k].mean(0) for k in range(10)]).flatten(1)
    read = torch.cdist(test.images.flatten(1), means).argmin(1)
    assert (read == test.labels).float().mean() > 0.75


def test_a_changed_copy_leaves_the_next_reader_alone():
    first = digits("test").images
    first.zero_()
    assert digits("test").images.min() == -1


def test_the_file_is_small_and_its_licence_lies_beside_it():
    assert FILE.stat().st_size <= 2_500_000
    licence = (FILE.parent / "LICENCE.md").read_text("utf-8")
    for word in ("LeCun", "Cortes", "Burges", "Attribution-ShareAlike 3.0"):
        assert word in licence
    assert (FILE.parent / "make.py").is_file()


def test_unknown_split_is_refused():
    with pytest.raises(ValueError, match="one of train, test, but it is 'validation'"):
        digits("validation")


@pytest.mark.parametrize("failure", [RuntimeError("Error downloading"), OSError("no route")])
def test_full_set_without_a_network_names_the_embedded_one(monkeypatch, tmp_path, failure):
    def no_network(*args, **kwargs):
        raise failure

    monkeypatch.setattr("torchvision.datasets.MNIST", no_network)
    with pytest.raises(ConnectionError, match=r"10,000 embedded digits: digits\(full=False\)"):
        digits(full=True, root=tmp_path)


def test_full_set_has_the_same_form(monkeypatch, tmp_path):
    class Mnist:
        def __init__(self, root, train, download):
            assert (root, train, download) == (str(tmp_path), False, True)
            self.data = torch.tensor([[[0, 255], [51, 0]]], dtype=torch.uint8)
            self.targets = torch.tensor([4])

    monkeypatch.setattr("torchvision.datasets.MNIST", Mnist)
    data = digits("test", full=True, root=tmp_path)
    torch.testing.assert_close(data.images, torch.tensor([[[[-1, 1], [-0.6, -1]]]]))
    assert data.labels.tolist() == [4]
