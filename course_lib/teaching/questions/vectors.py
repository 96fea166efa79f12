"""Questions on vectors: cropping, brightening, batches, distance, and the dot product."""

import torch
from torch import Tensor

from course_lib.teaching.questions import Misconception, Question


def _whole(low: int, high: int, generator: torch.Generator) -> int:
    """Draw a whole number, `low` and `high` included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def _values(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draw pictures with values from -1 to 1."""
    return torch.rand(shape, generator=generator) * 2 - 1


def _to_crop(generator: torch.Generator) -> tuple[Tensor, int, int, int]:
    """Draw (image, top, left, size) with top and left so large that a wrong end shows."""
    image = _values((3, _whole(15, 17, generator), _whole(19, 21, generator)), generator)
    return image, _whole(2, 4, generator), _whole(6, 8, generator), _whole(9, 10, generator)


def crop(image: Tensor, top: int, left: int, size: int) -> Tensor:
    return image[:, top : top + size, left : left + size]


CROP = Question(
    name="vectors.crop",
    inputs=_to_crop,
    answer=crop,
    misconceptions=(
        Misconception(
            "Rows and columns are swapped. The order is channel, row, column: `top` counts rows, "
            "`left` counts columns.",
            lambda image, top, left, size: crop(image, left, top, size),
        ),
        Misconception(
            "This ends at `size`. The end is a place too, so it is where you start plus the size: "
            "top + size.",
            lambda image, top, left, size: image[:, top:size, left:size],
        ),
        Misconception(
            "This is one row and one column too many. A slice stops before its end, so top to "
            "top + size holds `size` rows.",
            lambda image, top, left, size: crop(image, top, left, size + 1),
        ),
        Misconception(
            "This is one row and one column too few. A slice stops before its end already.",
            lambda image, top, left, size: crop(image, top, left, size - 1),
        ),
        Misconception(
            "This cuts channels and rows. The first direction is the channel: keep all of it with "
            "a colon, image[:, ...].",
            lambda image, top, left, size: image[top : top + size, left : left + size],
        ),
        Misconception(
            "This starts in the upper left corner. Start at row `top` and column `left`.",
            lambda image, top, left, size: crop(image, 0, 0, size),
        ),
        Misconception(
            "This cuts the rows only. The columns need a slice of their own.",
            lambda image, top, left, size: image[:, top : top + size],
        ),
    ),
    place="vectors, 'A tensor: a stack of grids'",
)


def _to_brighten(generator: torch.Generator) -> tuple[Tensor, float]:
    amount = 0.3 + 0.4 * torch.rand((), generator=generator).item()
    return _values((3, 6, 7), generator), amount


def brighten(image: Tensor, amount: float) -> Tensor:
    return (image + amount).clamp(-1, 1)


BRIGHTEN = Question(
    name="vectors.brighten",
    inputs=_to_brighten,
    answer=brighten,
    misconceptions=(
        Misconception(
            "Some values end above 1, whiter than white. Add first, then cut them off with "
            ".clamp(-1, 1).",
            lambda image, amount: image + amount,
        ),
        Misconception(
            "This clamps to 0 ... 1, and loses the darker half of the picture. Our values go from "
            "-1 to 1.",
            lambda image, amount: (image + amount).clamp(0, 1),
        ),
        Misconception(
            "This clamps to 0 ... 255, which are bytes. Our values go from -1 to 1.",
            lambda image, amount: (image + amount).clamp(0, 255),
        ),
        Misconception(
            "This multiplies, which makes dark pixels darker. To brighten, add the amount.",
            lambda image, amount: (image * (1 + amount)).clamp(-1, 1),
        ),
        Misconception(
            "This multiplies by the amount, which fades the picture to grey. To brighten, add it.",
            lambda image, amount: image * amount,
        ),
        Misconception(
            "This makes the picture darker. White is 1, so brighter means larger: add.",
            lambda image, amount: (image - amount).clamp(-1, 1),
        ),
    ),
    place="vectors, 'Values from -1 to 1'",
)


def _photos(generator: torch.Generator) -> tuple[list[Tensor]]:
    """Draw a list of photographs (H, W, 3) in bytes; W is not H, so that a swap shows."""
    shape = (_whole(4, 6, generator), _whole(7, 9, generator), 3)
    byte = {"dtype": torch.uint8, "generator": generator}
    return ([torch.randint(0, 256, shape, **byte) for _ in range(_whole(2, 5, generator))],)


def make_batch(photos: list[Tensor]) -> Tensor:
    return torch.stack([photo.permute(2, 0, 1).float() / 127.5 - 1 for photo in photos])


