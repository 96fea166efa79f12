"""Many scenes at once: sky, sun or moon, land, shadow and figure, laid over each other.

The parts are drawn large once, when first needed, and kept. Every picture then gets its own part
of a sky and of a land, its own size, place, turn and direction of the figure, and its own light.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from course_lib.datasets.scenes.figures import GROUND, POSES, SHEET, figure
from course_lib.datasets.scenes.grammar import check_attributes, values_of
from course_lib.datasets.scenes.pen import KEPT, UNITS
from course_lib.datasets.scenes.places import land
from course_lib.datasets.scenes.skies import VARIANTS, sky

TOGETHER = 32  # pictures drawn at once: as many as the processor's own memory holds

# What is left to chance, each a number in 0 ... 1.
CHANCES = (
    *("pose", "mirror", "x", "y", "scale", "turn"),
    *("sky", "sky_x", "sky_y", "land", "land_x", "land_y"),
    *("disc_side", "disc_x", "disc_y", "disc_radius"),
    *("bright", "red", "green", "blue"),
)

# By day, at sunset, at night: the sun or moon, its lowest and highest y, its radius (units).
DISC_COLOUR = torch.tensor([[255, 236, 96], [250, 70, 52], [255, 250, 216]]) / 255
DISC_Y = torch.tensor([[4.0, 7.0], [10.5, 15.0], [4.0, 7.5]])
DISC_RADIUS = torch.tensor([2.7, 4.0, 2.9])
FIGURE_LIGHT = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.89, 0.80], [0.76, 0.80, 0.98]])
# How wide a shadow each doing throws on the ground (units), and how dark it is.
SHADOW_WIDTH = torch.tensor([10.0, 5.5, 6.5, 8.0, 11.0, 11.0, 9.0])
SHADOW_DEPTH = 0.34


def draw_scenes(
    attributes: Int64[Tensor, "N 5"], *, size: int = 32, generator: torch.Generator | None = None
) -> Float[Tensor, "N 3 size size"]:
    """Draw one picture for each row of attributes, no two of them the same.

    Parameters
    ----------
    attributes : Tensor, shape (N, 5), int64
        Indices into the values of `ATTRIBUTES`: who, wearing, doing, where, when.
    size : int
        Height and width in pixels, a multiple of 8 from 16 to 64.

    Returns
    -------
    Tensor, shape (N, 3, size, size), float32 in [-1, 1]

    Raises
    ------
    ValueError
        If the attributes or the size are not allowed.

    Notes
    -----
    Built in: conditioning.
    """
    check_attributes(attributes)
    if size % 8 or not 16 <= size <= 64:
        raise ValueError(f"size must be a multiple of 8 from 16 to 64, but it is {size}")
    chances = torch.rand(len(attributes), len(CHANCES), generator=generator)
    groups = zip(attributes.split(TOGETHER), chances.split(TOGETHER), strict=True)
    return torch.cat([_draw(rows, numbers, size) for rows, numbers in groups])


def _draw(attributes: Tensor, numbers: Tensor, size: int) -> Tensor:
    names = [values_of(row) for row in attributes]
    chance = dict(zip(CHANCES, numbers.T, strict=True))
    when = attributes[:, 4]
    picture = _cut([(sky, where, hour) for *_, where, hour in names], chance, "sky", size)
    picture = _with_disc(picture, when, chance)
    picture = _over(
        picture, _cut([(land, where, hour) for *_, where, hour in names], chance, "land", size)
    )
    hue = torch.stack([chance["red"], chance["green"], chance["blue"]], dim=1)
    picture = picture * _pixels(0.94 + 0.12 * hue)
    picture = _with_shadow(picture, attributes[:, 2], chance)
    picture = _over(picture, _figures(names, when, chance, size))
    picture = picture * _pixels(0.92 + 0.14 * chance["bright"][:, None])
    return F.avg_pool2d(picture, KEPT).clamp(0, 1) * 2 - 1


def _pixels(values: Tensor) -> Tensor:
    return values[:, :, None, None]


def _over(below: Tensor, above: Tensor) -> Tensor:
    """Lay (n, 4, H, W), colours times opacity and opacity, over a picture (n, 3, H, W)."""
    return below * (1 - above[:, 3:]) + above[:, :3]


def _cut(wanted: list, chance: dict[str, Tensor], name: str, size: int) -> Tensor:
    """Cut a window out of each wide sky or land, at a place of its own."""
    window, windows = KEPT * size, []
    columns = (chance[name], chance[f"{name}_x"], chance[f"{name}_y"])
    for (paint, where, when), *where_to in zip(wanted, *(c.tolist() for c in columns), strict=True):
        number, across, down = where_to
        wide = paint(where, when, int(number * 2 * VARIANTS), size)
        top = int(down * (wide.shape[1] - window + 1))
        left = int(across * (wide.shape[2] - window + 1))
        windows.append(wide[:, top : top + window, left : left + window])
    return torch.stack(windows).float() / 255


def _grid(side: int) -> tuple[Tensor, Tensor]:
    """Return x, of shape (1, side), and y, (side, 1), of the middles of the pixels, in units."""
    line = (torch.arange(side) + 0.5) * (UNITS / side)
    return line[None, :], line[:, None]


def _with_disc(picture: Tensor, when: Tensor, chance: dict[str, Tensor]) -> Tensor:
    """Put the sun or a crescent moon in one of the upper corners, with a soft glow."""
    x, y = _grid(picture.shape[-1])
    across = 2.5 + 4.0 * chance["disc_x"]
    across = torch.where(chance["disc_side"] < 0.5, across, UNITS - across)[:, None, None]
    low, high = DISC_Y[when].T
    down = (low + (high - low) * chance["disc_y"])[:, None, None]
    radius = (DISC_RADIUS[when] * (0.9 + 0.25 * chance["disc_radius"]))[:, None, None]
    distance = ((x - across) ** 2 + (y - down) ** 2).sqrt()  # (n, H, W)
    bite = ((x - across - 0.55 * radius) ** 2 + (y - down + 0.3 * radius) ** 2).sqrt()
    sharp = picture.shape[-1] / UNITS
    dark = (when == 2)[:, None, None] * ((0.85 * radius - bite) * sharp + 0.5).clamp(0, 1)
    disc = ((radius - distance) * sharp + 0.5).clamp(0, 1) * (1 - dark)
    glow = 0.4 * (-((distance / (1.9 * radius)) ** 2)).exp()
    mask = torch.maximum(disc, glow)[:, None]
    return picture + mask * (_pixels(DISC_COLOUR[when]) - picture)


def _stand(chance: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Return where the figure's ground is, (n,) x and y, and its scale."""
    return 14.0 + 4.0 * chance["x"], 28.6 + 1.8 * chance["y"], 0.82 + 0.12 * chance["scale"]


