"""Questions on noise: mean and spread, drawing with a seed, mixing, and averaging."""

import math

import torch
from torch import Tensor

from course_lib.teaching.props import Prop
from course_lib.teaching.questions import Misconception, Question

SIGMAS = 6  # a fair draw is farther off than this once in five hundred million times


def _whole(low: int, high: int, generator: torch.Generator) -> int:
    """Draw a whole number, `low` and `high` included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def _between(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * torch.rand((), dtype=torch.float64, generator=generator).item()


def _dice(generator: torch.Generator) -> Prop:
    return Prop("generator", (_whole(0, 10**9, generator),))


def _contrast(generator: torch.Generator) -> tuple[Tensor]:
    """Draw a picture whose mean is not 0 and whose spread is far from 1."""
    mean, spread = _between(0.3, 0.9, generator), _between(0.2, 0.5, generator)
    return (mean + spread * torch.randn(3, 40, 40, generator=generator),)


def standardise(x: Tensor) -> Tensor:
    return (x - x.mean()) / x.std()


STANDARDISE = Question(
    name="noise.standardise",
    inputs=_contrast,
    answer=standardise,
    misconceptions=(
        Misconception(
            "This divides by the variance. Its root, the standard deviation, has the unit of the "
            "picture: divide by that.",
            lambda x: (x - x.mean()) / x.var(),
        ),
        Misconception(
            "The mean is still there. Take it away before you divide.",
            lambda x: x / x.std(),
        ),
        Misconception(
            "The mean is 0 and the spread is not 1 yet. Divide by the standard deviation.",
            lambda x: x - x.mean(),
        ),
        Misconception(
            "Brackets: this divides the mean alone by the spread, and takes that away.",
            lambda x: x - x.mean() / x.std(),
        ),
        Misconception(
            "This divides first and takes away the old mean afterwards. Take it away first.",
            lambda x: x / x.std() - x.mean(),
        ),
        Misconception(
            "This multiplies by the spread. To bring a spread to 1, divide by it.",
            lambda x: (x - x.mean()) * x.std(),
        ),
        Misconception(
            "This stretches the picture from 0 to 1, by its darkest and brightest pixel. Use its "
            "mean and its standard deviation.",
            lambda x: (x - x.min()) / (x.max() - x.min()),
        ),
    ),
    place="noise, 'Mean and spread'",
    tolerance=2e-3,  # dividing by n or by n - 1 is both right
)


def _gaussian_inputs(generator: torch.Generator) -> tuple[float, float, int, Prop]:
    mean, spread = _between(2, 5, generator), _between(2, 4, generator)
    return mean, spread, _whole(20_000, 30_000, generator), _dice(generator)


def gaussian(mean: float, spread: float, count: int, generator: torch.Generator) -> Tensor:
    return mean + spread * torch.randn(count, generator=generator)


def _compare_draws(inputs: tuple, expected: Tensor, got: Tensor) -> str | None:
    """Ask for the numbers of the generator, and tell them from others that are as good."""
    mean, spread, count, _ = inputs
    if torch.allclose(got, expected, rtol=0, atol=1e-3):
        return None
    unit = spread / math.sqrt(count)
    if abs(got.mean().item() - mean) > SIGMAS * unit:
        return f"The mean should be {mean:.2f}, and it is {got.mean():.2f}. Add it after scaling."
    if abs(got.std().item() - spread) > SIGMAS * unit:
        return f"The standard deviation should be {spread:.2f}, and it is {got.std():.2f}."
    return (
        "Mean and spread are right, and these are not the generator's numbers, so nobody can draw "
        "them again. Draw once, with torch.randn(count, generator=generator)."
    )


GAUSSIAN = Question(
    name="noise.gaussian",
    inputs=_gaussian_inputs,
    answer=gaussian,
    misconceptions=(
        Misconception(
            "This multiplies by the variance, the square of the spread. The factor is the spread "
            "itself.",
            lambda mean, spread, count, generator: gaussian(mean, spread**2, count, generator),
        ),
        Misconception(
            "This multiplies by the root of the spread. The spread is a root already.",
            lambda mean, spread, count, generator: gaussian(mean, spread**0.5, count, generator),
        ),
        Misconception(
            "This multiplies the mean by the spread too. Scale the noise first, then add the mean.",
            lambda mean, spread, count, generator: gaussian(
                mean * spread, spread, count, generator
            ),
        ),
        Misconception(
            "Mean and spread are swapped. The noise is multiplied by the spread.",
            lambda mean, spread, count, generator: gaussian(spread, mean, count, generator),
        ),
        Misconception(
            "torch.rand is flat noise from 0 to 1. The bell is torch.randn.",
            lambda mean, spread, count, generator: (
                mean + spread * torch.rand(count, generator=generator)
            ),
        ),
        Misconception(
            "This divides by the spread. A wider bell needs larger numbers: multiply.",
            lambda mean, spread, count, generator: gaussian(mean, 1 / spread, count, generator),
        ),
        Misconception(
            "This is standard noise, with mean 0 and spread 1. Scale it and move it.",
            lambda mean, spread, count, generator: gaussian(0, 1, count, generator),
        ),
    ),
    place="noise, 'The bell' and 'Seeds: the same surprise again'",
    compare=_compare_draws,
)


def _to_mix(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    shape = (1, 3, 8, 8)
    signal, noise = (torch.randn(shape, generator=generator) for _ in range(2))
    low_or_high = 0.5 * _whole(0, 1, generator)  # never a half, where a swap would not show
    return signal, noise, low_or_high + _between(0.1, 0.4, generator)


def mix(signal: Tensor, noise: Tensor, share: float) -> Tensor:
    return share**0.5 * signal + (1 - share) ** 0.5 * noise


MIX = Question(
    name="noise.mix",
    inputs=_to_mix,
    answer=mix,
    misconceptions=(
        Misconception(
            "The square roots are missing, so the mixture is too quiet. `share` is a share of the "
            "variance; the factors are sqrt(share) and sqrt(1 - share).",
            lambda signal, noise, share: share * signal + (1 - share) * noise,
        ),
        Misconception(
            "The factors add up to 1 here: sqrt(share) and 1 - sqrt(share). It is the variances "
            "that add up to 1, so the noise needs sqrt(1 - share).",
            lambda signal, noise, share: share**0.5 * signal + (1 - share**0.5) * noise,
        ),
        Misconception(
            "The noise has lost its square root. It needs sqrt(1 - share).",
            lambda signal, noise, share: share**0.5 * signal + (1 - share) * noise,
        ),
        Misconception(
            "The signal has lost its square root. It needs sqrt(share).",
            lambda signal, noise, share: share * signal + (1 - share) ** 0.5 * noise,
        ),
        Misconception(
            "Signal and noise are swapped: `share` is the share of the signal.",
            lambda signal, noise, share: mix(noise, signal, share),
        ),
        Misconception(
            "This squares where it should take roots. Variance grows with the square of the "
            "factor, so the factor is the root of the variance.",
            lambda signal, noise, share: share**2 * signal + (1 - share) ** 2 * noise,
        ),
        Misconception(
            "The signal is not made smaller, so the variance ends above 1. It needs sqrt(share).",
            lambda signal, noise, share: signal + (1 - share) ** 0.5 * noise,
        ),
        Misconception(
            "This takes the root of the whole mixture. Take the root of each factor.",
            lambda signal, noise, share: (share * signal + (1 - share) * noise).sqrt(),
        ),
    ),
    place="noise, 'Mixing so that the variance stays 1'",
)


def _photographs(generator: torch.Generator) -> tuple[Tensor, int, Prop]:
    clean = torch.rand(3, 60, 60, generator=generator) * 2 - 1
    return clean, _whole(4, 12, generator), _dice(generator)


def average(clean: Tensor, count: int, generator: torch.Generator) -> Tensor:
    noises = [torch.randn(clean.shape, generator=generator) for _ in range(count)]
    return clean + sum(noises) / count


def _compare_averages(inputs: tuple, expected: Tensor, got: Tensor) -> str | None:
    """Judge by mean and spread: the photographs may be drawn one by one or all at once."""
    clean, count, _ = inputs
    left, wanted, n = got - clean, count**-0.5, clean.numel()
    if abs(left.mean().item()) > SIGMAS * wanted / n**0.5:
        return f"Without its noise this is not the clean picture: it is off by {left.mean():.2f}."
    found = left.std().item()
    if abs(found - 1) < SIGMAS / (2 * n) ** 0.5:
        return "The noise is as strong as in one photograph: they must all have the same noise."
    if abs(found / wanted - 1) > SIGMAS / (2 * n) ** 0.5:
        return f"Of the noise {wanted:.2f} should be left ({count} photographs): it is {found:.2f}."
    return None


AVERAGE = Question(
    name="noise.average",
    inputs=_photographs,
    answer=average,
    misconceptions=(
        Misconception(
            "All photographs have the same noise, drawn once, and nothing cancels. Draw inside the "
            "loop, from the one generator.",
            lambda clean, count, generator: average(clean, 1, generator),
        ),
        Misconception(
            "This is the sum of the photographs. Divide it by how many there are.",
            lambda clean, count, generator: count * average(clean, count, generator),
        ),
        Misconception(
            "This divides by the root of the count. The noise shrinks by the root when you divide "
            "the sum by the count itself.",
            lambda clean, count, generator: count**0.5 * average(clean, count, generator),
        ),
        Misconception(
            "This divides the noise and adds up the pictures. Divide the whole sum: brackets.",
            lambda clean, count, generator: (count - 1) * clean + average(clean, count, generator),
        ),
        Misconception(
            "The clean picture is missing: this is an average of noise.",
            lambda clean, count, generator: average(clean, count, generator) - clean,
        ),
        Misconception(
            "This returns in the first round of the loop. Move the return to the left, after it.",
            lambda clean, count, generator: average(clean, 1, generator) / count,
        ),
    ),
    place="noise, 'Averaging removes noise' and 'What goes wrong: the same surprise every time'",
    compare=_compare_averages,
)


def _noise_left(generator: torch.Generator) -> tuple[float]:
    """Draw how much noise may be left, so that the count is well off a whole number."""
    whole, rest = _whole(5, 400, generator), _between(0.1, 0.4, generator)
    return ((whole + rest) ** -0.5,)


def photographs_needed(noise_left: float) -> int:
    return math.ceil(1 / noise_left**2)


PHOTOGRAPHS_NEEDED = Question(
    name="noise.photographs_needed",
    inputs=_noise_left,
    answer=photographs_needed,
    misconceptions=(
        Misconception(
            "One over the noise is not enough: n photographs leave 1 / sqrt(n), so half the noise "
            "costs four times as many. Square it.",
            lambda noise_left: math.ceil(1 / noise_left),
        ),
        Misconception(
            "This takes the root where the square belongs: solve 1 / sqrt(n) = noise_left for n.",
            lambda noise_left: math.ceil(noise_left**-0.5),
        ),
        Misconception(
            "This is rounded down or to the nearest, and that leaves a little too much noise. "
            "Round up: math.ceil.",
            lambda noise_left: int(1 / noise_left**2),
        ),
        Misconception(
            "Nobody takes a part of a photograph. Round up to a whole number: math.ceil.",
            lambda noise_left: 1 / noise_left**2,
        ),
        Misconception(
            "The division is missing: less noise takes more photographs, so divide 1 by the "
            "square.",
            lambda noise_left: math.ceil(noise_left**2),
        ),
        Misconception(
            "This is one too many. math.ceil rounds up already.",
            lambda noise_left: math.ceil(1 / noise_left**2) + 1,
        ),
        Misconception(
            "This is how much noise n photographs leave. Solve it for n.",
            lambda noise_left: 1 / math.sqrt(noise_left),
        ),
    ),
    place="noise, 'Averaging removes noise'",
)

QUESTIONS = (STANDARDISE, GAUSSIAN, MIX, AVERAGE, PHOTOGRAPHS_NEEDED)
