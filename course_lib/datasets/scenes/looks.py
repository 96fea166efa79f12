"""What each creature looks like: its colours, its head, its body and its tail.

A head is drawn around (0, 0), about 10 units wide and 9 high, with its face towards you; a body
around (0, 0) too, about 7 wide and 8 high.
"""

from dataclasses import dataclass

from course_lib.datasets.scenes.pen import Colour, Pen

INK: Colour = (38, 30, 44)
WHITE: Colour = (255, 255, 255)
PINK: Colour = (245, 140, 150)
RED: Colour = (222, 40, 48)


@dataclass(frozen=True)
class Look:
    """The colours and measures of one creature.

    Attributes
    ----------
    main, dark, light : Colour
        Of the body, of its darker parts, of belly and muzzle.
    eye : Colour
    line : Colour
        The line around the whole figure.
    limb : float
        How wide arms and legs are, in units.
    hat_y : float
        Where a hat sits, above the middle of the head.
    """

    main: Colour
    dark: Colour
    light: Colour
    eye: Colour = INK
    line: Colour = INK
    limb: float = 2.1
    hat_y: float = -3.7


LOOKS: dict[str, Look] = {
    "orange cat": Look((246, 146, 36), (196, 92, 16), (255, 232, 200)),
    "black cat": Look((52, 48, 66), (30, 27, 40), (96, 90, 116), (250, 220, 50), (240, 232, 210)),
    "brown dog": Look((172, 112, 62), (98, 56, 28), (244, 220, 180)),
    "green frog": Look((98, 192, 60), (46, 124, 36), (214, 238, 140), limb=1.8, hat_y=-4.8),
    "white rabbit": Look((250, 247, 244), (212, 204, 214), (255, 255, 255)),
    "pink pig": Look((252, 164, 178), (230, 106, 132), (255, 204, 208)),
    "astronaut": Look((240, 242, 248), (156, 166, 190), WHITE, limb=2.5, hat_y=-4.3),
    "robot": Look((142, 162, 186), (84, 98, 124), (196, 212, 228), limb=1.5, hat_y=-3.9),
}


def draw_head(pen: Pen, who: str, hatted: bool) -> None:
    """Draw a head; a hat above it moves the rabbit's ears and the robot's aerial aside."""
    look, species = LOOKS[who], who.split()[-1]
    if species == "rabbit":
        _rabbit(pen, look, hatted)
    elif species == "robot":
        _robot(pen, look, hatted)
    else:
        {"cat": _cat, "dog": _dog, "frog": _frog, "pig": _pig, "astronaut": _astronaut}[species](
            pen, look
        )


def draw_body(pen: Pen, who: str) -> None:
    """Draw a body without its limbs."""
    look = LOOKS[who]
    if who == "astronaut":
        pen.blob(0, 0, 3.9, 4.2, look.main, square=3)
        pen.blob(0, 0.6, 2.2, 1.5, (70, 110, 200), square=4)
        pen.blob(-0.8, 0.6, 0.6, 0.6, RED)
        pen.blob(0.9, 0.6, 0.6, 0.6, (255, 210, 60))
    elif who == "robot":
        pen.blob(0, 0, 3.8, 4.1, look.main, square=6)
        pen.blob(0, 0.5, 2.5, 2.2, look.dark, square=5)
        pen.blob(-1, 0.3, 0.8, 0.8, RED)
        pen.blob(1, 0.3, 0.8, 0.8, (255, 210, 60))
    else:
        pen.blob(0, 0, 3.6, 4.2, look.main)
        pen.blob(0, 0.9, 2.4, 2.9, look.light)


def draw_tail(pen: Pen, who: str) -> None:
    """Draw what is behind the body: a tail, or the astronaut's air."""
    look, species = LOOKS[who], who.split()[-1]
    if species == "cat":
        pen.stroke([(-2, 2.5), (-4.6, 2.9), (-6.5, 1.2), (-6.6, -1.4)], 1.8, look.main)
    elif species == "dog":
        pen.stroke([(-2, 2.5), (-4.6, 1.4), (-5.8, -0.8)], 1.9, look.dark)
    elif species == "rabbit":
        pen.blob(-4, 2.4, 1.8, 1.8, look.main)
    elif species == "pig":
        curl = [(-3, 2.2), (-4.4, 1), (-5.4, 1.8), (-4.8, 3), (-4, 2.2), (-5, 0.4)]
        pen.stroke(curl, 0.9, look.dark)
    elif species == "astronaut":
        pen.blob(0, -0.6, 5.2, 4, look.dark, square=5)


def _eyes(pen: Pen, x: float, y: float, radius: float, colour: Colour = INK) -> None:
    for side in (-1, 1):
        pen.blob(side * x, y, radius, radius * 1.15, colour)
        if colour == INK:
            pen.blob(side * x + 0.3, y - 0.45, radius * 0.42, radius * 0.42, WHITE)
        else:
            pen.blob(side * x, y, radius * 0.4, radius * 0.8, INK)


