"""The grammar of the scenes: five attributes, and the many ways to say them in words.

A caption names some attributes; those it leaves out are free, so only the named ones are judged.
Captions are lower case without punctuation, and at most `MAX_WORDS` words long.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "who": (
        "orange cat",
        "black cat",
        "brown dog",
        "green frog",
        "white rabbit",
        "pink pig",
        "astronaut",
        "robot",
    ),
    "wearing": ("bareheaded", "top hat", "crown", "party hat", "scarf"),
    "doing": (
        "sitting",
        "jumping",
        "dancing",
        "reading a book",
        "riding a bicycle",
        "riding a horse",
        "riding a rocket",
    ),
    "where": (
        "on mars",
        "on the beach",
        "in the snow",
        "in a meadow",
        "under the sea",
        "in the city",
        "in a forest",
        "at the circus",
    ),
    "when": ("by day", "at sunset", "at night"),
}
MAX_WORDS = 16

HAT_WORDS = ("wearing", "with", "in")
WORDINGS = ("plain", "plain", "a photo of", "a photo of", "a picture of", "is", "where", "when")
NAMED = torch.tensor([0.95, 0.5, 0.85, 0.85, 0.5])  # how often each attribute is named
COLOURLESS = 0.15  # how often "a frog" stands for "a green frog"


def _vocabulary() -> tuple[str, ...]:
    fixed = [*HAT_WORDS, *WORDINGS[2:5], "is", "someone", "a", "an"]
    phrases = [*fixed, *(value for values in ATTRIBUTES.values() for value in values)]
    return tuple(sorted({word for phrase in phrases for word in phrase.split()}))


VOCABULARY = _vocabulary()


def check_attributes(attributes: Tensor) -> None:
    """Raise a ValueError unless `attributes` is int64 of shape (N, 5), each value in range."""
    if attributes.ndim != 2 or attributes.shape[1] != 5 or len(attributes) == 0:
        raise ValueError(
            f"attributes must have the shape (N, 5), but they have {tuple(attributes.shape)}"
        )
    if attributes.dtype != torch.int64:
        raise ValueError(f"attributes must be int64, but they are {attributes.dtype}")
    for (name, values), column in zip(ATTRIBUTES.items(), attributes.T, strict=True):
        low, high = int(column.min()), int(column.max())
        if low < 0 or high >= len(values):
            raise ValueError(
                f"{name!r} must be 0 ... {len(values) - 1} ({', '.join(values)}), "
                f"but runs from {low} to {high}"
            )


def caption(
    attributes_row: Int64[Tensor, " 5"], *, generator: torch.Generator | None = None
) -> str:
    """Describe one scene in words chosen at random; see `captions`."""
    return captions(_as_batch(attributes_row), generator=generator)[0][0]


def captions(
    attributes: Int64[Tensor, "N 5"], *, generator: torch.Generator | None = None
) -> tuple[list[str], Bool[Tensor, "N 5"]]:
    """Describe scenes in words: one of several wordings, some attributes left out.

    Parameters
    ----------
    attributes : Tensor, shape (N, 5), int64
        Indices into the values of `ATTRIBUTES`.

    Returns
    -------
    list of str
        N captions of at most `MAX_WORDS` words.
    named : Tensor, shape (N, 5), bool
        Which attributes each caption names. A cat whose colour is not said is not named, as
        there are two: "a photo of a cat" names nothing.

    Raises
    ------
    ValueError
        If the shape, the type or a value is not allowed.

    Notes
    -----
    Built in: conditioning.
    """
    check_attributes(attributes)
    chance = torch.rand(len(attributes), 5 + 3, generator=generator)
    named = chance[:, :5] < NAMED
    named[~named.any(1), 0] = True  # a caption speaks of something
    written = [
        _one_caption(values_of(row), names, *rest)
        for row, names, rest in zip(attributes, named.tolist(), chance[:, 5:].tolist(), strict=True)
    ]
    found = torch.stack([read_caption(text) for text in written]) >= 0
    return written, found


def full_caption(attributes_row: Int64[Tensor, " 5"]) -> str:
    """Describe one scene in the plain wording that names all five attributes."""
    check_attributes(_as_batch(attributes_row))
    return _write(values_of(attributes_row), [True] * 5, "plain", HAT_WORDS[0])


def read_caption(text: str) -> Int64[Tensor, " 5"]:
    """Find the attributes that a caption names.

    Parameters
    ----------
    text : str
        Lower case, without punctuation. Words that name no attribute are passed over.

    Returns
    -------
    Tensor, shape (5,), int64
        The index of each named value, and -1 for what is left free.
    """
    sentence = f" {text} "
    row = [-1] * 5
    for column, values in enumerate(ATTRIBUTES.values()):
        for index, value in enumerate(values):
            if f" {value} " in sentence:
                row[column] = index
    if row[0] < 0:  # "a frog": its colour can only be green
        for index, value in enumerate(ATTRIBUTES["who"]):
            if f" {_species(value)} " in sentence and _has_one_colour(value):
                row[0] = index
    return torch.tensor(row)


def values_of(attributes_row: Int64[Tensor, " 5"]) -> list[str]:
    """Return the five values of one scene as words: ["astronaut", "crown", ...]."""
    pairs = zip(ATTRIBUTES.values(), attributes_row.tolist(), strict=True)
    return [values[index] for values, index in pairs]


def _as_batch(row: Tensor) -> Tensor:
    if row.ndim != 1:
        raise ValueError(f"one scene has the shape (5,), but this has {tuple(row.shape)}")
    return row.unsqueeze(0)


def _species(who: str) -> str:
    return who.split()[-1]


def _has_one_colour(who: str) -> bool:
    return [_species(other) for other in ATTRIBUTES["who"]].count(_species(who)) == 1


def _one_caption(
    values: list[str], named: list[bool], wording: float, hat: float, colour: float
) -> str:
    """Write a caption from three chances in 0 ... 1; leave out the time of day if it is long."""
    if colour < COLOURLESS:
        values = [_species(values[0]), *values[1:]]
    choice = WORDINGS[int(wording * len(WORDINGS))], HAT_WORDS[int(hat * len(HAT_WORDS))]
    text = _write(values, named, *choice)
    if len(text.split()) > MAX_WORDS:
        text = _write(values, [*named[:4], False], *choice)
    return text


def _write(values: Sequence[str], named: Sequence[bool], wording: str, hat_word: str) -> str:
    doing, where, when = (v if n else "" for v, n in zip(values[2:], list(named)[2:], strict=True))
    subject = _subject(values, named, hat_word)
    if wording == "is" and (doing or where):
        parts = [subject, "is", doing, where, when]
    elif wording == "where":
        parts = [where, when, subject, doing]
    elif wording == "when":
        parts = [when, subject, doing, where]
    else:
        parts = [wording if wording in WORDINGS[2:5] else "", subject, doing, where, when]
    return " ".join(part for part in parts if part)


def _subject(values: Sequence[str], named: Sequence[bool], hat_word: str) -> str:
    """Write who it is with what it wears: "an orange cat wearing a crown", "someone"."""
    bareheaded = values[1] == "bareheaded" and named[1]
    hat = f" {hat_word} a {values[1]}" if named[1] and not bareheaded else ""
    if not named[0]:
        return "someone" + " bareheaded" * bareheaded + hat
    noun = "bareheaded " * bareheaded + values[0]
    article = "an" if noun[0] in "aeiou" else "a"
    return f"{article} {noun}{hat}"
