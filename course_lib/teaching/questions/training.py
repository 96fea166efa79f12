"""Questions on training: drawing timesteps, mixing a batch, the loss, the steps, the average."""

import torch
from torch import Tensor

from course_lib.schedules import linear_schedule
from course_lib.teaching.props import Prop
from course_lib.teaching.questions import Misconception, Question


def _some_dice(generator: torch.Generator) -> tuple[int, int, Prop]:
    # So large a batch and so few timesteps that each of them is bound to come up.
    T = int(torch.randint(4, 9, (), generator=generator))
    seed = int(torch.randint(2**31, (), generator=generator))
    return 1000, T, Prop("generator", (seed,))


def draw_timesteps(batch_size: int, T: int, generator: torch.Generator) -> Tensor:
    return torch.randint(1, T + 1, (batch_size,), generator=generator)


def _check_timesteps(inputs: tuple, expected: Tensor, got: Tensor) -> str | None:
    """Accept any way to draw: every t of 1 ... T about equally often, in no order."""
    batch_size, T, _ = inputs
    low, high = int(got.min()), int(got.max())
    if low == high:
        return "All pictures of the batch get one and the same t. Draw one for each picture."
    if low < 1 or high > T:
        return f"A timestep should be one of 1 ... {T}, but they run from {low} to {high}."
    counts = torch.bincount(got, minlength=T + 1)[1:]
    if not counts.all():
        return f"Of the timesteps 1 ... {T}, {int(counts.argmin()) + 1} never comes up."
    if (counts - batch_size / T).abs().max() > 6 * (batch_size / T) ** 0.5:
        return "Some timesteps come up far more often than others. All should be equally likely."
    same = (got[1:] == got[:-1]).float().mean()  # neighbours, one time in T
    if (same - 1 / T).abs() > 6 * (1 / T / batch_size) ** 0.5:
        return "These timesteps follow an order. Draw them at random."
    return None


DRAW_TIMESTEPS = Question(
    name="training.draw_timesteps",
    inputs=_some_dice,
    answer=draw_timesteps,
    misconceptions=(
        Misconception(
            "This counts from 0 to T - 1. At t = 0 there is no noise to find, and T, pure static, "
            "is where sampling begins: draw 1 ... T.",
            lambda batch_size, T, generator: draw_timesteps(batch_size, T, generator) - 1,
        ),
        Misconception(
            "This never draws T. torch.randint stops one *before* its second number.",
            lambda batch_size, T, generator: draw_timesteps(batch_size, T - 1, generator),
        ),
        Misconception(
            "This draws one t for the whole batch. Each picture gets its own, so that every step "
            "practises all amounts of noise.",
            lambda batch_size, T, generator: draw_timesteps(1, T, generator).expand(batch_size),
        ),
    ),
    place="training, 'Why is t drawn at random?'",
    compare=_check_timesteps,
)