MAKE_BATCH = Question(
    name="vectors.make_batch",
    inputs=_photos,
    answer=make_batch,
    misconceptions=(
        Misconception(
            "The shape is right and the pictures are fog: reshape keeps the order in memory. To "
            "bring the colours to the front, use permute(2, 0, 1).",
            lambda photos: torch.stack([p.reshape(3, *p.shape[:2]) for p in photos]) / 127.5 - 1,
        ),
        Misconception(
            "The colours still come last. The order is (B, C, H, W): permute each photo.",
            lambda photos: torch.stack(photos).float() / 127.5 - 1,
        ),
        Misconception(
            "Height and width are swapped, so the pictures lie on their sides. permute(2, 0, 1): "
            "colours, rows, columns.",
            lambda photos: make_batch(photos).transpose(2, 3),
        ),
        Misconception(
            "This joins the photos into one tall stack of channels. torch.stack adds a direction "
            "for the batch; torch.cat does not.",
            lambda photos: make_batch(photos).flatten(0, 1),
        ),
        Misconception(
            "These values go from 0 to 1. Divide by 127.5, half of 255, and take 1 away.",
            lambda photos: (make_batch(photos) + 1) / 2,
        ),
        Misconception(
            "These values go from -1 to 0. Divide by 127.5, which is half of 255.",
            lambda photos: (make_batch(photos) - 1) / 2,
        ),
        Misconception(
            "These are still bytes, 0 to 255. Divide by 127.5 and take 1 away.",
            lambda photos: (make_batch(photos) + 1) * 127.5,
        ),
        Misconception(
            "These values go from 0 to 2. After the division, take 1 away.",
            lambda photos: make_batch(photos) + 1,
        ),
        Misconception(
            "This is the first photo alone. A batch holds them all.",
            lambda photos: make_batch(photos[:1]),
        ),
    ),
    place="vectors, 'Build it by hand'",
)


def _batch_and_one(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    batch = _values((_whole(3, 5, generator), 2, 6, 7), generator)
    return batch, _values((2, 6, 7), generator)


def distances(batch: Tensor, picture: Tensor) -> Tensor:
    return ((batch - picture) ** 2).flatten(1).sum(dim=1).sqrt()


DISTANCES = Question(
    name="vectors.distances",
    inputs=_batch_and_one,
    answer=distances,
    misconceptions=(
        Misconception(
            "The square root is missing: these are squared distances.",
            lambda batch, picture: ((batch - picture) ** 2).flatten(1).sum(dim=1),
        ),
        Misconception(
            "All pictures went into one number. Keep the batch: flatten(1) leaves the first "
            "direction alone, and sum(dim=1) adds up each row.",
            lambda batch, picture: ((batch - picture) ** 2).sum().sqrt(),
        ),
        Misconception(
            "This averages where it should add up. A distance is the root of the sum of squares.",
            lambda batch, picture: ((batch - picture) ** 2).flatten(1).mean(dim=1).sqrt(),
        ),
        Misconception(
            "This adds up the differences without squaring them, and those above and below 0 "
            "cancel.",
            lambda batch, picture: (batch - picture).flatten(1).sum(dim=1),
        ),
        Misconception(
            "This adds up the sizes of the differences. Pythagoras squares them, adds up, and "
            "takes the root last.",
            lambda batch, picture: (batch - picture).abs().flatten(1).sum(dim=1),
        ),
        Misconception(
            "This adds up along the batch: dim=0 is the pictures. Add up dim=1, the numbers of one "
            "picture.",
            lambda batch, picture: ((batch - picture) ** 2).flatten(1).sum(dim=0).sqrt(),
        ),
    ),
    place="vectors, 'How far apart? The distance' and 'A whole picture is one point'",
)


def _two_pictures(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    a = _values((3, 5, 6), generator)
    return a, 0.5 * a + _values((3, 5, 6), generator)


def alike(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum() / ((a * a).sum().sqrt() * (b * b).sum().sqrt())


ALIKE = Question(
    name="vectors.alike",
    inputs=_two_pictures,
    answer=alike,
    misconceptions=(
        Misconception(
            "This is the dot product, which grows with the pictures' lengths. Divide by both "
            "lengths.",
            lambda a, b: (a * b).sum(),
        ),
        Misconception(
            "This divides by the squares of the lengths. A length has a square root.",
            lambda a, b: (a * b).sum() / ((a * a).sum() * (b * b).sum()),
        ),
        Misconception(
            "This divides by one length only. Divide by both.",
            lambda a, b: (a * b).sum() / (a * a).sum().sqrt(),
        ),
        Misconception(
            "This divides by one length only. Divide by both.",
            lambda a, b: (a * b).sum() / (b * b).sum().sqrt(),
        ),
        Misconception(
            "This divides by the number of entries. Divide by both lengths, which are roots of dot "
            "products.",
            lambda a, b: (a * b).mean(),
        ),
        Misconception(
            "Brackets: this divides by the first length, and then multiplies by the second one.",
            lambda a, b: (a * b).sum() / (a * a).sum().sqrt() * (b * b).sum().sqrt(),
        ),
        Misconception(
            "This multiplies entry by entry, and does not add up. A dot product is one number.",
            lambda a, b: a * b,
        ),
        Misconception(
            "This is the distance, which says how far apart. Which way is the dot product, divided "
            "by both lengths.",
            lambda a, b: ((a - b) ** 2).sum().sqrt(),
        ),
    ),
    place="vectors, 'Which way? The dot product'",
    library=("torch.nn.functional.cosine_similarity",),
)

QUESTIONS = (CROP, BRIGHTEN, MAKE_BATCH, DISTANCES, ALIKE)
