"""Questions on sampling: the way back in pieces, a DDIM step, a DDPM step, the whole walk."""

import torch
from torch import Tensor

from course_lib.schedules import linear_schedule
from course_lib.teaching.comparing import value_fault
from course_lib.teaching.props import Prop
from course_lib.teaching.questions import Misconception, Question

ALPHA_BAR = linear_schedule(50, 1e-3, 0.12).alpha_bar  # from 1 down to about 0.04


def _a_way(generator: torch.Generator) -> tuple[int, int]:
    num_steps, length = torch.randint(3, 9, (2,), generator=generator).tolist()
    return num_steps * length, num_steps


def timestep_pairs(T: int, num_steps: int) -> list[tuple[int, int]]:
    length = T // num_steps
    return [(t, t - length) for t in range(T, 0, -length)]


TIMESTEP_PAIRS = Question(
    name="sampling.timestep_pairs",
    inputs=_a_way,
    answer=timestep_pairs,
    misconceptions=(
        Misconception(
            "Each pair is turned round. First the timestep you come from, then the one you go to.",
            lambda T, num_steps: [(b, a) for a, b in timestep_pairs(T, num_steps)],
        ),
        Misconception(
            "This walks from 0 to T. Sampling goes from noise to picture: from T to 0.",
            lambda T, num_steps: [(b, a) for a, b in reversed(timestep_pairs(T, num_steps))],
        ),
        Misconception(
            "These are the pairs from the clean end to the noisy one. Begin with T.",
            lambda T, num_steps: timestep_pairs(T, num_steps)[::-1],
        ),
        Misconception(
            "The last step, to 0, is missing: the picture would keep some of its noise.",
            lambda T, num_steps: timestep_pairs(T, num_steps)[:-1],
        ),
        Misconception(
            "This goes back by one timestep, and jumps over the others. A pair must reach "
            "to the timestep where the next one begins.",
            lambda T, num_steps: [(t, t - 1) for t, _ in timestep_pairs(T, num_steps)],
        ),
        Misconception(
            "This counts from 0 to T - 1. In this course t = T is pure noise, and 0 is clean.",
            lambda T, num_steps: [(a - 1, b - 1) for a, b in timestep_pairs(T, num_steps)],
        ),
    ),
    place="sampling, 'The whole walk'",
    library=("course_lib.sampling.timestep_pairs",),
)