def _a_batch(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    # As many pictures as columns: so broadcasting over the wrong axis runs, and can be named.
    x_0, eps = torch.randn(2, 4, 1, 4, 4, generator=generator)
    t = torch.randperm(50, generator=generator)[:4] + 1
    return linear_schedule(50, 1e-3, 0.12).alpha_bar, x_0.clamp(-1, 1), t, eps


def noisy_batch(alpha_bar: Tensor, x_0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    share = alpha_bar[t].reshape(-1, 1, 1, 1)  # of the variance that is signal
    return share.sqrt() * x_0 + (1 - share).sqrt() * eps


def _mixed(signal, noise):
    """Make a wrong answer from the factors, each computed from alpha_bar of the timestep."""

    def answer(alpha_bar, x_0, t, eps):
        share = alpha_bar[t].reshape(-1, 1, 1, 1)
        return signal(share) * x_0 + noise(share) * eps

    return answer


NOISY_BATCH = Question(
    name="training.noisy_batch",
    inputs=_a_batch,
    answer=noisy_batch,
    misconceptions=(
        Misconception(
            "This gives each *column* of a picture its own timestep. One number for each picture "
            "needs the shape (B, 1, 1, 1): alpha_bar[t].reshape(-1, 1, 1, 1).",
            lambda alpha_bar, x_0, t, eps: (
                alpha_bar[t].sqrt() * x_0 + (1 - alpha_bar[t]).sqrt() * eps
            ),
        ),
        Misconception(
            "Both square roots are missing: alpha_bar is a share of the *variance*, and a number "
            "is scaled by its root.",
            _mixed(lambda a: a, lambda a: 1 - a),
        ),
        Misconception(
            "The square root of the noise's share is missing: sqrt(1 - alpha_bar).",
            _mixed(lambda a: a.sqrt(), lambda a: 1 - a),
        ),
        Misconception(
            "The noise is scaled by 1 - sqrt(alpha_bar). Take the root last: sqrt(1 - alpha_bar).",
            _mixed(lambda a: a.sqrt(), lambda a: 1 - a.sqrt()),
        ),
        Misconception(
            "The shares are swapped: sqrt(alpha_bar) belongs to the picture, sqrt(1 - alpha_bar) "
            "to the noise.",
            _mixed(lambda a: (1 - a).sqrt(), lambda a: a.sqrt()),
        ),
        Misconception(
            "This uses the t of the first picture for all of them. Each has its own.",
            lambda alpha_bar, x_0, t, eps: noisy_batch(alpha_bar, x_0, t[:1].expand(4), eps),
        ),
        Misconception(
            "This is off by one timestep: entry 0 of alpha_bar is the clean picture, so t needs "
            "no - 1.",
            lambda alpha_bar, x_0, t, eps: noisy_batch(alpha_bar, x_0, t - 1, eps),
        ),
    ),
    place="training, 'Build it by hand: one training step'",
    library=("course_lib.forward_process.add_noise",),
)


def _a_question_for_the_network(generator: torch.Generator) -> tuple:
    x_0, x_t, eps = torch.randn(3, 5, 1, 3, 3, generator=generator)
    t = torch.randint(1, 1001, (5,), generator=generator)
    bias = torch.randn(1, 3, 3, generator=generator)
    return Prop("linear_model", (torch.tensor(0.6), bias)), x_0, x_t, t, eps


def loss(network, x_0: Tensor, x_t: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    return (network(x_t, t) - eps).square().mean()


LOSS = Question(
    name="training.loss",
    inputs=_a_question_for_the_network,
    answer=loss,
    misconceptions=(
        Misconception(
            "This compares the answer with the clean picture. The network was asked for the noise.",
            lambda network, x_0, x_t, t, eps: (network(x_t, t) - x_0).square().mean(),
        ),
        Misconception(
            "This compares the answer with the noisy picture. The network was asked for the noise.",
            lambda network, x_0, x_t, t, eps: (network(x_t, t) - x_t).square().mean(),
        ),
        Misconception(
            "This shows the network the clean picture, in which there is nothing to find. It must "
            "see x_t.",
            lambda network, x_0, x_t, t, eps: (network(x_0, t) - eps).square().mean(),
        ),
        Misconception(
            "This adds up the squares. The loss is their mean, so that it does not depend on the "
            "number of pixels.",
            lambda network, x_0, x_t, t, eps: (network(x_t, t) - eps).square().sum(),
        ),
        Misconception(
            "The square is missing: errors above and below cancel out.",
            lambda network, x_0, x_t, t, eps: (network(x_t, t) - eps).mean(),
        ),
        Misconception(
            "This takes the absolute error. Take the square.",
            lambda network, x_0, x_t, t, eps: (network(x_t, t) - eps).abs().mean(),
        ),
    ),
    place="training, 'Build it by hand: one training step'",
    library=("course_lib.training.diffusion_loss",),
)


def _a_small_network(generator: torch.Generator) -> tuple[Prop, Tensor, Tensor, float]:
    weight, bias = torch.randn(3, 3, generator=generator), torch.randn(3, generator=generator)
    x_t, eps = torch.randn(2, 4, 6, 3, generator=generator)  # 4 batches of 6 points
    rate = 0.1 + 0.2 * torch.rand((), generator=generator).item()
    return Prop("linear_network", (weight, bias)), x_t, eps, rate


def train(network, x_t: Tensor, eps: Tensor, learning_rate: float) -> Tensor:
    return _train(network, x_t, eps, learning_rate)


def _train(network, x_t, eps, learning_rate, uphill=False, clear=True, reduce=torch.mean):
    """Train, rightly unless told otherwise."""
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate, maximize=uphill)
    for noisy, noise in zip(x_t, eps, strict=True):
        if clear:
            optimiser.zero_grad()
        reduce((network(noisy) - noise).square()).backward()
        optimiser.step()
    return network.weight.detach()


TRAIN = Question(
    name="training.train",
    inputs=_a_small_network,
    answer=train,
    misconceptions=(
        Misconception(
            "The gradient is never cleared, so each step repeats all the steps before it: "
            "optimiser.zero_grad() belongs into the loop, before backward().",
            lambda *inputs: _train(*inputs, clear=False),
        ),
        Misconception(
            "The weights do not change. Either optimiser.step() is missing, or zero_grad() stands "
            "between backward() and step() and wipes the gradient out.",
            lambda network, x_t, eps, rate: network.weight.detach(),
        ),
        Misconception(
            "Only the first batch has been used. Does `return` stand inside the loop?",
            lambda network, x_t, eps, rate: _train(network, x_t[:1], eps[:1], rate),
        ),
        Misconception(
            "Only the last batch has changed the weights. optimiser.step() belongs into the loop.",
            lambda network, x_t, eps, rate: _train(network, x_t[-1:], eps[-1:], rate),
        ),
        Misconception(
            "This walks uphill: the loss grows. A step goes *against* the gradient.",
            lambda *inputs: _train(*inputs, uphill=True),
        ),
        Misconception(
            "The steps are too long, because the loss is a sum. Take the mean of the squares.",
            lambda *inputs: _train(*inputs, reduce=torch.sum),
        ),
    ),
    place="training, 'Build it by hand: one training step'",
)


def _a_path(generator: torch.Generator) -> tuple[Tensor, float]:
    keep = 0.7 + 0.25 * torch.rand((), generator=generator).item()
    return torch.randn(6, 3, generator=generator), keep


def ema(weights: Tensor, keep: float) -> Tensor:
    return _follow(weights[0], weights[1:], keep, 1 - keep)


def _follow(average: Tensor, weights: Tensor, old: float, new: float) -> Tensor:
    for weight in weights:
        average = old * average + new * weight
    return average


EMA = Question(
    name="training.ema",
    inputs=_a_path,
    answer=ema,
    misconceptions=(
        Misconception(
            "The shares are swapped: the copy keeps the share `keep` of *itself*, and takes the "
            "rest from the trained weights.",
            lambda weights, keep: _follow(weights[0], weights[1:], 1 - keep, keep),
        ),
        Misconception(
            "The copy starts at 0, where no network ever was. It starts as weights[0].",
            lambda weights, keep: _follow(torch.zeros(3), weights, keep, 1 - keep),
        ),
        Misconception(
            "This adds the trained weights in full. The two shares must add up to 1.",
            lambda weights, keep: _follow(weights[0], weights[1:], keep, 1),
        ),
        Misconception(
            "This is the plain mean, in which old weights count as much as new ones.",
            lambda weights, keep: weights.mean(dim=0),
        ),
        Misconception(
            "This forgets the average at each update, and remembers one set of weights alone. "
            "Use the average of the round before.",
            lambda weights, keep: keep * weights[-2] + (1 - keep) * weights[-1],
        ),
        Misconception(
            "This returns the last weights, not their average.",
            lambda weights, keep: weights[-1],
        ),
    ),
    place="training, 'Why an average? EMA'",
    library=("course_lib.training.Ema",),
)

QUESTIONS = (DRAW_TIMESTEPS, NOISY_BATCH, LOSS, TRAIN, EMA)
