"""What beginners answer in the exercise on the U-Net, wrong and right."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def adds(from_below, copy):
    return from_below + copy


def copy_first(from_below, copy):
    return torch.cat((copy, from_below), 1)


def longer_batch(from_below, copy):
    return torch.concat([from_below, copy], dim=0)


def wider(from_below, copy):
    return torch.cat([from_below, copy], dim=-1)


def leaves_the_copy_out(from_below, copy):
    return from_below


def cat_from_the_right(from_below, copy):
    return torch.concatenate((from_below, copy), dim=-3)


def cat_by_filling(from_below, copy):
    channels = from_below.shape[1]
    both = from_below.new_empty(len(copy), channels + copy.shape[1], *copy.shape[2:])
    both[:, :channels] = from_below
    both[:, channels:] = copy
    return both


def keeps_every_second(h):
    return h[..., 0::2, 0::2]


def sums_blocks(h):
    return h[:, :, ::2, ::2] + h[:, :, 1::2, ::2] + h[:, :, ::2, 1::2] + h[:, :, 1::2, 1::2]


def takes_the_largest(h):
    return h.unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(-2, -1))


def cuts_into_quarters(h):
    b, c, height, width = h.shape
    return h.reshape(b, c, 2, height // 2, 2, width // 2).mean(dim=2).mean(dim=3)


def halves_rows_only(h):
    return (h[:, :, 0::2, :] + h[:, :, 1::2, :]) / 2


def averages_the_diagonal(h):
    return (h[:, :, ::2, ::2] + h[:, :, 1::2, 1::2]) / 2


def halve_by_reshaping(h):
    b, c, height, width = h.shape
    return h.reshape(b, c, height // 2, 2, width // 2, 2).mean(dim=(3, 5))


def halve_twice_in_one_direction(h):
    rows = (h[:, :, ::2] + h[:, :, 1::2]) / 2
    return (rows[..., ::2] + rows[..., 1::2]) / 2


def halves_too_early(height, width, fold, channels):
    height, width = height // fold, width // fold
    shapes = []
    for c in channels:
        height, width = height // 2, width // 2
        shapes.append((c, height, width))
    return shapes


def forgets_the_fold(height, width, fold, channels):
    return [(c, height // 2**i, width // 2**i) for i, c in enumerate(channels)]


def doubles_channels(height, width, fold, channels):
    shapes, c = [], channels[0]
    height, width = height // fold, width // fold
    for _ in channels:
        shapes.append((c, height, width))
        c, height, width = 2 * c, height // 2, width // 2
    return shapes


def multiplies_folded_channels(height, width, fold, channels):
    height, width = height // fold, width // fold
    return [(c * fold * fold, height // 2**i, width // 2**i) for i, c in enumerate(channels)]


def one_size(height, width, fold, channels):
    return [(c, height // fold, width // fold) for c in channels]


def channels_last(height, width, fold, channels):
    height, width = height // fold, width // fold
    return [(height // 2**i, width // 2**i, c) for i, c in enumerate(channels)]


def lowest_level_only(height, width, fold, channels):
    smallest = fold * 2 ** (len(channels) - 1)
    return [(channels[-1], height // smallest, width // smallest)]


def shapes_by_running_it(height, width, fold, channels):
    h, shapes = F.pixel_unshuffle(torch.zeros(1, 1, height, width), fold), []
    for level, c in enumerate(channels):
        h = F.max_pool2d(h, 2) if level > 0 else h
        shapes.append(h[:, :1].expand(1, c, -1, -1).shape[1:])
    return shapes


def shapes_as_lists(height, width, fold, channels):
    shapes, divisor = [], fold
    for c in channels:
        shapes.append([c, height // divisor, width // divisor])
        divisor *= 2
    return tuple(shapes)


def _hands(t, speeds, *functions):
    angles = t.float().unsqueeze(1) * torch.tensor(speeds)
    return torch.cat([function(angles) for function in functions], dim=1)


def cosines_first(t, dim):
    n = dim // 2
    return _hands(t, [10_000 ** (-i / (n - 1)) for i in range(n)], torch.cos, torch.sin)


def alternates(t, dim):
    rows = torch.zeros(len(t), dim)
    for i in range(dim // 2):
        angle = t / 10_000 ** (i / (dim // 2 - 1))
        rows[:, 2 * i], rows[:, 2 * i + 1] = angle.sin(), angle.cos()
    return rows


def divides_by_hands(t, dim):
    n = dim // 2
    return _hands(t, [1 / 10_000 ** (2 * i / dim) for i in range(n)], torch.sin, torch.cos)


def one_speed(t, dim):
    return _hands(t, [1.0] * (dim // 2), torch.sin, torch.cos)


def sines_twice(t, dim):
    n = dim // 2
    return _hands(t, [10_000 ** (-i / (n - 1)) for i in range(n)], torch.sin, torch.sin)


def degrees(t, dim):
    n = dim // 2
    speeds = [math.pi / 180 * 10_000 ** (-i / (n - 1)) for i in range(n)]
    return _hands(t, speeds, torch.sin, torch.cos)


def a_column_for_each_timestep(t, dim):
    n = dim // 2
    angles = torch.stack([t * 10_000 ** (-i / (n - 1)) for i in range(n)])
    return torch.cat([angles.sin(), angles.cos()])


def clock_by_logspace(t, dim):
    speeds = torch.logspace(0, -4, dim // 2, dtype=torch.float64)
    angles = torch.outer(t.double(), speeds)
    return torch.hstack([torch.sin(angles), torch.cos(angles)]).float()


def clock_by_loops(t, dim):
    n, rows = dim // 2, []
    for time in t.tolist():
        angles = [time * 10_000 ** (-i / (n - 1)) for i in range(n)]
        rows.append([math.sin(a) for a in angles] + [math.cos(a) for a in angles])
    return torch.tensor(rows)


def _up(parts, h, level, copy):
    return parts.up[level](torch.cat([h, copy], 1))


def _grow(h):
    return F.interpolate(h, scale_factor=2)


def _down(parts, h):
    fine = parts.down[0](h)
    medium = parts.down[1](F.avg_pool2d(fine, 2))
    return fine, medium, parts.down[2](F.avg_pool2d(medium, 2))


def no_copies(parts, h):
    h = parts.middle(_down(parts, h)[-1])
    h = _grow(_up(parts, h, 2, h))
    h = _grow(_up(parts, h, 1, h))
    return _up(parts, h, 0, h)


def zeros_for_copies(parts, h):
    h = parts.middle(_down(parts, h)[-1])
    h = _grow(_up(parts, h, 2, torch.zeros_like(h)))
    h = _grow(_up(parts, h, 1, torch.zeros_like(h)))
    return _up(parts, h, 0, torch.zeros_like(h))


def copies_first(parts, h):
    fine, medium, coarse = _down(parts, h)
    h = parts.up[2](torch.cat([coarse, parts.middle(coarse)], 1))
    h = parts.up[1](torch.cat([medium, _grow(h)], 1))
    return parts.up[0](torch.cat([fine, _grow(h)], 1))


def copies_before_the_stations(parts, h):
    fine = h
    medium = F.avg_pool2d(parts.down[0](fine), 2)
    coarse = F.avg_pool2d(parts.down[1](medium), 2)
    h = parts.middle(parts.down[2](coarse))
    h = _grow(_up(parts, h, 2, coarse))
    h = _grow(_up(parts, h, 1, medium))
    return _up(parts, h, 0, fine)


def no_middle(parts, h):
    fine, medium, coarse = _down(parts, h)
    h = _up(parts, coarse, 2, coarse)
    h = _up(parts, _grow(h), 1, medium)
    return _up(parts, _grow(h), 0, fine)


def stations_from_the_top(parts, h):
    fine, medium, coarse = _down(parts, h)
    h = _up(parts, parts.middle(coarse), 0, coarse)
    h = _up(parts, _grow(h), 1, medium)
    return _up(parts, _grow(h), 2, fine)


def never_doubles(parts, h):
    fine, medium, coarse = _down(parts, h)
    return _up(parts, _up(parts, parts.middle(coarse), 2, coarse), 1, medium)


def stays_below(parts, h):
    fine, medium, coarse = _down(parts, h)
    h = _up(parts, parts.middle(coarse), 2, coarse)
    return _up(parts, _grow(h), 1, medium)


def wired_with_a_stack(parts, h):
    copies = []
    for level in range(3):
        h = parts.down[level](h if level == 0 else F.avg_pool2d(h, 2))
        copies.append(h)
    h = parts.middle(h)
    for level in (2, 1, 0):
        h = parts.up[level](torch.cat([h, copies.pop()], dim=1))
        if level:
            h = h.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    return h


def wired_by_recursion(parts, h, level=0):
    h = copy = parts.down[level](h)
    if level < 2:
        h = wired_by_recursion(parts, nn.AvgPool2d(2)(h), level + 1)
        h = nn.Upsample(scale_factor=2)(h)
    else:
        h = parts.middle(h)
    return parts.up[level](torch.cat([h, copy], dim=1))


WRONG = [
    ("unet.lay_beside", adds, "what a residual block does"),
    ("unet.lay_beside", copy_first, "the copy first"),
    ("unet.lay_beside", longer_batch, "makes the batch longer"),
    ("unet.lay_beside", wider, "makes the pictures wider"),
    ("unet.lay_beside", leaves_the_copy_out, "The shape should be"),
    ("unet.halve", keeps_every_second, "throws three away"),
    ("unet.halve", sums_blocks, "adds up each block"),
    ("unet.halve", takes_the_largest, "the largest number"),
    ("unet.halve", cuts_into_quarters, "half a picture apart"),
    ("unet.halve", halves_rows_only, "halves the height only"),
    ("unet.halve", averages_the_diagonal, "The numbers are off"),
    ("unet.down_shapes", halves_too_early, "before the first level"),
    ("unet.down_shapes", forgets_the_fold, "forgets the fold"),
    ("unet.down_shapes", doubles_channels, "doubles the channels"),
    ("unet.down_shapes", multiplies_folded_channels, "multiplies the channels by fold x fold"),
    ("unet.down_shapes", one_size, "one size on all levels"),
    ("unet.down_shapes", channels_last, "writes the channels last"),
    ("unet.down_shapes", lowest_level_only, "It should return 3 things"),
    ("unet.timestep_embedding", cosines_first, "lays the cosines first"),
    ("unet.timestep_embedding", alternates, "alternates sine and cosine"),
    ("unet.timestep_embedding", divides_by_hands, "hands - 1"),
    ("unet.timestep_embedding", one_speed, "turn at one speed"),
    ("unet.timestep_embedding", sines_twice, "a sine where a cosine"),
    ("unet.timestep_embedding", degrees, "The numbers are off"),
    ("unet.timestep_embedding", a_column_for_each_timestep, "a column for each timestep"),
    ("unet.u_net", no_copies, "beside itself"),
    ("unet.u_net", zeros_for_copies, "the skips are cut"),
    ("unet.u_net", copies_first, "lays the copy first"),
    ("unet.u_net", copies_before_the_stations, "what leaves the station"),
    ("unet.u_net", no_middle, "leaves out the middle"),
    ("unet.u_net", stations_from_the_top, "begins the way up with up[0]"),
    ("unet.u_net", never_doubles, "Your code stops with an error"),
    ("unet.u_net", stays_below, "The shape should be"),
]

RIGHT = [
    ("unet.lay_beside", cat_from_the_right),
    ("unet.lay_beside", cat_by_filling),
    ("unet.halve", halve_by_reshaping),
    ("unet.halve", halve_twice_in_one_direction),
    ("unet.down_shapes", shapes_by_running_it),
    ("unet.down_shapes", shapes_as_lists),
    ("unet.timestep_embedding", clock_by_logspace),
    ("unet.timestep_embedding", clock_by_loops),
    ("unet.u_net", wired_with_a_stack),
    ("unet.u_net", wired_by_recursion),
]
