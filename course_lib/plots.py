"""Pictures of pictures: sheets of samples and labelled figures, each with an alt text.

Colours are those of Okabe and Ito (2008), which people with colour-blindness can tell apart.
"""

import base64
import html
import io
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from course_lib.arrays import check_images

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, RED, YELLOW, BLACK = "#56B4E9", "#D55E00", "#F0E442", "#000000"

STYLE = {
    "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY, RED, BLACK]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "font.size": 11,
    "figure.dpi": 110,
    "lines.linewidth": 2,
}


def figure(columns: int = 1, rows: int = 1, *, size: tuple[float, float] = (6.4, 3.6)):
    """Open a figure in the book's style.

    Parameters
    ----------
    columns, rows : int
        How many plots beside and below each other.
    size : (float, float)
        Width and height of the whole figure in inches.

    Returns
    -------
    (Figure, Axes or array of Axes)
        As ``plt.subplots`` returns them.
    """
    with plt.rc_context(STYLE):
        return plt.subplots(rows, columns, figsize=size, layout="constrained")


def show(fig: Figure, *, alt: str) -> None:
    """Display a figure with an alt text, and close it.

    Parameters
    ----------
    fig : Figure
    alt : str
        What a reader who cannot see the figure should know.

    Raises
    ------
    ValueError
        If the alt text is empty.
    """
    if not alt.strip():
        raise ValueError("alt must say what the figure shows, in words")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=fig.dpi, facecolor="white")
    plt.close(fig)
    data = base64.b64encode(buffer.getvalue()).decode()
    width = round(fig.get_figwidth() * 96)
    # dark-light: the theme's dark mode must not change brightness and contrast of our pictures.
    display(
        HTML(
            f'<img class="course-figure dark-light" src="data:image/png;base64,{data}" '
            f'alt="{html.escape(alt)}" style="width:{width}px;max-width:100%;height:auto;'
            'margin:.4rem 0;padding:0;border-radius:4px;background:#fff">'
        )
    )


def to_picture(image: Float[Tensor, "C H W"]) -> np.ndarray:
    """Turn an image in [-1, 1] into bytes for drawing: (H, W, 3), uint8; values outside are cut.

    Parameters
    ----------
    image : Tensor, shape (C, H, W), C = 1 or 3

    Returns
    -------
    ndarray, shape (H, W, 3), uint8
    """
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ValueError(f"image must have the shape (1 or 3, H, W), not {tuple(image.shape)}")
    pixels = ((image.float().clamp(-1, 1) + 1) * 127.5).round().byte()
    return pixels.expand(3, -1, -1).permute(1, 2, 0).cpu().numpy()


def show_images(
    images: Float[Tensor, "N C H W"],
    *,
    alt: str,
    titles: Sequence[str] | None = None,
    columns: int = 8,
    size: float = 1.1,
) -> None:
    """Display a sheet of images.

    Parameters
    ----------
    images : Tensor, shape (N, C, H, W), in [-1, 1]
        C = 1 (grey) or 3 (colour).
    alt : str
        What the sheet shows, in words.
    titles : sequence of str, optional
        One above each image.
    columns : int
        Images a row.
    size : float
        Width of one image in inches.
    """
    check_images("images", images)
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"expected {len(images)} titles, one an image, but got {len(titles)}")
    if len(images) == 0 or columns < 1:
        raise ValueError(
            f"expected at least one image and columns of at least 1, not {len(images)}, {columns}"
        )
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = rows * (size * images.shape[2] / images.shape[3] + 0.06)
    if titles is not None:
        height += sum(
            _title_height(titles[i : i + columns]) for i in range(0, rows * columns, columns)
        )
    fig, axes = figure(columns, rows, size=(size * columns, height))
    for i, ax in enumerate(np.atleast_1d(axes).flat):
        ax.axis("off")
        ax.set_anchor("S")  # so that what is left of the height is room for the titles
        if i < len(images):
            ax.imshow(to_picture(images[i]), interpolation="nearest")
            if titles is not None:
                ax.set_title(titles[i], fontsize=10)
    show(fig, alt=alt)


def _title_height(titles: Sequence[str]) -> float:
    """Inches that a row's titles need; they may have several lines."""
    return 0.04 + 0.17 * max(title.count("\n") + 1 for title in titles)
