"""Questions on the U-Net: a skip connection, halving, the shapes, the clock, and the wiring."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.teaching.props import Prop
from course_lib.teaching.questions import Misconception, Question


def _whole(low: int, high: int, generator: torch.Generator) -> int:
    """Draw a whole number, `low` and `high` included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def _two_maps(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    # As many channels in both: so a sum, the likeliest mistake, runs and can be named.
    shape = (_whole(2, 3, generator), _whole(4, 6, generator), 8, 10)
    return torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)


def lay_beside(from_below: Tensor, copy: Tensor) -> Tensor:
    return torch.cat([from_below, copy], dim=1)


LAY_BESIDE = Question(
    name="unet.lay_beside",
    inputs=_two_maps,
    answer=lay_beside,
    misconceptions=(
        Misconception(
            "This adds the two. That is what a residual block does; a skip connection lays the "
            "copy beside the other channels, and changes no number.",
            lambda from_below, copy: from_below + copy,
        ),
        Misconception(
            "This lays the copy first. What comes from below stands first, the copy after it.",
            lambda from_below, copy: torch.cat([copy, from_below], dim=1),
        ),
        Misconception(
            "This makes the batch longer (dim=0), as if the copies were other pictures. The "
            "channels are dimension 1.",
            lambda from_below, copy: torch.cat([from_below, copy]),
        ),
        Misconception(
            "This lays one picture under the other (dim=2). The channels are dimension 1.",
            lambda from_below, copy: torch.cat([from_below, copy], dim=2),
        ),
        Misconception(
            "This makes the pictures wider (dim=3). The channels are dimension 1.",
            lambda from_below, copy: torch.cat([from_below, copy], dim=3),
        ),
    ),
    place="unet, 'Part 3: the skip connection'",
)


def _maps(generator: torch.Generator) -> tuple[Tensor]:
    height, width = (2 * _whole(2, 5, generator) for _ in range(2))
    return (torch.randn(2, 3, height, width, generator=generator),)


def halve(h: Tensor) -> Tensor:
    return F.avg_pool2d(h, 2)


HALVE = Question(
    name="unet.halve",
    inputs=_maps,
    answer=halve,
    misconceptions=(
        Misconception(
            "This keeps one number of each block and throws three away. Keep their average.",
            lambda h: h[:, :, ::2, ::2],
        ),
        Misconception(
            "This adds up each block. The average is a quarter of that.",
            lambda h: 4 * F.avg_pool2d(h, 2),
        ),
        Misconception(
            "This keeps the largest number of each block. Keep the average.",
            lambda h: F.max_pool2d(h, 2),
        ),
        Misconception(
            "This averages numbers that lie half a picture apart. A block is 2 x 2 neighbours: cut "
            "the height into (height // 2, 2), in this order, and the width likewise.",
            lambda h: h.unflatten(3, (2, -1)).unflatten(2, (2, -1)).mean(dim=(2, 4)),
        ),
        Misconception(
            "This halves the height only. Halve the width, too.",
            lambda h: (h[:, :, ::2] + h[:, :, 1::2]) / 2,
        ),
    ),
    place="unet, 'Part 2: down and up'",
)


def _a_u(generator: torch.Generator) -> tuple[int, int, int, tuple[int, ...]]:
    # The third level is not twice the second, and no picture is square: so mistakes show.
    first, fold = 8 * _whole(2, 6, generator), _whole(2, 3, generator)
    height = 4 * fold * _whole(2, 4, generator)
    return height, height + 4 * fold, fold, (first, 2 * first, 3 * first)


