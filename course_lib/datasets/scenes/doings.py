"""What a creature does: where its head, hands and feet are, and what it sits on or holds.

The ground under the creature is (0, 0), and up is negative. A thing is drawn behind the creature
or before it. Every pose is slightly different, by its own random numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from course_lib.datasets.scenes.looks import INK, RED, WHITE
from course_lib.datasets.scenes.pen import Colour, Pen

Point = tuple[float, float]
WOOD: Colour = (150, 96, 52)
STEEL: Colour = (70, 74, 92)


def _nothing(pen: Pen) -> None:
    """Draw nothing."""


@dataclass(frozen=True)
class Pose:
    """The places of the parts of a body, in units.

    Attributes
    ----------
    head, body : (float, float)
        Their middles.
    hands, feet : tuple of (float, float)
        One of each or two; a leg that is hidden is left out.
    head_turn, body_turn : float
        Degrees, clockwise.
    behind, before : callable
        Draw what is farther away than the creature, and what covers its body and legs.
    """

    head: Point
    body: Point
    hands: tuple[Point, ...]
    feet: tuple[Point, ...]
    head_turn: float = 0.0
    body_turn: float = 0.0
    behind: Callable[[Pen], None] = _nothing
    before: Callable[[Pen], None] = _nothing


def pose(doing: str, number: int) -> Pose:
    """Return one of the poses of a doing; the same number gives the same pose."""
    return _POSES[doing](Random(f"{doing} {number}"))


def _sitting(r: Random) -> Pose:
    colour = r.choice([(140, 78, 186), (126, 66, 170), (156, 92, 200)])

    def chair(pen: Pen) -> None:
        inside = tuple(c + (255 - c) // 2 for c in colour)
        pen.blob(0, -10.5, 8.6, 9, colour, square=4)
        pen.blob(0, -10.5, 6.8, 7.2, inside, square=4)
        pen.blob(0, -3.4, 8, 2.6, colour, square=5)
        for side in (-1, 1):
            pen.stroke([(side * 6.5, -1), (side * 6.8, 0)], 1.6, WOOD)
            pen.blob(side * 8.6, -5.2, 2.3, 4.2, colour, square=4)
            pen.blob(side * 8.6, -7.8, 1.6, 1.2, inside)

    return Pose(
        head=(r.uniform(-0.4, 0.4), -15.4),
        body=(0, -7.6),
        hands=((-7.2, -8.2), (7.2, -8.2)),
        feet=((-2.9, -1.2 + r.uniform(-0.5, 0.5)), (2.9, -1.2 + r.uniform(-0.5, 0.5))),
        head_turn=r.uniform(-6, 6),
        behind=chair,
    )


def _jumping(r: Random) -> Pose:
    def swish(pen: Pen) -> None:
        for x in (-3.2, 0, 3.2):
            pen.stroke([(x, -2.6), (x, -0.6)], 0.9, WHITE)

    spread = r.uniform(-1, 1)
    return Pose(
        head=(0, -18.6),
        body=(0, -10.8),
        hands=((-8.6 + spread, -17.2 - spread), (8.6 - spread, -17.2 - spread)),
        feet=((-6.4 + spread, -5.4 + r.uniform(-1, 1)), (6.4 - spread, -5.4 + r.uniform(-1, 1))),
        head_turn=r.uniform(-8, 8),
        body_turn=r.uniform(-6, 6),
        behind=swish,
    )


def _dancing(r: Random) -> Pose:
    colours = r.sample([(255, 60, 150), (255, 220, 50), (60, 220, 235)], 2)

    def notes(pen: Pen) -> None:
        for x, y, colour in ((-10.5, -13 + r0, colours[0]), (10.6, -8.5 + r1, colours[1])):
            pen.blob(x - 0.8, y, 2.1, 1.6, colour, turn=-20)
            pen.stroke([(x + 0.8, y - 0.3), (x + 0.8, y - 5.2)], 1.2, colour)
            pen.stroke([(x + 0.8, y - 5.2), (x + 3, y - 3.4)], 1.5, colour)

    r0, r1 = r.uniform(-1.5, 1), r.uniform(-1, 1)
    lift = r.uniform(-1, 1)
    return Pose(
        head=(-0.8, -16.6),
        body=(0, -8.8),
        hands=((7.2, -14.6 + lift), (-7.2, -7.4 + lift)),
        feet=((-1.8, -0.9), (6.6, -3.4 + lift)),
        head_turn=r.uniform(-16, -8),
        body_turn=r.uniform(-14, -6),
        behind=notes,
    )


def _reading(r: Random) -> Pose:
    cover = r.choice([(30, 104, 214), (24, 126, 200), (40, 92, 190)])

    def book(pen: Pen) -> None:
        for side in (-1, 1):
            pages = [(0, -4.6), (side * 6.2, -6.4), (side * 7.6, 3.4), (0, 5.2)]
            pen.shape(pages, (255, 252, 238))
            pen.shape([(0, -3.2), (side * 6, -4.9), (side * 7, 2.8), (0, 4.6)], cover)
            pen.blob(side * 3.4, -0.2, 1.5, 1.5, (255, 220, 80))
        pen.stroke([(0, -3.4), (0, 4.6)], 0.9, (18, 44, 110))

    tilt = r.uniform(-5, 5)
    return Pose(
        head=(0, -15.6),
        body=(0, -7.8),
        hands=((-6.8, -5), (6.8, -5)),
        feet=((-3.4 + r.uniform(-0.5, 0.5), -0.9), (3.4 + r.uniform(-0.5, 0.5), -0.9)),
        head_turn=r.uniform(-5, 5),
        before=lambda pen: book(pen.at(0, -6, tilt)),
    )


def _bicycle(r: Random) -> Pose:
    paint = r.choice([(250, 196, 20), (255, 176, 30), (240, 210, 40)])

    def bicycle(pen: Pen) -> None:
        for x in (-7.8, 7.8):
            pen.blob(x, -4.4, 4.5, 4.5, INK)
            pen.blob(x, -4.4, 3.2, 3.2, (214, 218, 226))
            pen.stroke([(x - 3, -4.4), (x + 3, -4.4)], 0.5, STEEL)
            pen.stroke([(x, -7.4), (x, -1.4)], 0.5, STEEL)
        pen.stroke([(-7.8, -4.4), (-0.5, -4.2), (5.8, -9.2), (-3, -9), (-7.8, -4.4)], 1.3, paint)
        pen.stroke([(-0.5, -4.2), (-3.2, -10)], 1.3, paint)
        pen.stroke([(7.8, -4.4), (5.6, -11.6), (8, -12.4)], 1.3, paint)
        pen.stroke([(-5, -10), (-1.2, -10)], 1.5, INK)

    pedal = r.uniform(-1.2, 1.2)
    return Pose(
        head=(-0.6, -18.8),
        body=(-1.8, -12.2),
        hands=((7.4, -12.6),),
        feet=((0.6 + pedal, -2.4 + abs(pedal) / 2),),
        head_turn=r.uniform(-5, 7),
        body_turn=12,
        behind=bicycle,
    )


def _horse(r: Random) -> Pose:
    coat = r.choice([(166, 92, 44), (150, 82, 40), (180, 104, 52)])
    hair, step = (62, 36, 26), r.uniform(-1.2, 1.2)

    def horse(pen: Pen) -> None:
        dark = tuple(c * 3 // 4 for c in coat)
        pen.stroke([(-7.6, -10), (-10.6, -9.4), (-11.4, -4.4 + step)], 2.3, hair)
        for x, colour in ((-4.2, dark), (4.2, dark), (-7.1, coat), (7.2, coat)):
            swing = step if colour == coat else -step
            pen.stroke([(x * 0.94, -7), (x + swing, -1)], 2, colour)
            pen.stroke([(x + swing, -0.9), (x + swing + 0.6, -0.6)], 2.1, hair)
        pen.blob(0, -8.8, 8.8, 3.5, coat, square=2.5)
        pen.shape([(3.4, -9), (8.6, -6.4), (13, -14.4), (9.6, -17.8)], coat)
        pen.stroke([(4.4, -11.2), (6.8, -13.8), (8.8, -17), (10, -18.4)], 2, hair)
        pen.shape([(10, -16.6), (10.8, -21), (12.9, -17)], coat)
        pen.blob(13, -15.4, 4.2, 2.4, coat, turn=40)
        pen.blob(15.2, -13.4, 1.7, 1.7, (220, 178, 140), turn=40)
        pen.blob(12.2, -16.2, 0.75, 0.75, INK)
        pen.blob(-1.4, -11, 4.2, 1.7, RED, square=3)
        pen.stroke([(13.6, -13.6), (9, -12.8), (4.2, -13)], 0.7, RED)

    return Pose(
        head=(-3.3, -19.6),
        body=(-3.1, -13.2),
        hands=((2.9, -13.1),),
        feet=((-0.9, -5.4),),
        head_turn=r.uniform(-7, 5),
        behind=lambda pen: horse(pen.at(-1.5, 0)),
    )


def _rocket(r: Random) -> Pose:
    turn, flame = r.uniform(-18, -8), r.uniform(-1.5, 1)

    def rocket(pen: Pen) -> None:
        pen.shape([(-8, -3), (-15 + flame, 0), (-8, 3)], (255, 120, 20))
        pen.shape([(-8, -1.8), (-12.4 + flame, 0), (-8, 1.8)], (255, 226, 60))
        pen.shape([(-4, -3), (-9.4, -6.6), (-9.6, -1)], RED)
        pen.shape([(-4, 3), (-9.4, 6.6), (-9.6, 1)], RED)
        pen.blob(1, 0, 10.2, 4, (246, 247, 250), square=2.4)
        pen.shape([(6.6, -3.6), (10, -2.2), (13.6, 0), (10, 2.2), (6.6, 3.6)], RED)
        pen.stroke([(-7.2, -2.4), (-7.2, 2.4)], 1.2, STEEL)
        pen.blob(4, 0.2, 1.9, 1.9, STEEL)
        pen.blob(4, 0.2, 1.3, 1.3, (90, 200, 250))

    return Pose(
        head=(-1.8, -19.4),
        body=(-1.4, -12.8),
        hands=((4.6, -11.8),),
        feet=((0.4, -5),),
        head_turn=r.uniform(-8, 4),
        behind=lambda pen: rocket(pen.at(0.6, -7, turn)),
    )


_POSES: dict[str, Callable[[Random], Pose]] = {
    "sitting": _sitting,
    "jumping": _jumping,
    "dancing": _dancing,
    "reading a book": _reading,
    "riding a bicycle": _bicycle,
    "riding a horse": _horse,
    "riding a rocket": _rocket,
}
