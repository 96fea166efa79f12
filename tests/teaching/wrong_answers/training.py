"""What beginners answer in the exercise on training, wrong and right."""

import torch
import torch.nn.functional as F
from torch import nn


def counts_from_0(batch_size, T, generator):
    return torch.randint(0, T, (batch_size,), generator=generator)


def never_T(batch_size, T, generator):
    return torch.randint(1, T, (batch_size,), generator=generator)


def also_0(batch_size, T, generator):
    return torch.randint(0, T + 1, (batch_size,), generator=generator)


def one_for_all(batch_size, T, generator):
    return torch.full((batch_size,), torch.randint(1, T + 1, (1,), generator=generator).item())


def in_turn(batch_size, T, generator):
    return torch.arange(batch_size) % T + 1


def sorted_timesteps(batch_size, T, generator):
    return torch.linspace(1, T, batch_size).round().long()


def a_bell(batch_size, T, generator):
    bell = T / 2 + T / 5 * torch.randn(batch_size, generator=generator)
    return bell.round().long().clamp(1, T)


def floats(batch_size, T, generator):
    return 1 + (T - 1) * torch.rand(batch_size, generator=generator)


def timesteps_from_0_plus_1(batch_size, T, generator):
    return 1 + torch.randint(T, size=[batch_size], generator=generator)


def timesteps_by_rounding_up(batch_size, T, generator):
    return (T * (1 - torch.rand(batch_size, generator=generator))).ceil().long()


def _share(alpha_bar, t):
    return alpha_bar[t][:, None, None, None]


def along_the_columns(alpha_bar, x_0, t, eps):
    a = alpha_bar[t]
    return torch.sqrt(a) * x_0 + torch.sqrt(1 - a) * eps


def no_roots(alpha_bar, x_0, t, eps):
    a = _share(alpha_bar, t)
    return a * x_0 + (1 - a) * eps


def no_root_of_the_noise(alpha_bar, x_0, t, eps):
    a = _share(alpha_bar, t)
    return a.sqrt() * x_0 + (1 - a) * eps


def one_minus_the_root(alpha_bar, x_0, t, eps):
    root = _share(alpha_bar, t).sqrt()
    return root * x_0 + (1 - root) * eps


def shares_swapped(alpha_bar, x_0, t, eps):
    a = _share(alpha_bar, t)
    return (1 - a).sqrt() * x_0 + a.sqrt() * eps


def the_first_timestep(alpha_bar, x_0, t, eps):
    a = alpha_bar[t[0]]
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps


def one_timestep_early(alpha_bar, x_0, t, eps):
    a = _share(alpha_bar, t - 1)
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps


def changes_x_0(alpha_bar, x_0, t, eps):
    a = _share(alpha_bar, t)
    x_0 *= a.sqrt()
    return x_0 + (1 - a).sqrt() * eps


def mixed_by_einsum(alpha_bar, x_0, t, eps):
    a = alpha_bar[t]
    clean = torch.einsum("b,bchw->bchw", a**0.5, x_0)
    return clean + torch.einsum("b,bchw->bchw", (1 - a) ** 0.5, eps)


def mixed_one_by_one(alpha_bar, x_0, t, eps):
    pictures = []
    for i in range(len(x_0)):
        a = alpha_bar[t[i]]
        pictures.append(a.sqrt() * x_0[i] + (1 - a).sqrt() * eps[i])
    return torch.stack(pictures)


def against_the_picture(network, x_0, x_t, t, eps):
    return F.mse_loss(network(x_t, t), x_0)


def against_the_noisy_picture(network, x_0, x_t, t, eps):
    return F.mse_loss(network(x_t, t), x_t)


def shown_the_picture(network, x_0, x_t, t, eps):
    return ((eps - network(x_0, t)) ** 2).mean()


def a_sum(network, x_0, x_t, t, eps):
    return ((network(x_t, t) - eps) ** 2).sum()