def _a_step(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    # As many pictures as columns; one of the steps is the last one, to 0.
    x_t, eps_hat = torch.randn(2, 4, 3, 4, 4, generator=generator)
    t = torch.randint(25, 51, (4,), generator=generator)
    t_prev = torch.randint(5, 25, (4,), generator=generator)
    t_prev[int(torch.randint(4, (), generator=generator))] = 0
    return ALPHA_BAR.clone(), x_t, t, t_prev, eps_hat


def ddim_step(alpha_bar: Tensor, x_t: Tensor, t: Tensor, t_prev: Tensor, eps_hat: Tensor) -> Tensor:
    now, before = (alpha_bar[time].reshape(-1, 1, 1, 1) for time in (t, t_prev))
    x_0_hat = (x_t - (1 - now).sqrt() * eps_hat) / now.sqrt()
    return before.sqrt() * x_0_hat + (1 - before).sqrt() * eps_hat


def _ddim(formula):
    """Make a wrong answer from a formula of x_t, eps_hat and the two shares of signal."""

    def answer(alpha_bar, x_t, t, t_prev, eps_hat):
        now, before = (alpha_bar[time].reshape(-1, 1, 1, 1) for time in (t, t_prev))
        return formula(x_t, eps_hat, now, before)

    return answer


def _clean(x_t, eps_hat, now, before=None):
    return (x_t - (1 - now).sqrt() * eps_hat) / now.sqrt()


DDIM_STEP = Question(
    name="sampling.ddim_step",
    inputs=_a_step,
    answer=ddim_step,
    misconceptions=(
        Misconception(
            "t and t_prev are swapped: take out the noise of t, and put back the noise of t_prev.",
            lambda alpha_bar, x_t, t, t_prev, eps_hat: ddim_step(
                alpha_bar, x_t, t_prev, t, eps_hat
            ),
        ),
        Misconception(
            "All the noise is taken out and none put back: this is x_0_hat, the guess of the end.",
            _ddim(_clean),
        ),
        Misconception(
            "This puts back as much noise as there was at t. At t_prev there is less: use "
            "alpha_bar[t_prev].",
            _ddim(
                lambda x, e, now, before: before.sqrt() * _clean(x, e, now) + (1 - now).sqrt() * e
            ),
        ),
        Misconception(
            "The square roots are missing: alpha_bar is a share of the *variance*, and a number is "
            "scaled by its root.",
            _ddim(lambda x, e, now, before: before * (x - (1 - now) * e) / now + (1 - before) * e),
        ),
        Misconception(
            "x_0_hat is not divided by sqrt(alpha_bar[t]). The clean picture was made fainter when "
            "the noise came; make it strong again.",
            _ddim(
                lambda x, e, now, before: (
                    before.sqrt() * (x - (1 - now).sqrt() * e) + (1 - before).sqrt() * e
                )
            ),
        ),
        Misconception(
            "This subtracts eps_hat as it is. Noise of variance 1 is in x_t with the factor "
            "sqrt(1 - alpha_bar[t]).",
            _ddim(
                lambda x, e, now, before: (
                    before.sqrt() * (x - e) / now.sqrt() + (1 - before).sqrt() * e
                )
            ),
        ),
        Misconception(
            "This gives each *column* of a picture its own timestep. One number for each picture "
            "needs the shape (B, 1, 1, 1): alpha_bar[t].reshape(-1, 1, 1, 1).",
            lambda alpha_bar, x_t, t, t_prev, eps_hat: (
                alpha_bar[t_prev].sqrt() * _clean(x_t, eps_hat, alpha_bar[t])
                + (1 - alpha_bar[t_prev]).sqrt() * eps_hat
            ),
        ),
    ),
    place="sampling, 'One step back'",
    library=("course_lib.sampling.ddim_step", "course_lib.sampling.ddpm_step"),
)


def _two_times(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    alpha_bar, _, t, t_prev, _ = _a_step(generator)
    return alpha_bar, t, t_prev


def sigma(alpha_bar: Tensor, t: Tensor, t_prev: Tensor) -> Tensor:
    return _variance(alpha_bar[t], alpha_bar[t_prev]).sqrt()


def _variance(now: Tensor, before: Tensor) -> Tensor:
    return (1 - before) / (1 - now) * (1 - now / before)


SIGMA = Question(
    name="sampling.sigma",
    inputs=_two_times,
    answer=sigma,
    misconceptions=(
        Misconception(
            "This is sigma *squared*, the variance. Take the square root of it.",
            lambda alpha_bar, t, t_prev: _variance(alpha_bar[t], alpha_bar[t_prev]),
        ),
        Misconception(
            "t and t_prev are swapped, so that there is a root of something negative: at t_prev "
            "more signal is left than at t.",
            lambda alpha_bar, t, t_prev: sigma(alpha_bar, t_prev, t),
        ),
        Misconception(
            "The first fraction is missing. Without it there is fresh noise even in the last step, "
            "to t_prev = 0, and the picture stays grainy.",
            lambda alpha_bar, t, t_prev: (1 - alpha_bar[t] / alpha_bar[t_prev]).sqrt(),
        ),
        Misconception(
            "The second factor, 1 - alpha_bar[t] / alpha_bar[t_prev], is missing.",
            lambda alpha_bar, t, t_prev: ((1 - alpha_bar[t_prev]) / (1 - alpha_bar[t])).sqrt(),
        ),
        Misconception(
            "The first fraction stands on its head, so that the last step divides by 0.",
            lambda alpha_bar, t, t_prev: (
                (1 - alpha_bar[t])
                / (1 - alpha_bar[t_prev])
                * (1 - alpha_bar[t] / alpha_bar[t_prev])
            ).sqrt(),
        ),
    ),
    place="sampling, 'One step back'",
)


def _a_random_step(generator: torch.Generator) -> tuple:
    seed = int(torch.randint(2**31, (), generator=generator))
    return *_a_step(generator), Prop("generator", (seed,))


def ddpm_step(alpha_bar, x_t, t, t_prev, eps_hat, generator) -> Tensor:
    return _ddpm(alpha_bar, x_t, t, t_prev, eps_hat, generator)


def _ddpm(alpha_bar, x_t, t, t_prev, eps_hat, generator, fresh=None, old=None, draw=torch.randn):
    """Take a step, rightly unless told otherwise: `fresh` and `old` are factors of the noises."""
    now, before = (alpha_bar[time].reshape(-1, 1, 1, 1) for time in (t, t_prev))
    variance = _variance(now, before)
    fresh = variance.sqrt() if fresh is None else fresh(now, before)
    old = (1 - before - variance).clamp(min=0).sqrt() if old is None else old(now, before)
    z = draw(x_t.shape, generator=generator)
    return before.sqrt() * _clean(x_t, eps_hat, now) + old * eps_hat + fresh * z


def _check_dice(inputs: tuple, expected: Tensor, got: Tensor) -> str | None:
    """Compare, and tell somebody who threw other dice than the generator's."""
    fault = value_fault(expected, got)
    alpha_bar, _, t, t_prev = inputs[:4]
    still = _ddpm(*inputs, draw=lambda shape, generator: torch.zeros(shape))
    spread = sigma(alpha_bar, t, t_prev).reshape(-1, 1, 1, 1)
    right, theirs = (((step - still) / spread)[t_prev > 0] for step in (expected, got))
    if fault and (right * theirs).mean() < 0.5:  # 1 where it is the same noise
        return (
            "The fresh noise is not the generator's, so nobody can repeat this step. Draw it once, "
            "with torch.randn(x_t.shape, generator=generator)."
        )
    return fault


DDPM_STEP = Question(
    name="sampling.ddpm_step",
    inputs=_a_random_step,
    answer=ddpm_step,
    misconceptions=(
        Misconception(
            "Fresh noise comes on top of all the old noise, which is too much. Only the root of "
            "1 - alpha_bar[t_prev] - sigma**2 is left for the old.",
            lambda *inputs: _ddpm(*inputs, old=lambda now, before: (1 - before).sqrt()),
        ),
        Misconception(
            "All pictures get the same fresh noise. Draw it in the shape of x_t, the batch too.",
            lambda *inputs: _ddpm(
                *inputs, draw=lambda shape, generator: torch.randn(shape[1:], generator=generator)
            ),
        ),
        Misconception(
            "No fresh noise has come in: this is the step of DDIM.",
            lambda alpha_bar, x_t, t, t_prev, eps_hat, generator: ddim_step(
                alpha_bar, x_t, t, t_prev, eps_hat
            ),
        ),
        Misconception(
            "The fresh noise is scaled by the variance. Scale it by sigma, the root of it.",
            lambda *inputs: _ddpm(*inputs, fresh=_variance),
        ),
        Misconception(
            "There is fresh noise even in the last step, to t_prev = 0, so the picture stays "
            "grainy. Use the sigma of the chapter, which is 0 there.",
            lambda *inputs: _ddpm(*inputs, fresh=lambda now, before: (1 - now / before).sqrt()),
        ),
        Misconception(
            "The fresh noise is uniform (torch.rand) and always positive. It must be Gaussian: "
            "torch.randn.",
            lambda *inputs: _ddpm(*inputs, draw=torch.rand),
        ),
        Misconception(
            "The old noise is scaled by 1 - alpha_bar[t_prev] - sigma**2. Take the root of that.",
            lambda *inputs: _ddpm(
                *inputs, old=lambda now, before: 1 - before - _variance(now, before)
            ),
        ),
    ),
    place="sampling, 'One step back'",
    library=("course_lib.sampling.ddpm_step", "course_lib.sampling.ddim_step"),
    compare=_check_dice,
)


def _a_walk(generator: torch.Generator) -> tuple[Prop, Tensor, Tensor, list[tuple[int, int]]]:
    bias = torch.randn(1, 4, 4, generator=generator)
    stops = [50, *(20 + torch.randperm(25, generator=generator)[:3]).sort(descending=True).values]
    stops = [int(stop) for stop in stops] + [0]
    pairs = list(zip(stops[:-1], stops[1:], strict=True))
    x_T = torch.randn(3, 1, 4, 4, generator=generator)
    return Prop("linear_model", (torch.tensor(0.7), bias)), ALPHA_BAR.clone(), x_T, pairs


def sample(model, alpha_bar: Tensor, x_T: Tensor, pairs: list) -> Tensor:
    return _walk(model, alpha_bar, x_T, pairs)


def _walk(model, alpha_bar, x_T, pairs, step=ddim_step, always_x_T=False, early=False):
    """Walk, rightly unless told otherwise."""
    x = x_T
    for now, then in pairs:
        t, t_prev = (torch.full((len(x),), time) for time in (now, then))
        eps_hat = model(x_T if always_x_T else x, t_prev if early else t)
        x = step(alpha_bar, x, t, t_prev, eps_hat)
    return x


SAMPLE = Question(
    name="sampling.sample",
    inputs=_a_walk,
    answer=sample,
    misconceptions=(
        Misconception(
            "The model is asked about x_T in every round. Ask it about the picture as it is now.",
            lambda *inputs: _walk(*inputs, always_x_T=True),
        ),
        Misconception(
            "The model is told t_prev. The picture that it sees has the noise of t.",
            lambda *inputs: _walk(*inputs, early=True),
        ),
        Misconception(
            "Only the first step has been taken. Does `return` stand inside the loop?",
            lambda model, alpha_bar, x_T, pairs: _walk(model, alpha_bar, x_T, pairs[:1]),
        ),
        Misconception(
            "The walk stops one step early: the last pair, to 0, is left out.",
            lambda model, alpha_bar, x_T, pairs: _walk(model, alpha_bar, x_T, pairs[:-1]),
        ),
        Misconception(
            "Each round begins again in x_T, so only the last step counts. Begin where the round "
            "before has ended.",
            lambda model, alpha_bar, x_T, pairs: _walk(model, alpha_bar, x_T, pairs[-1:]),
        ),
        Misconception(
            "All the noise is taken out in each round and none put back: take a DDIM step.",
            lambda *inputs: _walk(*inputs, step=_ddim(_clean)),
        ),
    ),
    place="sampling, 'The whole walk'",
    library=("course_lib.sampling.sample", "course_lib.sampling.sample_steps"),
)

QUESTIONS = (TIMESTEP_PAIRS, DDIM_STEP, SIGMA, DDPM_STEP, SAMPLE)
