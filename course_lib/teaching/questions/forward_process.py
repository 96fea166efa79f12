"""Questions on the forward process: alpha_bar, the jump, the way back, the chain, its one noise."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.teaching.questions import Misconception, Question

JUMP = "forward_process, 'Build it by hand: the jump'"


def _whole(low: int, high: int, generator: torch.Generator) -> int:
    """Draw a whole number, `low` and `high` included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def _beta(generator: torch.Generator) -> Tensor:
    """Draw betas that grow with t: (T + 1,), float64, entry 0 is 0."""
    T = _whole(8, 12, generator)
    beta = 0.02 + 0.3 * torch.rand(T + 1, dtype=torch.float64, generator=generator).sort().values
    beta[0] = 0
    return beta


def _per_picture(numbers: Tensor) -> Tensor:
    return numbers.reshape(-1, 1, 1, 1)


def alpha_bar_from_beta(beta: Tensor) -> Tensor:
    return torch.cumprod(1 - beta, dim=0)


ALPHA_BAR_FROM_BETA = Question(
    name="forward_process.alpha_bar_from_beta",
    inputs=lambda generator: (_beta(generator),),
    answer=alpha_bar_from_beta,
    misconceptions=(
        Misconception(
            "This is beta, what each step replaces by noise. alpha_bar is the share of the signal "
            "that is left after all steps up to t.",
            lambda beta: beta,
        ),
        Misconception(
            "This is 1 - beta, what one step keeps. alpha_bar is what all steps up to t keep, "
            "their product.",
            lambda beta: 1 - beta,
        ),
        Misconception(
            "This multiplies the betas, the shares that are lost. Multiply what is kept, 1 - beta.",
            lambda beta: torch.cumprod(beta, dim=0),
        ),
        Misconception(
            "This takes the sum of the betas away from 1. Each step loses a share of what is left, "
            "so what is kept multiplies: shares of shares.",
            lambda beta: 1 - torch.cumsum(beta, dim=0),
        ),
        Misconception(
            "This is the square root of alpha_bar, the factor of the picture. alpha_bar itself is "
            "a share of the variance, without a root.",
            lambda beta: torch.cumprod((1 - beta).sqrt(), dim=0),
        ),
        Misconception(
            "This is the product of all steps, one number. alpha_bar has an entry for each t: the "
            "running product, torch.cumprod.",
            lambda beta: torch.prod(1 - beta),
        ),
        Misconception(
            "This is 1 - alpha_bar, the share of the noise. alpha_bar is the share of the signal.",
            lambda beta: 1 - alpha_bar_from_beta(beta),
        ),
        Misconception(
            "This leaves out entry 0. Keep it: alpha_bar[0] is 1, and entry t belongs to step t.",
            lambda beta: alpha_bar_from_beta(beta[1:]),
        ),
    ),
    place=JUMP,
)


