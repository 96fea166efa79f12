"""A pen that draws large coloured shapes with Pillow, and reduces them so that edges are smooth.

Lengths are in units: a picture is 32 units high, whatever its size in pixels. x runs to the right
and y downwards. Parts are drawn at 8 pixels per picture pixel and kept at 2.
"""

import cmath
import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor

UNITS = 32
DRAWN = 8
KEPT = 2
WIDE = (64, 36)  # width and height of a piece of scenery; a picture shows a part of it

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Pen:
    """Draws in a frame of its own: a place, a turn and a scale on a sheet of paper.

    Attributes
    ----------
    canvas : ImageDraw.ImageDraw
    scale : complex
        Pixels per unit; its angle is the turn of the frame.
    origin : complex
        The pixel where the frame has (0, 0).
    light : callable
        Changes a colour to how it looks in the light that shines on the sheet.
    """

    canvas: ImageDraw.ImageDraw
    scale: complex
    origin: complex = 0
    light: Callable[[Colour], Colour] = tuple

    def at(self, x: float, y: float, turn: float = 0.0, scale: float = 1.0) -> "Pen":
        """Return a pen whose (0, 0) is here, turned clockwise by `turn` degrees."""
        factor = cmath.rect(scale, math.radians(turn))
        origin = self.origin + self.scale * complex(x, y)
        return replace(self, origin=origin, scale=self.scale * factor)

    def shape(self, points: Points, colour: Colour) -> None:
        """Fill the polygon with these corners."""
        self.canvas.polygon(self._pixels(points), fill=self.light(colour))

    def blob(self, x, y, rx, ry, colour: Colour, turn: float = 0.0, square: float = 2.0) -> None:
        """Fill an ellipse with these radii; `square` = 4 and more makes it a rounded box."""
        edge = _edge(square)
        around = (edge.real * rx + 1j * edge.imag * ry) * cmath.rect(1, math.radians(turn))
        pixels = self.origin + self.scale * (complex(x, y) + around)
        self.canvas.polygon(pixels.view(np.float64).tolist(), fill=self.light(colour))

    def stroke(self, points: Points, width: float, colour: Colour) -> None:
        """Draw a thick line with round ends through these points."""
        pixels, fill = self._pixels(points), self.light(colour)
        thick = width * abs(self.scale)
        self.canvas.line(pixels, fill=fill, width=round(thick), joint="curve")
        for x, y in (pixels[0], pixels[-1]):
            half = thick / 2
            self.canvas.ellipse((x - half, y - half, x + half, y + half), fill=fill)

    def _pixels(self, points: Points) -> list[tuple[float, float]]:
        pixels = (self.origin + self.scale * complex(*point) for point in points)
        return [(z.real, z.imag) for z in pixels]


def sheet(width: float, height: float, size: int) -> tuple[Image.Image, Pen]:
    """Take an empty transparent sheet, for pictures of `size` pixels, and a pen for it."""
    per_unit = DRAWN * size / UNITS
    image = Image.new("RGBA", (round(width * per_unit), round(height * per_unit)))
    return image, Pen(ImageDraw.Draw(image), complex(per_unit))


def reduced(image: Image.Image) -> UInt8[Tensor, "4 H W"]:
    """Reduce a sheet to what is kept; the colours are multiplied by their opacity."""
    small = image.convert("RGBa").reduce(DRAWN // KEPT)
    width, height = small.size
    pixels = np.frombuffer(small.tobytes(), np.uint8).reshape(height, width, 4)
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


def outlined(image: Image.Image, size: int, width: float, colour: Colour) -> Image.Image:
    """Put a line around all that is drawn on a sheet, `width` units wide."""
    half = image.getchannel("A").reduce(2)  # the line is thin: half the detail is enough
    grown = half.filter(ImageFilter.BoxBlur(width * DRAWN / 2 * size / UNITS))
    mask = grown.point([min(255, 6 * v) for v in range(256)]).resize(image.size)
    line = Image.new("RGBA", image.size, colour)
    line.putalpha(mask)
    line.alpha_composite(image)
    return line


@functools.cache
def _edge(square: float) -> np.ndarray:
    """Return the points of a superellipse of radius 1, as complex numbers."""
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    x, y = np.cos(angle), np.sin(angle)
    return np.sign(x) * np.abs(x) ** (2 / square) + 1j * np.sign(y) * np.abs(y) ** (2 / square)