def no_square(network, x_0, x_t, t, eps):
    return torch.mean(network(x_t, t) - eps)


def absolute(network, x_0, x_t, t, eps):
    return F.l1_loss(network(x_t, t), eps)


def one_for_each_picture(network, x_0, x_t, t, eps):
    return ((network(x_t, t) - eps) ** 2).flatten(1).mean(dim=1)


def loss_by_torch(network, x_0, x_t, t, eps):
    return nn.MSELoss()(network(x_t, t), eps)


def loss_by_hand(network, x_0, x_t, t, eps):
    miss = eps - network(x_t, t)
    return (miss * miss).sum() / miss.numel()


def never_clears(network, x_t, eps, learning_rate):
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    for i in range(len(x_t)):
        F.mse_loss(network(x_t[i]), eps[i]).backward()
        optimiser.step()
    return network.weight


def clears_too_late(network, x_t, eps, learning_rate):
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    for i in range(len(x_t)):
        F.mse_loss(network(x_t[i]), eps[i]).backward()
        optimiser.zero_grad()
        optimiser.step()
    return network.weight


def never_steps(network, x_t, eps, learning_rate):
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    for noisy, noise in zip(x_t, eps, strict=True):
        optimiser.zero_grad()
        F.mse_loss(network(noisy), noise).backward()
    return network.weight


def returns_in_the_loop(network, x_t, eps, learning_rate):
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    for noisy, noise in zip(x_t, eps, strict=True):
        optimiser.zero_grad()
        F.mse_loss(network(noisy), noise).backward()
        optimiser.step()
        return network.weight


def steps_after_the_loop(network, x_t, eps, learning_rate):
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    for noisy, noise in zip(x_t, eps, strict=True):
        optimiser.zero_grad()
        F.mse_loss(network(noisy), noise).backward()
    optimiser.step()
    return network.weight


def uphill(network, x_t, eps, learning_rate):
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    for noisy, noise in zip(x_t, eps, strict=True):
        optimiser.zero_grad()
        (-F.mse_loss(network(noisy), noise)).backward()
        optimiser.step()
    return network.weight


def sum_of_squares(network, x_t, eps, learning_rate):
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    for noisy, noise in zip(x_t, eps, strict=True):
        optimiser.zero_grad()
        ((network(noisy) - noise) ** 2).sum().backward()
        optimiser.step()
    return network.weight


def returns_the_network(network, x_t, eps, learning_rate):
    never_steps(network, x_t, eps, learning_rate)
    return network


def trained_without_an_optimiser(network, x_t, eps, learning_rate):
    for noisy, noise in zip(x_t, eps, strict=True):
        loss = (network(noisy) - noise).pow(2).mean()
        slopes = torch.autograd.grad(loss, list(network.parameters()))
        with torch.no_grad():
            for weight, slope in zip(network.parameters(), slopes, strict=True):
                weight -= learning_rate * slope
    return network.weight.detach()


def trained_without_autograd(network, x_t, eps, learning_rate):
    weight, bias = network.weight.detach().clone(), network.bias.detach().clone()
    for noisy, noise in zip(x_t, eps, strict=True):
        slope = 2 * (noisy @ weight.T + bias - noise) / noise.numel()
        weight -= learning_rate * slope.T @ noisy
        bias -= learning_rate * slope.sum(dim=0)
    return weight


def ema_swapped(weights, keep):
    average = weights[0].clone()
    for w in weights[1:]:
        average = (1 - keep) * average + keep * w
    return average


def ema_from_0(weights, keep):
    average = 0
    for w in weights:
        average = keep * average + (1 - keep) * w
    return average


def ema_in_full(weights, keep):
    average = weights[0]
    for w in weights[1:]:
        average = average * keep + w
    return average


def plain_mean(weights, keep):
    return sum(weights) / len(weights)