def _with_shadow(picture: Tensor, doing: Tensor, chance: dict[str, Tensor]) -> Tensor:
    x, y = _grid(picture.shape[-1])
    across, down, scale = (v[:, None, None] for v in _stand(chance))
    width = SHADOW_WIDTH[doing][:, None, None] * scale
    far = ((x - across) / width) ** 2 + ((y - down) / 1.5) ** 2
    return picture * (1 - SHADOW_DEPTH * (1.6 - 1.3 * far).clamp(0, 1))[:, None]


def _figures(names: list, when: Tensor, chance: dict[str, Tensor], size: int) -> Tensor:
    """Place each figure: its size, its turn, its direction; (n, 4, H, W), in the hour's light."""
    poses = (chance["pose"] * POSES).long().tolist()
    sprites = [figure(*row[:3], pose, size) for row, pose in zip(names, poses, strict=True)]
    across, down, scale = _stand(chance)
    turn = math.radians(10) * (chance["turn"] - 0.5)
    mirror = torch.where(chance["mirror"] < 0.5, -1.0, 1.0)
    # From a place in the picture, in -1 ... 1, to the place on the sheet that is seen there.
    cos, sin = turn.cos() / scale, turn.sin() / scale
    to_sheet = torch.stack([torch.stack([mirror * cos, mirror * sin]), torch.stack([-sin, cos])])
    to_sheet = to_sheet.permute(2, 0, 1)  # (n, 2, 2)
    half, middle = UNITS / 2, SHEET / 2
    ground = torch.stack([across, down], dim=1) - half  # from the middle of the picture
    shift = torch.tensor(GROUND) - middle - (to_sheet @ ground[:, :, None])[:, :, 0]
    theta = torch.cat([to_sheet * half, shift[:, :, None]], dim=2) / middle
    shape = [len(names), 4, KEPT * size, KEPT * size]
    grid = F.affine_grid(theta, shape, align_corners=False)
    placed = F.grid_sample(torch.stack(sprites).float(), grid, align_corners=False)
    light = torch.cat([FIGURE_LIGHT[when], torch.ones(len(names), 1)], dim=1)
    return placed * _pixels(light / 255)
