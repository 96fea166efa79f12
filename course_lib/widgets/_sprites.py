"""Many frames in one picture: the sprite sheets that a scrubber moves about.

A sheet is a grid of cells, row by row. A cell is a frame with a border of `GUTTER` pixels that
repeats the frame's own edge, so that a browser which rounds a position by part of a pixel shows
the frame's edge, never its neighbour's.
"""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

GUTTER = 1
CRISP_SIDE = 64  # frames (and strips of them) up to this size keep every pixel exactly
QUALITY = 80  # of larger frames, as WebP counts it
LARGEST_SIDE = 16_383  # a limit of the WebP format


@dataclass(frozen=True)
class Sprite:
    """A WebP sheet of `columns` x `rows` cells, and the size of one frame in pixels."""

    webp: bytes
    columns: int
    rows: int
    width: int
    height: int

    @property
    def url(self) -> str:
        """The sheet as a data URL, which needs no file and no request."""
        return "data:image/webp;base64," + base64.b64encode(self.webp).decode("ascii")

    @property
    def geometry(self) -> str:
        """Columns, rows, width and height with spaces between, as `scrubber.js` reads them."""
        return f"{self.columns} {self.rows} {self.width} {self.height}"

    @property
    def crisp(self) -> bool:
        """Whether pixels are few enough to be shown as squares, none of them changed."""
        return min(self.width, self.height) <= CRISP_SIDE

    def offset(self, index: int) -> tuple[int, int]:
        """Left and top of frame `index` in the sheet, in pixels."""
        row, column = divmod(index, self.columns)
        return (
            column * (self.width + 2 * GUTTER) + GUTTER,
            row * (self.height + 2 * GUTTER) + GUTTER,
        )


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Map [-1, 1] to 0 ... 255; values outside (noise has some) show as black or white."""
    return np.clip(np.round((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


def make_sprite(images: np.ndarray) -> Sprite:
    """Pack frames into one WebP sheet.

    Parameters
    ----------
    images
        (N, C, H, W), C = 1 or 3, values in [-1, 1].

    Raises
    ------
    ValueError
        If the sheet would be larger than WebP allows.
    """
    n, _, height, width = images.shape
    cell_w, cell_h = width + 2 * GUTTER, height + 2 * GUTTER
    columns = min(n, max(1, round(math.sqrt(n * cell_h / cell_w))))
    rows = math.ceil(n / columns)
    if max(columns * cell_w, rows * cell_h) > LARGEST_SIDE:
        raise ValueError(
            f"{n} frames of {width} x {height} pixels need a sheet of {columns * cell_w} x "
            f"{rows * cell_h} pixels; WebP allows {LARGEST_SIDE} a side: "
            "pass fewer or smaller frames"
        )
    sheet = _tile(to_uint8(images), columns, rows)
    picture = Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet).convert("RGB")
    buffer = io.BytesIO()
    lossless = min(width, height) <= CRISP_SIDE
    picture.save(buffer, "WEBP", lossless=lossless, quality=QUALITY, method=4)
    return Sprite(buffer.getvalue(), columns, rows, width, height)


def _tile(frames: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """Lay out (N, C, H, W) frames with their gutters as one (rows * h, columns * w, C) sheet."""
    edge = (GUTTER, GUTTER)
    cells = np.pad(frames, ((0, 0), (0, 0), edge, edge), mode="edge")  # (N, C, h, w)
    n, c, h, w = cells.shape
    grid = np.zeros((rows * columns, c, h, w), np.uint8)
    grid[:n] = cells
    grid = grid.reshape(rows, columns, c, h, w).transpose(0, 3, 1, 4, 2)  # (rows, h, columns, w, C)
    return grid.reshape(rows * h, columns * w, c)