def forgets_the_average(weights, keep):
    for before, w in zip(weights[:-1], weights[1:], strict=True):
        average = keep * before + (1 - keep) * w
    return average


def last_weights(weights, keep):
    return weights[len(weights) - 1].clone()


def ema_of_every_step(weights, keep):
    rows = [weights[0]]
    for w in weights[1:]:
        rows.append(keep * rows[-1] + (1 - keep) * w)
    return torch.stack(rows)


def ema_by_walking(weights, keep):
    average = weights[0].clone()
    for w in weights:
        average += (1 - keep) * (w - average)
    return average


def ema_by_powers(weights, keep):
    steps = len(weights) - 1
    shares = [keep**steps] + [(1 - keep) * keep ** (steps - i) for i in range(1, steps + 1)]
    return torch.tensor(shares) @ weights


WRONG = [
    ("training.draw_timesteps", counts_from_0, "counts from 0 to T - 1"),
    ("training.draw_timesteps", never_T, "never draws T"),
    ("training.draw_timesteps", also_0, "they run from 0"),
    ("training.draw_timesteps", one_for_all, "one t for the whole batch"),
    ("training.draw_timesteps", in_turn, "follow an order"),
    ("training.draw_timesteps", sorted_timesteps, "follow an order"),
    ("training.draw_timesteps", a_bell, "far more often"),
    ("training.draw_timesteps", floats, "The dtype should be"),
    ("training.noisy_batch", along_the_columns, "each *column*"),
    ("training.noisy_batch", no_roots, "Both square roots are missing"),
    ("training.noisy_batch", no_root_of_the_noise, "square root of the noise's share"),
    ("training.noisy_batch", one_minus_the_root, "Take the root last"),
    ("training.noisy_batch", shares_swapped, "The shares are swapped"),
    ("training.noisy_batch", the_first_timestep, "the t of the first picture"),
    ("training.noisy_batch", one_timestep_early, "off by one timestep"),
    ("training.noisy_batch", changes_x_0, "changes its input x_0 in place"),
    ("training.loss", against_the_picture, "with the clean picture"),
    ("training.loss", against_the_noisy_picture, "with the noisy picture"),
    ("training.loss", shown_the_picture, "It must see x_t"),
    ("training.loss", a_sum, "adds up the squares"),
    ("training.loss", no_square, "The square is missing"),
    ("training.loss", absolute, "takes the absolute error"),
    ("training.loss", one_for_each_picture, "It should return one number"),
    ("training.train", never_clears, "never cleared"),
    ("training.train", clears_too_late, "The weights do not change"),
    ("training.train", never_steps, "The weights do not change"),
    ("training.train", returns_in_the_loop, "Only the first batch"),
    ("training.train", steps_after_the_loop, "Only the last batch"),
    ("training.train", uphill, "walks uphill"),
    ("training.train", sum_of_squares, "The steps are too long"),
    ("training.train", returns_the_network, "It should return a tensor"),
    ("training.ema", ema_swapped, "The shares are swapped"),
    ("training.ema", ema_from_0, "The copy starts at 0"),
    ("training.ema", ema_in_full, "adds the trained weights in full"),
    ("training.ema", plain_mean, "the plain mean"),
    ("training.ema", forgets_the_average, "forgets the average"),
    ("training.ema", last_weights, "returns the last weights"),
    ("training.ema", ema_of_every_step, "The shape should be"),
]

RIGHT = [
    ("training.draw_timesteps", timesteps_from_0_plus_1),
    ("training.draw_timesteps", timesteps_by_rounding_up),
    ("training.noisy_batch", mixed_by_einsum),
    ("training.noisy_batch", mixed_one_by_one),
    ("training.loss", loss_by_torch),
    ("training.loss", loss_by_hand),
    ("training.train", trained_without_an_optimiser),
    ("training.train", trained_without_autograd),
    ("training.ema", ema_by_walking),
    ("training.ema", ema_by_powers),
]
