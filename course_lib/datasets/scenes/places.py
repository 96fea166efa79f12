"""The places: what stands below the sky, from the horizon to the ground before your feet.

A piece of land is 64 units wide, and a picture shows half of it; the horizon is near y = 21.
"""

import functools
import math
from collections.abc import Callable
from random import Random

from jaxtyping import UInt8
from torch import Tensor

from course_lib.datasets.scenes.looks import RED, WHITE
from course_lib.datasets.scenes.pen import WIDE, Colour, Pen, reduced, sheet
from course_lib.datasets.scenes.scenery import (
    TRUNK,
    coral,
    cottage,
    fish,
    house,
    palm,
    peaks,
    places_along,
    snowman,
    tent,
)
from course_lib.datasets.scenes.skies import in_light

WIDTH, HEIGHT = WIDE


@functools.cache
def land(where: str, when: str, number: int, size: int) -> UInt8[Tensor, "4 H W"]:
    """Draw a wide piece of land; odd numbers are mirror images of even ones.

    Parameters
    ----------
    where, when : str
        Values of `ATTRIBUTES`.
    number : int
        Which piece, 0 ... 2 `skies.VARIANTS` - 1.
    size : int
        Of the picture it is meant for, in pixels.

    Returns
    -------
    Tensor, shape (4, H, W), uint8
        Red, green and blue times opacity, and opacity; kept in memory: do not write into it.
    """
    if number % 2:
        return land(where, when, number - 1, size).flip(-1)
    image, pen = sheet(*WIDE, size)
    lit = Pen(pen.canvas, pen.scale, light=in_light(when))
    r = Random(f"land {where} {when} {number}")
    if where == "in the city":
        _city(lit, r, lamps=pen if when != "by day" else None)
    else:
        _LANDS[where](lit, r)
    return reduced(image)


def _ground(pen: Pen, r: Random, y: float, colour: Colour, bumps: float = 0.5) -> None:
    """Fill from a gently waving line down to the bottom."""
    phase, pace = r.uniform(0, 6), r.uniform(0.16, 0.24)
    line = [(x, y + bumps * math.sin(phase + pace * x)) for x in range(WIDTH + 1)]
    pen.shape([*line, (WIDTH, HEIGHT), (0, HEIGHT)], colour)


def _mars(pen: Pen, r: Random) -> None:
    peaks(pen, r, 21, 11, (176, 84, 54), None)
    _ground(pen, r, 20.5, (206, 92, 46))
    _ground(pen, r, 26, (220, 106, 52))
    for x in places_along(r, 8):
        y, radius = r.uniform(22, 34), r.uniform(1.6, 3)
        pen.blob(x, y, radius, radius * 0.5, (142, 54, 30))
        pen.blob(x + 0.3, y + 0.25, radius * 0.78, radius * 0.34, (184, 76, 40))
    for x in places_along(r, 12):
        y = r.uniform(23, 33)
        pen.blob(x, y, 1.5, 1, (130, 52, 34), square=3)


def _beach(pen: Pen, r: Random) -> None:
    _ground(pen, r, 18, (30, 128, 204), bumps=0)
    for _ in range(16):
        x, y = r.uniform(0, WIDTH), r.uniform(19, 22)
        pen.stroke([(x, y), (x + r.uniform(1.5, 3), y)], 0.6, (150, 214, 244))
    _ground(pen, r, 23.1, WHITE, bumps=0.6)
    _ground(pen, r, 24, (250, 218, 140), bumps=0.6)
    for x in places_along(r, 21):
        palm(pen.at(x, r.uniform(25, 27)), r.choice([-1, 1]))
    for x in places_along(r, 9):
        y, colour = r.uniform(26, 35), r.choice([(255, 128, 110), (255, 250, 240), (214, 168, 90)])
        pen.blob(x, y, 0.9, 0.7, colour)


def _snow(pen: Pen, r: Random) -> None:
    peaks(pen, r, 21, 13, (150, 178, 214), WHITE)
    _ground(pen, r, 20.5, (226, 236, 248), bumps=0.8)
    for x in places_along(r, 10):
        y, height = r.uniform(21.5, 24), r.uniform(7, 9.5)
        pen.stroke([(x, y), (x, y - 2)], 1.2, TRUNK)
        for share, half in ((0.2, 3.3), (0.45, 2.6), (0.7, 1.8)):
            base = y - share * height
            pen.shape([(x - half, base), (x, base - 0.4 * height), (x + half, base)], (40, 112, 92))
            pen.shape(
                [
                    (x - half * 0.55, base - 1.4),
                    (x, base - 0.42 * height),
                    (x + half * 0.55, base - 1.4),
                ],
                WHITE,
            )
    _ground(pen, r, 25.5, (250, 252, 255), bumps=0.8)
    for x in places_along(r, 30):
        snowman(pen.at(x, 27))


