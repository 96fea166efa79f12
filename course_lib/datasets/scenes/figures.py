"""A creature from head to foot: who it is, what it wears and what it does, put together."""

import functools

from jaxtyping import UInt8
from torch import Tensor

from course_lib.datasets.scenes.doings import Pose, pose
from course_lib.datasets.scenes.hats import draw_wearing
from course_lib.datasets.scenes.looks import LOOKS, WHITE, draw_body, draw_head, draw_tail
from course_lib.datasets.scenes.pen import Pen, outlined, reduced, sheet

SHEET = 36  # units, both ways
GROUND = (18, 33)  # where on the sheet the creature's ground is
POSES = 6
LINE = 0.55  # width of the line around the figure, in units


@functools.cache
def figure(who: str, wearing: str, doing: str, number: int, size: int) -> UInt8[Tensor, "4 H W"]:
    """Draw one creature in one of the `POSES` of what it does.

    Parameters
    ----------
    who, wearing, doing : str
        Values of `ATTRIBUTES`.
    number : int
        Which pose, 0 ... `POSES` - 1.
    size : int
        Of the picture it is meant for, in pixels.

    Returns
    -------
    Tensor, shape (4, H, W), uint8
        Red, green and blue times opacity, and opacity. Kept in memory: do not write into it.
    """
    image, paper = sheet(SHEET, SHEET, size)
    pen, posture = paper.at(*GROUND), pose(doing, number)
    posture.behind(pen)
    body = pen.at(*posture.body, posture.body_turn)
    draw_tail(body, who)
    _draw_legs(pen, who, posture)
    draw_body(body, who)
    _draw_arms(pen, who, posture)
    posture.before(pen)
    _draw_hands(pen, who, posture)
    head = pen.at(*posture.head, posture.head_turn)
    draw_head(head, who, hatted=wearing not in ("bareheaded", "scarf"))
    draw_wearing(head, wearing, LOOKS[who].hat_y)
    return reduced(outlined(image, size, LINE, LOOKS[who].line))


def _draw_legs(pen: Pen, who: str, posture: Pose) -> None:
    look, (x, y) = LOOKS[who], posture.body
    for foot in posture.feet:
        side = 1 if foot[0] >= x else -1
        pen.stroke([(x + side * 1.7, y + 2.4), foot], look.limb, look.main)
        pen.blob(*foot, 1.9, 1.3, look.light if who == "black cat" else look.dark)


def _draw_arms(pen: Pen, who: str, posture: Pose) -> None:
    look, (x, y) = LOOKS[who], posture.body
    for hand in posture.hands:
        side = 1 if hand[0] >= x else -1
        pen.stroke([(x + side * 2.6, y - 1.6), hand], look.limb, look.main)


def _draw_hands(pen: Pen, who: str, posture: Pose) -> None:
    look = LOOKS[who]
    for hand in posture.hands:
        pen.blob(*hand, 1.5, 1.5, look.dark if look.light == WHITE else look.light)