def _noising(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw (alpha_bar, x_0, t, eps) for a batch whose pictures have different timesteps.

    As many columns as pictures: numbers that broadcast over the wrong direction raise no error.
    """
    curve, pictures = alpha_bar_from_beta(_beta(generator)).float(), _whole(4, 5, generator)
    shape = (pictures, _whole(1, 3, generator), 7, pictures)
    t = 1 + torch.randperm(len(curve) - 2, generator=generator)[:pictures]
    x_0 = torch.rand(shape, generator=generator) * 2 - 1
    return curve, x_0, t, torch.randn(shape, generator=generator)


def add_noise(alpha_bar: Tensor, x_0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    share = _per_picture(alpha_bar[t])
    return share.sqrt() * x_0 + (1 - share).sqrt() * eps


def _mixed(signal: Callable, noise: Callable) -> Callable:
    """Mix with other factors, each a function of alpha_bar at t."""

    def answer(alpha_bar: Tensor, x_0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        share = _per_picture(alpha_bar[t])
        return signal(share) * x_0 + noise(share) * eps

    return answer


def _one_step(alpha_bar: Tensor, x_0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    kept = _per_picture(alpha_bar[t] / alpha_bar[t - 1])  # 1 - beta[t]
    return kept.sqrt() * x_0 + (1 - kept).sqrt() * eps


COLUMNS = Misconception(
    "Each picture's number went along the columns (broadcasting over the last direction). "
    "Reshape alpha_bar[t] to (B, 1, 1, 1): one number for a whole picture.",
    lambda a, x_0, t, eps: a[t].sqrt() * x_0 + (1 - a[t]).sqrt() * eps,
)

ADD_NOISE = Question(
    name="forward_process.add_noise",
    inputs=_noising,
    answer=add_noise,
    misconceptions=(
        Misconception(
            "The square roots are missing. alpha_bar and 1 - alpha_bar are shares of the variance; "
            "the factors are their roots.",
            _mixed(lambda a: a, lambda a: 1 - a),
        ),
        Misconception(
            "This scales the noise by 1 - sqrt(alpha_bar). Variances add up to 1, and factors do "
            "not: the noise needs sqrt(1 - alpha_bar).",
            _mixed(torch.sqrt, lambda a: 1 - a.sqrt()),
        ),
        Misconception(
            "The noise has lost its square root. It needs sqrt(1 - alpha_bar).",
            _mixed(torch.sqrt, lambda a: 1 - a),
        ),
        Misconception(
            "Signal and noise are swapped. The picture gets sqrt(alpha_bar), the noise "
            "sqrt(1 - alpha_bar).",
            _mixed(lambda a: (1 - a).sqrt(), torch.sqrt),
        ),
        COLUMNS,
        Misconception(
            "Every picture gets the timestep of the first one. t holds one timestep a picture.",
            lambda alpha_bar, x_0, t, eps: add_noise(alpha_bar, x_0, t[:1], eps),
        ),
        Misconception(
            "This takes alpha_bar[t - 1]. Entry 0 is the clean picture, so timestep t is entry t.",
            lambda alpha_bar, x_0, t, eps: add_noise(alpha_bar, x_0, t - 1, eps),
        ),
        Misconception(
            "This counts the timesteps from the end, T - t. At t = 0 the picture is clean.",
            lambda alpha_bar, x_0, t, eps: add_noise(alpha_bar.flip(0), x_0, t, eps),
        ),
        Misconception(
            "All pictures get the same noise, that of the first one. eps[i] belongs to picture i.",
            lambda alpha_bar, x_0, t, eps: add_noise(alpha_bar, x_0, t, eps[:1]),
        ),
        Misconception(
            "This takes one step, with the beta of step t. The jump needs what all steps together "
            "keep, alpha_bar[t].",
            _one_step,
        ),
    ),
    place=JUMP,
    library=("course_lib.forward_process.add_noise",),
)


def _noised(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    curve, x_0, t, eps = _noising(generator)
    return curve, add_noise(curve, x_0, t, eps), t, eps


def _solved(noise: Callable, divisor: Callable) -> Callable:
    """Take the noise away and divide, both by a function of alpha_bar at t."""

    def answer(alpha_bar: Tensor, x_t: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        share = _per_picture(alpha_bar[t])
        return (x_t - noise(share) * eps) / divisor(share)

    return answer


def x_0_from_eps(alpha_bar: Tensor, x_t: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    return _solved(lambda a: (1 - a).sqrt(), torch.sqrt)(alpha_bar, x_t, t, eps)


X_0_FROM_EPS = Question(
    name="forward_process.x_0_from_eps",
    inputs=_noised,
    answer=x_0_from_eps,
    misconceptions=(
        Misconception(
            "This takes away all of eps. Only sqrt(1 - alpha_bar) of it was added.",
            _solved(torch.ones_like, torch.sqrt),
        ),
        Misconception(
            "The picture is still pale. Divide by sqrt(alpha_bar), which made it so.",
            _solved(lambda a: (1 - a).sqrt(), torch.ones_like),
        ),
        Misconception(
            "This divides x_t alone. Divide the whole difference: brackets around x_t minus noise.",
            _solved(lambda a: (a * (1 - a)).sqrt(), torch.sqrt),
        ),
        Misconception(
            "The square roots are missing. Undo what add_noise did, with the same two roots.",
            _solved(lambda a: 1 - a, lambda a: a),
        ),
        Misconception(
            "This divides by alpha_bar. Divide by its root, which made the picture pale.",
            _solved(lambda a: (1 - a).sqrt(), lambda a: a),
        ),
        Misconception(
            "This adds the noise a second time. To undo it, take it away.",
            _solved(lambda a: -(1 - a).sqrt(), torch.sqrt),
        ),
        Misconception(
            "This makes the picture noisy once more. Solve the line of add_noise for x_0.",
            add_noise,
        ),
        Misconception(
            COLUMNS.message,
            lambda a, x_t, t, eps: (x_t - (1 - a[t]).sqrt() * eps) / a[t].sqrt(),
        ),
    ),
    place=JUMP,
    library=("course_lib.forward_process.x_0_from_eps",),
    tolerance=1e-3,  # float32, and a division by a small root
)


def _walk(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw (beta, x_0, noises) with fewer noises than the schedule has steps."""
    beta = _beta(generator)
    steps = _whole(3, len(beta) - 3, generator)
    x_0 = torch.rand(1, 4, 4, dtype=torch.float64, generator=generator) * 2 - 1
    return beta, x_0, torch.randn(steps, 1, 4, 4, dtype=torch.float64, generator=generator)


def _walked(keep: Callable, grain: Callable, start: int = 1) -> Callable:
    """Walk with other factors, each a function of beta at t."""

    def answer(beta: Tensor, x_0: Tensor, noises: Tensor) -> Tensor:
        x = x_0
        for t, eps_t in enumerate(noises, start=start):
            x = keep(beta[t]) * x + grain(beta[t]) * eps_t
        return x

    return answer


def chain(beta: Tensor, x_0: Tensor, noises: Tensor) -> Tensor:
    return _walked(lambda b: (1 - b).sqrt(), torch.sqrt)(beta, x_0, noises)


CHAIN = Question(
    name="forward_process.chain",
    inputs=_walk,
    answer=chain,
    misconceptions=(
        Misconception(
            "Nothing is made paler, so the picture is never forgotten. Multiply it by "
            "sqrt(1 - beta[t]) in each step.",
            _walked(torch.ones_like, torch.sqrt),
        ),
        Misconception(
            "The square roots are missing. beta and 1 - beta are shares of the variance; the "
            "factors are their roots.",
            _walked(lambda b: 1 - b, lambda b: b),
        ),
        Misconception(
            "This starts with beta[0], which belongs to no step. The first noise is that of step "
            "1: enumerate(noises, start=1).",
            _walked(lambda b: (1 - b).sqrt(), torch.sqrt, start=0),
        ),
        Misconception(
            "Every step starts from x_0 again, so only the last one counts. Start from what the "
            "step before left.",
            lambda beta, x_0, noises: chain(beta[len(noises) - 1 :], x_0, noises[-1:]),
        ),
        Misconception(
            "The same noise is added in every step. Step t has a noise of its own, noises[t - 1].",
            lambda beta, x_0, noises: chain(beta, x_0, noises[:1].expand_as(noises)),
        ),
        Misconception(
            "This stops one step early. There are as many steps as noises.",
            lambda beta, x_0, noises: chain(beta, x_0, noises[:-1]),
        ),
        Misconception(
            "This walks all steps of the schedule. Walk one step for each noise: len(noises).",
            lambda beta, x_0, noises: [noises[t - 1] for t in range(1, len(beta))],  # raises
        ),
        Misconception(
            "Signal and noise are swapped: the picture gets sqrt(1 - beta[t]), the noise "
            "sqrt(beta[t]).",
            _walked(torch.sqrt, lambda b: (1 - b).sqrt()),
        ),
    ),
    place="forward_process, 'Build it by hand: the chain'",
)


def _noises_only(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    beta, _, noises = _walk(generator)
    return beta, noises


def _sum_of_noise(beta: Tensor, noises: Tensor) -> Tensor:
    """Add up the noises as a chain leaves them."""
    return chain(beta, torch.zeros_like(noises[0]), noises)


def _signal_left(beta: Tensor, noises: Tensor) -> Tensor:
    """Look up alpha_bar at the end of a chain."""
    return alpha_bar_from_beta(beta)[len(noises)]


def one_noise(beta: Tensor, noises: Tensor) -> Tensor:
    return _sum_of_noise(beta, noises) / (1 - _signal_left(beta, noises)).sqrt()


ONE_NOISE = Question(
    name="forward_process.one_noise",
    inputs=_noises_only,
    answer=one_noise,
    misconceptions=(
        Misconception(
            "This is the noise as it stands in x_t. The jump multiplies its noise by "
            "sqrt(1 - alpha_bar[t]), so divide by that.",
            _sum_of_noise,
        ),
        Misconception(
            "This divides by 1 - alpha_bar[t]. Divide by its root, which the jump multiplies by.",
            lambda beta, noises: _sum_of_noise(beta, noises) / (1 - _signal_left(beta, noises)),
        ),
        Misconception(
            "This divides by sqrt(alpha_bar[t]), the factor of the picture. That of the noise is "
            "sqrt(1 - alpha_bar[t]).",
            lambda beta, noises: _sum_of_noise(beta, noises) / _signal_left(beta, noises).sqrt(),
        ),
        Misconception(
            "This is the average of the noises. The steps do not count alike: early noise is made "
            "paler by all the steps that follow.",
            lambda beta, noises: noises.mean(dim=0),
        ),
        Misconception(
            "All noises count alike here. Early noise is made paler by all the steps that follow.",
            lambda beta, noises: noises.sum(dim=0) / len(noises) ** 0.5,
        ),
        Misconception(
            "Here no step makes the noise before it paler. The chain does: walk it from zeros.",
            lambda beta, noises: (
                _walked(torch.ones_like, torch.sqrt)(beta, torch.zeros_like(noises[0]), noises)
                / (1 - _signal_left(beta, noises)).sqrt()
            ),
        ),
        Misconception(
            "This is the last noise alone. All the steps together make the one noise.",
            lambda beta, noises: noises[-1].clone(),
        ),
    ),
    place="forward_process, 'The chain and the jump agree'",
)

QUESTIONS = (ALPHA_BAR_FROM_BETA, ADD_NOISE, X_0_FROM_EPS, CHAIN, ONE_NOISE)
