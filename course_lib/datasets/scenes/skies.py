"""The light of day, sunset and night: skies, and how the light changes the colours below."""

import functools
from collections.abc import Callable
from random import Random

import torch
from jaxtyping import UInt8
from torch import Tensor

from course_lib.datasets.scenes.pen import WIDE, Colour, Pen, reduced, sheet

VARIANTS = 8

# The land's colours are multiplied by this light.
LIGHT: dict[str, tuple[float, float, float]] = {
    "by day": (1.0, 1.0, 1.0),
    "at sunset": (0.98, 0.70, 0.60),
    "at night": (0.46, 0.50, 0.76),
}

# The colours of the sky, from the top down to the horizon.
SKIES: dict[str, tuple[Colour, Colour]] = {
    "by day": ((96, 178, 246), (206, 236, 252)),
    "at sunset": ((124, 66, 150), (255, 150, 56)),
    "at night": ((18, 20, 66), (66, 72, 146)),
}
MARS_SKIES: dict[str, tuple[Colour, Colour]] = {
    "by day": ((240, 184, 132), (255, 226, 184)),
    "at sunset": ((124, 56, 110), (255, 132, 60)),
    "at night": ((40, 16, 52), (120, 54, 76)),
}
WATERS: dict[str, tuple[Colour, Colour]] = {
    "by day": ((96, 226, 232), (14, 122, 182)),
    "at sunset": ((255, 156, 96), (60, 82, 150)),
    "at night": ((30, 88, 140), (10, 34, 96)),
}


def in_light(when: str) -> Callable[[Colour], Colour]:
    """Return the function that changes a colour to how it looks in the light of the hour."""
    light = LIGHT[when]
    return lambda colour: tuple(round(c * k) for c, k in zip(colour, light, strict=True))


@functools.cache
def sky(where: str, when: str, number: int, size: int) -> UInt8[Tensor, "3 H W"]:
    """Draw a wide sky without sun or moon; odd numbers are mirror images of even ones.

    Parameters
    ----------
    where, when : str
        Values of `ATTRIBUTES`.
    number : int
        Which sky, 0 ... 2 `VARIANTS` - 1.
    size : int
        Of the picture it is meant for, in pixels.

    Returns
    -------
    Tensor, shape (3, H, W), uint8
        `WIDE` units; kept in memory: do not write into it.
    """
    if number % 2:
        return sky(where, when, number - 1, size).flip(-1)
    image, pen = sheet(*WIDE, size)
    r = Random(f"sky {where} {when} {number}")
    if where == "under the sea":
        _fade(pen, WATERS[when])
        _rays_and_bubbles(pen, r, when)
    else:
        _fade(pen, (MARS_SKIES if where == "on mars" else SKIES)[when])
        _stars(pen, r) if when == "at night" else _clouds(pen, r, where, when)
    if where == "in the snow":
        _snowflakes(pen, r, when)
    return reduced(image)[:3]


def _fade(pen: Pen, colours: tuple[Colour, Colour]) -> None:
    """Fill the sheet from the top colour to the one at the horizon, two thirds down."""
    width, height = WIDE
    for row in range(2 * height):
        share = min(1.0, row / (1.3 * height))
        colour = tuple(round(a + (b - a) * share) for a, b in zip(*colours, strict=True))
        top = row / 2
        pen.shape([(0, top), (width, top), (width, top + 0.5), (0, top + 0.5)], colour)


def _stars(pen: Pen, r: Random) -> None:
    for _ in range(44):
        radius = r.choice([0.35, 0.35, 0.6])
        pen.blob(r.uniform(0, WIDE[0]), r.uniform(0, 22), radius, radius, (255, 248, 214))


def _clouds(pen: Pen, r: Random, where: str, when: str) -> None:
    colour = {"by day": (255, 255, 255), "at sunset": (255, 176, 150)}[when]
    if where == "on mars":
        colour = {"by day": (252, 212, 168), "at sunset": (226, 106, 100)}[when]
    for x in range(4, 64, 12):
        x, y, flat = x + r.uniform(-4, 4), r.uniform(4, 13), 1 if when == "by day" else 0.55
        for dx, dy, radius in ((-2.4, 0.5, 1.5), (0, 0, 2.2), (2.5, 0.5, 1.6)):
            pen.blob(x + dx, y + dy * flat, radius * 1.3, radius * flat, colour)


def _snowflakes(pen: Pen, r: Random, when: str) -> None:
    colour = (190, 200, 240) if when == "at night" else (255, 255, 255)
    for _ in range(60):
        pen.blob(r.uniform(0, 64), r.uniform(0, 26), 0.6, 0.6, colour)


def _rays_and_bubbles(pen: Pen, r: Random, when: str) -> None:
    top, deep = (torch.tensor(c) for c in WATERS[when])
    ray = tuple(((2 * top + deep) // 3).tolist())
    for x in range(4, 70, 13):
        x += r.uniform(-3, 3)
        pen.shape([(x, 0), (x + 2.5, 0), (x - 3, 20), (x - 7.5, 20)], ray)
    rim = tuple(min(255, c + 70) for c in ray)
    for _ in range(26):
        x, y, radius = r.uniform(0, 64), r.uniform(3, 30), r.choice([0.5, 0.8, 1.2])
        pen.blob(x, y, radius, radius, rim)
        pen.blob(x - 0.2 * radius, y + 0.1, radius * 0.55, radius * 0.55, ray)
