"""What stands in the places: peaks, palms, a snowman, a cottage, fish, coral, houses, tents.

Peaks and houses know where they stand; the others are drawn upwards from (0, 0), their ground.
"""

import math
from random import Random

from course_lib.datasets.scenes.looks import INK, RED, WHITE
from course_lib.datasets.scenes.pen import WIDE, Colour, Pen

TRUNK: Colour = (122, 78, 44)
LAMP: Colour = (255, 226, 120)


def places_along(r: Random, gap: float) -> list[float]:
    """Choose places along the width, about `gap` units apart."""
    start, count = r.uniform(0, gap), math.ceil(WIDE[0] / gap) + 1
    return [start + gap * (k + r.uniform(-0.2, 0.2)) for k in range(count)]


def peaks(pen: Pen, r: Random, y: float, gap: float, colour: Colour, cap: Colour | None) -> None:
    """Draw mountains `gap` apart, their feet at height `y`, with snow on top if `cap` is given."""
    for x in places_along(r, gap):
        height, half = r.uniform(6, 9.5), r.uniform(6, 8)
        pen.shape([(x - half, y + 1), (x, y - height), (x + half, y + 1)], colour)
        if cap:
            tip = [
                (x - 0.4 * half, y - 0.6 * height),
                (x, y - height),
                (x + 0.4 * half, y - 0.6 * height),
            ]
            pen.shape([*tip, (x, y - 0.45 * height)], cap)


def palm(pen: Pen, side: int) -> None:
    """Draw a palm that leans to the left (-1) or to the right (1)."""
    pen.stroke([(0, 0), (side * 0.6, -5), (side * 2, -10), (side * 2.6, -12.5)], 1.5, TRUNK)
    for dx, dy, end in ((-3, -1.6, 1.2), (3, -1.6, 1.2), (-2.4, -3.4, -1.4), (2.6, -3.2, -1.4)):
        top = (side * 2.6, -12.8)
        middle = (top[0] + dx, top[1] + dy)
        pen.stroke([top, middle, (top[0] + 1.9 * dx, top[1] + end + 1)], 1.5, (46, 150, 60))


def snowman(pen: Pen) -> None:
    """Draw a snowman of two balls."""
    for y, radius in ((-1.6, 2.7), (-5.6, 2)):
        pen.blob(0, y, radius + 0.4, radius + 0.4, (168, 190, 222))
        pen.blob(0, y, radius, radius, WHITE)
    for x in (-0.8, 0.8):
        pen.blob(x, -6.1, 0.4, 0.4, INK)
    pen.stroke([(0, -5.3), (1.4, -5)], 0.7, (255, 130, 30))


def cottage(pen: Pen) -> None:
    """Draw a cottage with a red roof."""
    pen.blob(0, -1.4, 2.6, 2.6, (255, 244, 220), square=8)
    pen.shape([(-3.6, -3.4), (0, -6.8), (3.6, -3.4)], (216, 66, 54))
    pen.blob(0, -0.6, 0.8, 1.5, TRUNK, square=6)


def fish(pen: Pen, side: int, colour: Colour) -> None:
    """Draw a fish that swims to the left (-1) or to the right (1)."""
    pen.shape([(-side * 1.2, 0), (-side * 3, -1.4), (-side * 3, 1.4)], colour)
    pen.blob(0, 0, 2, 1.3, colour)
    pen.blob(side, -0.3, 0.4, 0.4, INK)


def coral(pen: Pen, colour: Colour) -> None:
    """Draw a coral of three branches."""
    for x, y in ((0, -4.6), (-2, -3.8), (2, -3.6)):
        pen.stroke([(0, 0.4), (x * 0.8, y * 0.5), (x, y)], 1.2, colour)


def house(
    pen: Pen, r: Random, x: float, width: float, top: float, wall: Colour, lamps: Pen | None
) -> None:
    """Draw a house with rows of windows; a pen for `lamps`, which no dusk dims, lights some."""
    pen.shape([(x, 26), (x, top), (x + width, top), (x + width, 26)], wall)
    columns = int(width // 2.2)
    for row in range(int((24 - top) // 2.8)):
        for column in range(columns):
            left, high = x + (column + 0.5) * width / columns - 0.65, top + 1 + 2.8 * row
            window = [
                (left, high),
                (left + 1.3, high),
                (left + 1.3, high + 1.5),
                (left, high + 1.5),
            ]
            if lamps and r.random() < 0.6:
                lamps.shape(window, LAMP)
            else:
                pen.shape(window, (66, 84, 120))


def tent(pen: Pen, flag: Colour) -> None:
    """Draw a round tent in red and white stripes that meet at its top."""
    stripes, half, eaves, top = 7, 10.5, -9, -18
    for k in range(stripes):
        colour = RED if k % 2 == 0 else (255, 248, 238)
        left, right = (half * (2 * (k + e) / stripes - 1) for e in (0, 1))
        pen.shape([(left, 0.8), (left, eaves), (right, eaves), (right, 0.8)], colour)
        pen.shape([(1.15 * left, eaves), (0, top), (1.15 * right, eaves)], colour)
        pen.blob((left + right) * 0.575, eaves, half / stripes * 1.15, 1, colour)
    pen.blob(0, -2.6, 2, 4, (70, 30, 50))
    pen.stroke([(0, top), (0, top - 3)], 0.6, INK)
    pen.shape([(0, top - 3.4), (3.4, top - 2.2), (0, top - 1)], flag)