def down_shapes(height: int, width: int, fold: int, channels: tuple[int, ...]) -> list:
    sizes = [fold * 2**level for level in range(len(channels))]
    return [(c, height // s, width // s) for c, s in zip(channels, sizes, strict=True)]


def _shapes(channels_at, divide_by):
    """Make a wrong answer from a rule for the channels and one for the size."""

    def answer(height, width, fold, channels):
        sizes = [divide_by(fold, level) for level in range(len(channels))]
        return [
            (channels_at(channels, fold, level), height // s, width // s)
            for level, s in enumerate(sizes)
        ]

    return answer


def _as_listed(channels, fold, level):
    return channels[level]


DOWN_SHAPES = Question(
    name="unet.down_shapes",
    inputs=_a_u,
    answer=down_shapes,
    misconceptions=(
        Misconception(
            "This halves before the first level, too. Level 0 works on the folded picture as it "
            "is.",
            _shapes(_as_listed, lambda fold, level: fold * 2 ** (level + 1)),
        ),
        Misconception(
            "This forgets the fold. Before level 0, fold x fold pixels have become one.",
            _shapes(_as_listed, lambda fold, level: 2**level),
        ),
        Misconception(
            "This keeps one size on all levels. Each has half the height and width of the one "
            "before.",
            _shapes(_as_listed, lambda fold, level: fold),
        ),
        Misconception(
            "This doubles the channels from level to level. They are what `channels` says.",
            _shapes(lambda channels, fold, i: channels[0] * 2**i, lambda fold, i: fold * 2**i),
        ),
        Misconception(
            "This multiplies the channels by fold x fold. The way in, a convolution, has turned "
            "the folded channels into channels[0] already.",
            _shapes(lambda channels, fold, i: channels[i] * fold**2, lambda fold, i: fold * 2**i),
        ),
        Misconception(
            "This writes the channels last. Write channels, height, width.",
            lambda *inputs: [(h, w, c) for c, h, w in down_shapes(*inputs)],
        ),
    ),
    place="unet, 'The real thing, drawn from itself'",
)


def _some_times(generator: torch.Generator) -> tuple[Tensor, int]:
    t = torch.randint(1, 1001, (_whole(3, 6, generator),), generator=generator)
    return t, 2 * _whole(4, 16, generator)


def timestep_embedding(t: Tensor, dim: int) -> Tensor:
    return _clock(t, dim, lambda i, hands: 10_000 ** (-i / (hands - 1)))


def _clock(t: Tensor, dim: int, speed) -> Tensor:
    hands = dim // 2
    angles = torch.stack([t * speed(i, hands) for i in range(hands)], dim=1)  # (B, hands)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


TIMESTEP_EMBEDDING = Question(
    name="unet.timestep_embedding",
    inputs=_some_times,
    answer=timestep_embedding,
    misconceptions=(
        Misconception(
            "This lays the cosines first. First all sines, then all cosines.",
            lambda t, dim: timestep_embedding(t, dim).roll(dim // 2, dims=1),
        ),
        Misconception(
            "This alternates sine and cosine. First all sines, then all cosines.",
            lambda t, dim: timestep_embedding(t, dim).unflatten(1, (2, -1)).mT.flatten(1),
        ),
        Misconception(
            "Your slowest hand is a little too fast: the exponent must reach -1 at the last hand, "
            "so divide i by hands - 1, not by hands.",
            lambda t, dim: _clock(t, dim, lambda i, hands: 10_000 ** (-i / hands)),
        ),
        Misconception(
            "Your hands get faster and faster: the exponent needs a minus.",
            lambda t, dim: _clock(t, dim, lambda i, hands: 10_000 ** (i / (hands - 1))),
        ),
        Misconception(
            "All your hands turn at one speed: use i in the exponent.",
            lambda t, dim: _clock(t, dim, lambda i, hands: 1.0),
        ),
        Misconception(
            "There is a sine where a cosine should be: the second half is the cosines.",
            lambda t, dim: timestep_embedding(t, dim)[:, : dim // 2].repeat(1, 2),
        ),
        Misconception(
            "This has a column for each timestep. Each timestep is a row: stack along dim=1.",
            lambda t, dim: timestep_embedding(t, dim).T,
        ),
    ),
    place="unet, 'Part 5: telling it the time'",
    library=("course_lib.layers.timestep_embedding",),
    tolerance=2e-3,  # a float32 angle of 1,000 is known to a ten-thousandth
)


def _a_picture_for_a_u(generator: torch.Generator) -> tuple[Prop, Tensor]:
    parts = Prop("u_parts", (3, 4, _whole(0, 10**6, generator)))
    return parts, torch.randn(2, 4, 8, 16, generator=generator)


def u_net(parts, h: Tensor) -> Tensor:
    return _wire(parts, h)


def _wire(parts, h, join=lay_beside, stations=(0, 1, 2), early=False, middle=True):
    """Wire a U, rightly unless told otherwise."""
    copies = []
    for level, station in enumerate(parts.down):
        before = F.avg_pool2d(h, 2) if level else h
        h = station(before)
        copies.append(before if early else h)
    h = parts.middle(h) if middle else h
    for level in (2, 1, 0):
        h = parts.up[stations[level]](join(h, copies[level]))
        h = F.interpolate(h, scale_factor=2) if level else h
    return h


U_NET = Question(
    name="unet.u_net",
    inputs=_a_picture_for_a_u,
    answer=u_net,
    misconceptions=(
        Misconception(
            "This lays what comes from below beside itself. Beside it belongs the copy that the "
            "way down put aside on the same level.",
            lambda parts, h: _wire(parts, h, join=lambda h, copy: lay_beside(h, h)),
        ),
        Misconception(
            "This lays zeros where the copy should be: the skips are cut.",
            lambda parts, h: _wire(parts, h, join=lambda h, copy: lay_beside(h, 0 * copy)),
        ),
        Misconception(
            "This lays the copy first. What comes from below stands first, the copy after it.",
            lambda parts, h: _wire(parts, h, join=lambda h, copy: lay_beside(copy, h)),
        ),
        Misconception(
            "This puts the copies aside before the station of the way down has worked on them. "
            "Keep what leaves the station.",
            lambda parts, h: _wire(parts, h, early=True),
        ),
        Misconception(
            "This leaves out the middle. It works between the way down and the way up.",
            lambda parts, h: _wire(parts, h, middle=False),
        ),
        Misconception(
            "This begins the way up with up[0]. The way up begins at the bottom: up[2] comes "
            "first.",
            lambda parts, h: _wire(parts, h, stations=(2, 1, 0)),
        ),
    ),
    place="unet, 'Build it by hand: the whole U'",
    library=("course_lib.unet.UNet",),
)

QUESTIONS = (LAY_BESIDE, HALVE, DOWN_SHAPES, TIMESTEP_EMBEDDING, U_NET)
