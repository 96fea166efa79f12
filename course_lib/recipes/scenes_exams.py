"""What the text-to-image model is asked, and how its pictures are marked.

Each exam is a list of prompts with the attributes that must be seen. Beside every figure stands
the same figure for real pictures.
"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from course_lib.arrays import make_generator
from course_lib.datasets import scenes as data
from course_lib.metrics import (
    AttributeJudge,
    Reading,
    all_right,
    frechet_distance,
    nearest_distances,
    read_images,
)

FAMOUS = {"who": "astronaut", "doing": "riding a horse", "where": "on mars"}
FAMOUS_PROMPT = "an astronaut riding a horse on mars"
SPREAD_PROMPTS, SPREAD_SAMPLES = 20, 16
COUNTS = {
    "seen_all": 1000,
    "unseen_all": 1000,
    "famous_prompt": 200,
    "spread": SPREAD_PROMPTS * SPREAD_SAMPLES,
}
REAL = 9000  # training pictures that samples are compared with
REAL_SEED = 5


@dataclass(frozen=True)
class Exam:
    """Prompts, and what must be seen in the pictures.

    Attributes
    ----------
    prompts : list of str
    asked : Tensor, shape (N, 5), int64
        The values of the attributes, which count where `named` (N, 5) is True.
    seed : int
        For the noise that sampling starts from.
    """

    prompts: list[str]
    asked: Int64[Tensor, "N 5"]
    named: Bool[Tensor, "N 5"]
    seed: int


@cache
def all_exams() -> dict[str, Exam]:
    """Every exam by the name its mark has on the card."""
    return {
        "seen_all": full_exam("train", COUNTS["seen_all"], seed=1),
        "unseen_all": full_exam("unseen", COUNTS["unseen_all"], seed=2),
        "famous_prompt": famous_exam(COUNTS["famous_prompt"], seed=3),
        "spread": spread_exam(seed=4),
    }


def full_exam(split: str, count: int, seed: int) -> Exam:
    """Prompts that name all five attributes, of combinations that training saw or did not."""
    asked = data.random_attributes(count, split, generator=make_generator(seed))
    prompts = [data.full_caption(row) for row in asked]
    return Exam(prompts, asked, torch.ones_like(asked, dtype=torch.bool), seed)


def famous_exam(count: int, seed: int) -> Exam:
    """The famous prompt, again and again; what it does not name may be anything."""
    asked = [values.index(FAMOUS.get(name, values[0])) for name, values in data.ATTRIBUTES.items()]
    named = [name in FAMOUS for name in data.ATTRIBUTES]
    rows = (count, len(named))
    asked, named = torch.tensor(asked).expand(rows), torch.tensor(named).expand(rows)
    return Exam([FAMOUS_PROMPT] * count, asked, named, seed)


def spread_exam(seed: int) -> Exam:
    """A few prompts, each several times, to see how different the pictures of one prompt are."""
    few = full_exam("train", SPREAD_PROMPTS, seed)
    prompts = [prompt for prompt in few.prompts for _ in range(SPREAD_SAMPLES)]
    asked, named = (x.repeat_interleave(SPREAD_SAMPLES, 0) for x in (few.asked, few.named))
    return Exam(prompts, asked, named, seed)


@dataclass(frozen=True)
class Real:
    """What is measured once, on real pictures.

    Attributes
    ----------
    pictures : Tensor, shape (N, 3, H, W)
        Training pictures, with their `features` (N, F).
    card : dict
        Sample counts, and each figure as real pictures have it.
    """

    pictures: Float[Tensor, "N 3 H W"]
    features: Float[Tensor, "N F"]
    card: dict


def real_figures(yardstick: AttributeJudge, pictures: Float[Tensor, "N 3 H W"]) -> Real:
    """Measure on real pictures whatever `mark` measures on samples."""
    features = read_images(yardstick, pictures).features
    fresh = make_generator(REAL_SEED)
    drawn = {
        name: data.draw_scenes(exam.asked, generator=fresh) for name, exam in all_exams().items()
    }
    nothing = Real(pictures, features, {})
    counts = {f"{name}_samples": count for name, count in COUNTS.items()}
    floors = {f"{key}_real": value for key, value in mark(yardstick, drawn, nothing).items()}
    floors["frechet_floor"] = floors.pop("frechet_real")
    return Real(pictures, features, counts | {"real_seed": REAL_SEED} | floors)


def mark(yardstick: AttributeJudge, images: dict[str, Tensor], real: Real) -> dict:
    """Mark the pictures (N, 3, H, W) drawn for each exam.

    Returns
    -------
    dict
        ``seen_all``, ``unseen_all``, ``famous_prompt``: the share with everything right;
        ``frechet``: of the pictures of seen combinations to the training pictures;
        ``spread`` of the pictures of one prompt; ``nearest``: how far the pictures of unseen
        combinations are from the most similar training picture.
    """
    exams = all_exams()
    readings = {name: read_images(yardstick, pictures) for name, pictures in images.items()}
    names = ("seen_all", "unseen_all", "famous_prompt")
    figures = {name: share_right(readings[name], exams[name]) for name in names}
    figures["frechet"] = frechet_distance(real.features, readings["seen_all"].features)
    figures["spread"] = spread(images["spread"])
    figures["nearest"] = nearest_distances(images["unseen_all"], real.pictures)[0].mean().item()
    return {name: round(value, 4) for name, value in figures.items()}


def share_right(reading: Reading, exam: Exam) -> float:
    """The share of pictures that show all that the exam names, 0 ... 1."""
    return all_right(reading.labels, exam.asked, exam.named)


def spread(images: Float[Tensor, "N 3 H W"]) -> float:
    """How different the pictures of one prompt are: root mean square of a pixel, 0 ... 2."""
    groups = images.flatten(1).unflatten(0, (SPREAD_PROMPTS, SPREAD_SAMPLES))
    pairs = SPREAD_SAMPLES * (SPREAD_SAMPLES - 1)
    apart = torch.cdist(groups, groups).sum(dim=(1, 2)) / pairs
    return apart.mean().item() / images[0].numel() ** 0.5


def to_bytes(images: Float[Tensor, "N 3 H W"]) -> UInt8[Tensor, "N 3 H W"]:
    """Pixels in [-1, 1] as 0 ... 255, to keep many pictures in little memory."""
    return ((images + 1) * 127.5).round().clamp(0, 255).byte()


def from_bytes(pixels: UInt8[Tensor, "N 3 H W"]) -> Float[Tensor, "N 3 H W"]:
    """Pixels 0 ... 255 as float32 in [-1, 1]."""
    return pixels.float() / 127.5 - 1