def _cat(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.shape([(side * 5, -0.8), (side * 5, -6.8), (side * 0.8, -4)], look.main)
        pen.shape([(side * 4.3, -2.6), (side * 4.4, -5.4), (side * 2.3, -4)], PINK)
    pen.blob(0, 0, 5.3, 4.7, look.main)
    for x in (-1.7, 0, 1.7):
        pen.stroke([(x, -4), (x * 0.9, -2.5 + abs(x) * 0.2)], 0.8, look.dark)
    for side in (-1, 1):
        pen.stroke([(side * 4.9, 0.9), (side * 3.7, 1.1)], 0.7, look.dark)
        pen.blob(side * 1.2, 2.2, 1.8, 1.6, look.light)
    _eyes(pen, 2.2, -0.4, 1.2 if look.eye == INK else 1.5, look.eye)
    pen.blob(0, 1.3, 0.8, 0.6, PINK)


def _dog(pen: Pen, look: Look) -> None:
    pen.blob(0, 0, 4.9, 4.7, look.main)
    pen.blob(0, -2, 1, 2.6, look.light)
    pen.blob(0, 2, 3.2, 2.5, look.light)
    for side in (-1, 1):
        pen.blob(side * 4.9, 0.5, 1.8, 4, look.dark, turn=-side * 14)
    _eyes(pen, 2, -0.9, 1.05)
    pen.blob(0, 3.7, 0.9, 1.1, PINK)
    pen.blob(0, 1.2, 1.4, 1, INK)


def _frog(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.blob(side * 3.5, -3.3, 2.2, 2.2, look.main)
    pen.blob(0, 0.4, 5.7, 4.1, look.main)
    for side in (-1, 1):
        pen.blob(side * 3.5, -3.4, 1.6, 1.6, WHITE)
        pen.blob(side * 3.4, -3.2, 0.9, 1, INK)
        pen.blob(side * 4.2, 1, 0.9, 0.7, PINK)
    pen.stroke([(-3.2, 1.2), (-1.6, 2.3), (0, 2.6), (1.6, 2.3), (3.2, 1.2)], 0.8, look.dark)


def _rabbit(pen: Pen, look: Look, hatted: bool) -> None:
    x, y, turn = (4.9, -6, 36) if hatted else (2.4, -7, 14)
    for side in (-1, 1):
        pen.blob(side * x, y, 1.6, 4.4, look.main, turn=side * turn)
        pen.blob(side * x, y, 0.8, 3.2, PINK, turn=side * turn)
    pen.blob(0, 0, 5, 4.6, look.main)
    for side in (-1, 1):
        pen.blob(side * 3.3, 1.6, 1.1, 0.8, (252, 196, 200))
        pen.blob(side * 1.1, 2.4, 1.4, 1.2, look.dark)
    pen.blob(0, 3.3, 0.8, 0.9, WHITE, square=4)
    _eyes(pen, 2.1, -0.6, 1.15)
    pen.blob(0, 1.3, 1, 0.7, PINK)


def _pig(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.shape([(side * 5.2, -1), (side * 5.6, -5.6), (side * 1.4, -4)], look.dark)
    pen.blob(0, 0, 5.3, 4.6, look.main)
    _eyes(pen, 2.7, -1.1, 1)
    pen.blob(0, 1.4, 2.7, 1.9, look.dark)
    for side in (-1, 1):
        pen.blob(side, 1.4, 0.55, 0.8, (140, 44, 70))


def _astronaut(pen: Pen, look: Look) -> None:
    for side in (-1, 1):
        pen.blob(side * 5.2, 0.3, 1.1, 1.7, RED, square=3)
    pen.blob(0, 0, 5.4, 5, look.main)
    pen.blob(0, 0.3, 4.4, 3.7, look.dark)
    pen.blob(0, 0.3, 3.9, 3.2, (32, 48, 104))
    pen.blob(-1.5, -0.7, 1.5, 0.9, (140, 210, 255), turn=-32)
    pen.blob(1.7, 1.5, 0.7, 0.5, (90, 140, 220), turn=-32)


def _robot(pen: Pen, look: Look, hatted: bool) -> None:
    if not hatted:
        pen.stroke([(0, -4), (0, -6.6)], 0.9, look.dark)
        pen.blob(0, -7, 1.3, 1.3, RED)
    for side in (-1, 1):
        pen.blob(side * 5.1, 0.2, 1, 1.7, look.dark, square=4)
    pen.blob(0, 0, 5, 4.4, look.main, square=6)
    pen.blob(0, -0.6, 4, 2.1, (36, 44, 66), square=5)
    for side in (-1, 1):
        pen.blob(side * 1.9, -0.6, 1.3, 1.3, (80, 240, 250))
    pen.stroke([(-2, 2.8), (2, 2.8)], 0.9, look.dark)