def _meadow(pen: Pen, r: Random) -> None:
    _ground(pen, r, 18.5, (150, 212, 106), bumps=2)
    for x in places_along(r, 24):
        cottage(pen.at(x, 20.4))
    _ground(pen, r, 21.5, (118, 196, 72), bumps=0.8)
    _ground(pen, r, 26.5, (98, 182, 58), bumps=0.8)
    colours = [(255, 70, 80), (255, 222, 50), WHITE, (232, 120, 240)]
    for _ in range(52):
        x, y, colour = r.uniform(0, WIDTH), r.uniform(22.5, 35), r.choice(colours)
        pen.blob(x, y, 0.85, 0.8, colour)
        pen.blob(x, y, 0.3, 0.3, (255, 190, 40))


def _sea(pen: Pen, r: Random) -> None:
    for x in places_along(r, 7):
        height, y = r.uniform(9, 15), r.uniform(27, 29)
        wave = [(x + 1.1 * math.sin(0.9 * k), y - height * k / 8) for k in range(9)]
        pen.stroke(wave, 1.5, r.choice([(40, 160, 90), (26, 130, 96), (90, 176, 70)]))
    for x in places_along(r, 15):
        fish(
            pen.at(x, r.uniform(6, 20)),
            r.choice([-1, 1]),
            r.choice([(255, 190, 40), (255, 120, 90)]),
        )
    _ground(pen, r, 26.5, (226, 204, 150), bumps=0.8)
    for x in places_along(r, 11):
        coral(pen.at(x, r.uniform(27, 30)), r.choice([(255, 104, 130), (255, 140, 70)]))
    for _ in range(14):
        pen.blob(r.uniform(0, WIDTH), r.uniform(28, 35), 0.9, 0.5, (190, 164, 116))


def _city(pen: Pen, r: Random, lamps: Pen | None) -> None:
    walls = [(150, 164, 190), (206, 178, 150), (190, 110, 96), (128, 140, 168), (214, 206, 196)]
    x = r.uniform(-3, 0)
    while x < WIDTH:
        width, height = r.choice([5.2, 6.6, 8]), r.uniform(9, 19)
        house(pen, r, x, width, 25 - height, r.choice(walls), lamps)
        x += width + r.choice([0, 0.4, 1])
    _ground(pen, r, 24.5, (196, 196, 200), bumps=0)
    _ground(pen, r, 26, (92, 94, 106), bumps=0)
    for x in places_along(r, 7):
        pen.stroke([(x, 30.6), (x + 2.8, 30.6)], 0.9, (250, 236, 160))


def _forest(pen: Pen, r: Random) -> None:
    for gap, base, green, tall in (
        (5, 23, (48, 116, 74), 14),
        (7, 25, (34, 98, 52), 17),
    ):
        _ground(pen, r, base - 4, green, bumps=0.5)
        for x in places_along(r, gap):
            height = tall + r.uniform(-3, 2)
            pen.stroke([(x, base + 1), (x, base - 4)], 1.5, TRUNK)
            for share in (0.18, 0.42, 0.66):
                low, half = base - share * height, (1 - share) * 4.2
                pen.shape([(x - half, low), (x, low - 0.42 * height), (x + half, low)], green)
    _ground(pen, r, 24.5, (96, 84, 48), bumps=0.6)
    _ground(pen, r, 27, (84, 122, 50), bumps=0.7)
    for x in places_along(r, 9):
        y = r.uniform(27, 33)
        pen.stroke([(x, y), (x, y - 1.4)], 1.1, (250, 240, 220))
        pen.blob(x, y - 1.9, 1.9, 1.2, RED)
        for dx in (-0.8, 0.7):
            pen.blob(x + dx, y - 2, 0.4, 0.35, WHITE)


def _circus(pen: Pen, r: Random) -> None:
    for x in places_along(r, 23):
        tent(pen.at(x, 25), r.choice([(30, 90, 220), (255, 200, 30)]))
    _ground(pen, r, 25, (240, 190, 96), bumps=0.3)
    dots = [(255, 80, 90), (60, 150, 250), (90, 200, 90), (250, 250, 250)]
    for _ in range(30):
        x, y = r.uniform(0, WIDTH), r.uniform(26.5, 35)
        pen.blob(x, y, 0.6, 0.5, r.choice(dots))


_LANDS: dict[str, Callable[[Pen, Random], None]] = {
    "on mars": _mars,
    "on the beach": _beach,
    "in the snow": _snow,
    "in a meadow": _meadow,
    "under the sea": _sea,
    "in a forest": _forest,
    "at the circus": _circus,
}
