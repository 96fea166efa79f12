"""What a creature wears, drawn on a head whose middle is (0, 0)."""

from course_lib.datasets.scenes.looks import RED, WHITE
from course_lib.datasets.scenes.pen import Colour, Pen

FELT: Colour = (66, 50, 96)
GOLD: Colour = (255, 208, 40)
OLD_GOLD: Colour = (222, 152, 16)
BLUE: Colour = (36, 100, 230)


def draw_wearing(pen: Pen, wearing: str, hat_y: float) -> None:
    """Draw a hat whose brim is at `hat_y`, or a scarf; nothing for "bareheaded"."""
    if wearing == "scarf":
        _scarf(pen)
    elif wearing != "bareheaded":
        hats = {"top hat": _top_hat, "crown": _crown, "party hat": _party_hat}
        hats[wearing](pen.at(0, hat_y))


def _top_hat(pen: Pen) -> None:
    pen.blob(0, -0.2, 5, 1.1, FELT)
    pen.shape([(-3, 0), (-3.5, -6), (3.5, -6), (3, 0)], FELT)
    pen.shape([(-3.1, -0.8), (-3.2, -2.5), (3.2, -2.5), (3.1, -0.8)], RED)
    pen.stroke([(-2.3, -3.4), (-2.5, -5.2)], 0.6, (140, 122, 180))


def _crown(pen: Pen) -> None:
    spikes = [(-4.7, -4.6), (-2.2, -2.2), (0, -5.4), (2.2, -2.2), (4.7, -4.6)]
    pen.shape([(-4, 0.8), *spikes, (4, 0.8)], GOLD)
    pen.stroke([(-3.7, 0.4), (3.7, 0.4)], 1, OLD_GOLD)
    for x, y in spikes[::2]:
        pen.blob(x, y, 0.9, 0.9, RED)
    pen.blob(0, -1.2, 0.8, 0.9, BLUE)


def _party_hat(pen: Pen) -> None:
    pen.shape([(-3.8, 0.6), (0, -6.6), (3.8, 0.6)], BLUE)
    for low, high in ((0.12, 0.34), (0.56, 0.76)):  # two stripes, as shares of the height
        left = [(-3.8 * (1 - h), 0.6 - 7.2 * h) for h in (low, high)]
        right = [(-x, y - 0.9) for x, y in reversed(left)]
        pen.shape([*left, *right], GOLD)
    pen.blob(0, -6.2, 1.4, 1.4, WHITE)


def _scarf(pen: Pen) -> None:
    pen.stroke([(3, 4.6), (5.4, 6.2), (6.6, 9)], 2.5, RED)
    pen.stroke([(6.5, 8.9), (6.8, 9.6)], 2.5, (255, 220, 120))
    pen.stroke([(-4.2, 3.7), (-2.2, 4.9), (0, 5.2), (2.2, 4.9), (4.2, 3.7)], 2.7, RED)
    pen.stroke([(-1.6, 4.4), (-1.8, 5.8)], 0.9, (255, 220, 120))
    pen.stroke([(1.6, 4.4), (1.4, 5.8)], 0.9, (255, 220, 120))
