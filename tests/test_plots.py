"""Sheets and figures: the right pixels, and an alt text on every one."""

import base64
import html
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import plots


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would display, as HTML."""
    pages = []
    monkeypatch.setattr(plots, "display", lambda page: pages.append(page.data))
    return pages


def alt_of(page):
    return html.unescape(re.search(r'alt="([^"]*)"', page)[1])


def picture_of(page):
    data = re.search(r"base64,([^\"]+)", page)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def test_to_picture_maps_the_range_to_bytes_and_cuts_the_rest():
    image = torch.tensor([[[-1.0, 0.0, 1.0], [-7.0, 0.2, 7.0]]])
    picture = plots.to_picture(image)
    assert picture.shape == (2, 3, 3)
    assert picture.dtype == np.uint8
    assert picture[..., 0].tolist() == [[0, 128, 255], [0, 153, 255]]
    assert (picture[..., 0] == picture[..., 2]).all(), "grey is equal in all channels"


def test_to_picture_keeps_the_colours_in_order():
    red = torch.tensor([1.0, -1.0, -1.0]).reshape(3, 1, 1)
    assert plots.to_picture(red).tolist() == [[[255, 0, 0]]]


def test_a_shown_figure_has_its_alt_text_and_is_closed(shown):
    fig, ax = plots.figure()
    ax.plot([0, 1])
    plots.show(fig, alt='a line from "0" to <1>')
    assert alt_of(shown[0]) == 'a line from "0" to <1>'
    assert "<1>" not in shown[0]
    assert not plt.fignum_exists(fig.number)
    assert picture_of(shown[0]).std() > 0


def test_a_sheet_shows_every_image_in_its_place(shown):
    values = torch.tensor([-1.0, 0.0, 1.0])
    images = values.reshape(3, 1, 1, 1).expand(3, 1, 8, 8)
    plots.show_images(images, alt="black, grey, white", columns=2)
    page = picture_of(shown[0])
    height, width, _ = page.shape
    for row, column, byte in ((0, 0, 0), (0, 1, 128), (1, 0, 255), (1, 1, 255)):
        pixel = page[height * (2 * row + 1) // 4, width * (2 * column + 1) // 4]
        assert np.abs(pixel.astype(int) - byte).max() <= 1, (row, column)
    assert alt_of(shown[0]) == "black, grey, white"


def test_titles_stand_above_their_images(shown):
    plots.show_images(-torch.ones(2, 1, 8, 8), alt="two", titles=["t = 1", "t = 2"])
    plots.show_images(-torch.ones(2, 1, 8, 8), alt="two")
    with_titles, without = (picture_of(page) for page in shown)
    assert with_titles.shape[0] > without.shape[0]


def test_titles_of_many_lines_are_not_cut(shown):
    titles = ["\n".join("abcdef"[:n]) for n in (1, 6, 3)]
    plots.show_images(torch.ones(3, 3, 8, 8), alt="three", titles=titles, columns=3, size=1.6)
    ink = (picture_of(shown[0]) < 128).any(axis=(1, 2))
    assert not ink[:2].any(), "the first line touches the edge"
    assert (ink[1:] & ~ink[:-1]).sum() == 6, "each run of rows with ink is a line of text"


def test_one_image_is_a_sheet(shown):
    plots.show_images(torch.zeros(1, 3, 4, 4), alt="grey")
    assert len(shown) == 1
    assert plt.get_fignums() == []


def test_colours_are_told_apart_by_the_colour_blind():
    """All eight differ in brightness or in the blue-yellow direction, which everyone sees."""
    names = ("BLUE", "ORANGE", "GREEN", "PINK", "SKY", "RED", "YELLOW", "BLACK")
    rgb = np.array([[int(getattr(plots, n)[i : i + 2], 16) for i in (1, 3, 5)] for n in names])
    seen = np.stack([rgb @ [0.3, 0.59, 0.11], rgb[:, 2] - rgb[:, :2].mean(1)], axis=1)
    apart = np.linalg.norm(seen[:, None] - seen, axis=-1) + 1e3 * np.eye(8)
    assert apart.min() > 15


@pytest.mark.parametrize(
    "bad, message",
    [
        (lambda: plots.show(plots.figure()[0], alt="  "), "alt must say what the figure shows"),
        (lambda: plots.to_picture(torch.zeros(2, 4, 4)), r"\(1 or 3, H, W\), not \(2, 4, 4\)"),
        (lambda: plots.to_picture(torch.zeros(4, 4)), r"\(1 or 3, H, W\), not \(4, 4\)"),
        (lambda: plots.show_images(torch.zeros(1, 4, 4), alt="a"), r"\(B, C, H, W\)"),
        (
            lambda: plots.show_images(torch.zeros(2, 1, 4, 4), alt="a", titles=["one"]),
            "expected 2 titles, one an image, but got 1",
        ),
        (lambda: plots.show_images(torch.zeros(0, 1, 4, 4), alt="a"), "at least one image"),
        (lambda: plots.show_images(torch.zeros(2, 1, 4, 4), alt="a", columns=0), "columns"),
    ],
)
def test_bad_input_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()
    plt.close("all")
