"""What beginners answer in the exercise on the forward process, wrong and right."""

import torch

from course_lib import forward_process as library
from course_lib.schedules import Schedule


def beta_itself(beta):
    return beta


def kept_by_one_step(beta):
    return 1.0 - beta


def product_of_betas(beta):
    return beta.cumprod(0)


def one_minus_sum(beta):
    return torch.tensor([1 - beta[: t + 1].sum() for t in range(len(beta))]).double()


def root_of_alpha_bar(beta):
    return (1 - beta).cumprod(0).sqrt()


def a_single_number(beta):
    return (1 - beta).prod()


def share_of_noise(beta):
    return 1 - (1 - beta).cumprod(0)


def without_entry_0(beta):
    return torch.cumprod(1 - beta, 0)[1:]


def as_a_list(beta):
    return torch.cumprod(1 - beta, 0).tolist()


def in_single_precision(beta):
    return torch.cumprod(1 - beta.float(), 0)


def alpha_bar_by_loop(beta):
    kept = [torch.ones((), dtype=beta.dtype)]
    for step in beta[1:]:
        kept.append(kept[-1] * (1 - step))
    return torch.stack(kept)


def alpha_bar_by_logarithms(beta):
    return torch.exp(torch.log1p(-beta).cumsum(0))


def no_roots(alpha_bar, x_0, t, eps):
    a = alpha_bar[t][:, None, None, None]
    return a * x_0 + (1 - a) * eps


def one_minus_root(alpha_bar, x_0, t, eps):
    a = torch.sqrt(alpha_bar[t]).view(-1, 1, 1, 1)
    return a * x_0 + (1 - a) * eps


def root_forgotten_in_the_noise(alpha_bar, x_0, t, eps):
    a = alpha_bar[t][:, None, None, None]
    return a**0.5 * x_0 + (1 - a) * eps


def picture_and_noise_swapped(alpha_bar, x_0, t, eps):
    a = alpha_bar[t][:, None, None, None]
    return a.sqrt() * eps + (1 - a).sqrt() * x_0


def without_reshape(alpha_bar, x_0, t, eps):
    a = alpha_bar[t]
    return torch.sqrt(a) * x_0 + torch.sqrt(1 - a) * eps


def one_t_for_all(alpha_bar, x_0, t, eps):
    a = alpha_bar[t[0]]
    return a**0.5 * x_0 + (1 - a) ** 0.5 * eps


def counted_from_0(alpha_bar, x_0, t, eps):
    a = torch.stack([alpha_bar[int(i) - 1] for i in t]).reshape(-1, 1, 1, 1)
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps


def counted_backwards(alpha_bar, x_0, t, eps):
    T = len(alpha_bar) - 1
    a = alpha_bar[T - t][:, None, None, None]
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps


def one_noise_for_all(alpha_bar, x_0, t, eps):
    a = alpha_bar[t][:, None, None, None]
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps[0]


def beta_for_alpha_bar(alpha_bar, x_0, t, eps):
    beta = (1 - alpha_bar[t] / alpha_bar[t - 1])[:, None, None, None]
    return (1 - beta).sqrt() * x_0 + beta.sqrt() * eps


def in_place(alpha_bar, x_0, t, eps):
    a = alpha_bar[t][:, None, None, None]
    x_0 *= a.sqrt()
    x_0 += (1 - a).sqrt() * eps
    return x_0


def negative_root(alpha_bar, x_0, t, eps):
    a = alpha_bar[t][:, None, None, None]
    return a.sqrt() * x_0 + (a - 1).sqrt() * eps


def t_not_looked_up(alpha_bar, x_0, t, eps):
    return alpha_bar.sqrt() * x_0 + (1 - alpha_bar).sqrt() * eps


def in_double(alpha_bar, x_0, t, eps):
    return add_noise_by_einsum(alpha_bar.double(), x_0.double(), t, eps.double())


def by_the_library(alpha_bar, x_0, t, eps):
    return library.add_noise(Schedule(alpha_bar, alpha_bar), x_0, t, eps)


def add_noise_by_einsum(alpha_bar, x_0, t, eps):
    a = alpha_bar[t]
    signal = torch.einsum("b,bchw->bchw", a**0.5, x_0)
    return signal + torch.einsum("b,bchw->bchw", (1 - a) ** 0.5, eps)


def add_noise_one_by_one(alpha_bar, x_0, t, eps):
    pictures = zip(alpha_bar[t].tolist(), x_0, eps, strict=True)
    return torch.stack([a**0.5 * x + (1 - a) ** 0.5 * e for a, x, e in pictures])


def all_of_the_noise(alpha_bar, x_t, t, eps):
    return (x_t - eps) / alpha_bar[t].sqrt()[:, None, None, None]


def still_pale(alpha_bar, x_t, t, eps):
    return x_t - (1 - alpha_bar[t]).sqrt()[:, None, None, None] * eps


def brackets_forgotten(alpha_bar, x_t, t, eps):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return x_t / a**0.5 - (1 - a) ** 0.5 * eps


def back_without_roots(alpha_bar, x_t, t, eps):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return (x_t - (1 - a) * eps) / a


def divides_by_alpha_bar(alpha_bar, x_t, t, eps):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return (x_t - (1 - a) ** 0.5 * eps) / a


def plus_for_minus(alpha_bar, x_t, t, eps):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return (x_t + (1 - a) ** 0.5 * eps) / a**0.5


def forward_again(alpha_bar, x_t, t, eps):
    return add_noise_by_einsum(alpha_bar, x_t, t, eps)


def back_without_reshape(alpha_bar, x_t, t, eps):
    a = alpha_bar[t]
    return (x_t - (1 - a) ** 0.5 * eps) / a**0.5


def back_by_the_library(alpha_bar, x_t, t, eps):
    return library.x_0_from_eps(Schedule(alpha_bar, alpha_bar), x_t, t, eps)


def back_by_ratio(alpha_bar, x_t, t, eps):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return x_t / a.sqrt() - (1 / a - 1).sqrt() * eps


def back_one_by_one(alpha_bar, x_t, t, eps):
    pictures = zip(alpha_bar[t].tolist(), x_t, eps, strict=True)
    return torch.stack([(x - (1 - a) ** 0.5 * e) / a**0.5 for a, x, e in pictures])


def never_paler(beta, x_0, noises):
    for i in range(len(noises)):
        x_0 = x_0 + torch.sqrt(beta[i + 1]) * noises[i]
    return x_0


def steps_without_roots(beta, x_0, noises):
    for i in range(len(noises)):
        x_0 = (1 - beta[i + 1]) * x_0 + beta[i + 1] * noises[i]
    return x_0


def starts_with_step_0(beta, x_0, noises):
    for b, noise in zip(beta, noises, strict=False):
        x_0 = (1 - b) ** 0.5 * x_0 + b**0.5 * noise
    return x_0


def from_x_0_every_time(beta, x_0, noises):
    for i in range(len(noises)):
        x = (1 - beta[i + 1]) ** 0.5 * x_0 + beta[i + 1] ** 0.5 * noises[i]
    return x


def same_noise_each_step(beta, x_0, noises):
    for i in range(len(noises)):
        x_0 = (1 - beta[i + 1]) ** 0.5 * x_0 + beta[i + 1] ** 0.5 * noises[0]
    return x_0


def range_stops_early(beta, x_0, noises):
    for t in range(1, len(noises)):
        x_0 = (1 - beta[t]) ** 0.5 * x_0 + beta[t] ** 0.5 * noises[t - 1]
    return x_0


def all_steps_of_the_schedule(beta, x_0, noises):
    for t in range(1, len(beta)):
        x_0 = (1 - beta[t]) ** 0.5 * x_0 + beta[t] ** 0.5 * noises[t - 1]
    return x_0


def chain_in_place(beta, x_0, noises):
    for t in range(1, len(noises) + 1):
        x_0 *= (1 - beta[t]) ** 0.5
        x_0 += beta[t] ** 0.5 * noises[t - 1]
    return x_0


def chain_by_recursion(beta, x_0, noises):
    if not len(noises):
        return x_0
    before, t = chain_by_recursion(beta, x_0, noises[:-1]), len(noises)
    return before * (1 - beta[t]).sqrt() + noises[-1] * beta[t].sqrt()


def chain_by_zip(beta, x_0, noises):
    x = x_0.clone()
    for b, noise in zip(beta[1:], noises, strict=False):
        x = torch.add((1 - b).sqrt() * x, noise, alpha=b.sqrt().item())
    return x


def not_divided(beta, noises):
    return chain_by_recursion(beta, 0 * noises[0], noises)


def divided_by_the_share(beta, noises):
    left = 1 - (1 - beta[1 : len(noises) + 1]).prod()
    return chain_by_recursion(beta, 0 * noises[0], noises) / left


def divided_by_the_signal(beta, noises):
    kept = (1 - beta[1 : len(noises) + 1]).prod()
    return chain_by_recursion(beta, 0 * noises[0], noises) / kept**0.5


def plain_average(beta, noises):
    return noises.sum(0) / len(noises)


def equal_weights(beta, noises):
    return noises.sum(0) / torch.tensor(len(noises)).double().sqrt()


def weights_never_fade(beta, noises):
    b = beta[1 : len(noises) + 1]
    total = torch.einsum("s,schw->chw", b.sqrt(), noises)
    return total / (1 - (1 - b).prod()).sqrt()


def the_last_noise(beta, noises):
    return noises[len(noises) - 1]


def noise_by_weights(beta, noises):
    n = len(noises)
    alpha_bar = torch.cumprod(1 - beta, 0)
    weights = (beta[1 : n + 1] * alpha_bar[n] / alpha_bar[1 : n + 1]).sqrt()
    return torch.tensordot(weights, noises, 1) / (1 - alpha_bar[n]).sqrt()


def noise_from_any_picture(beta, noises):
    x_0, n = torch.ones_like(noises[0]), len(noises)
    kept = (1 - beta[1 : n + 1]).prod()
    return (chain_by_recursion(beta, x_0, noises) - kept.sqrt() * x_0) / (1 - kept).sqrt()


WRONG = [
    ("forward_process.alpha_bar_from_beta", beta_itself, "This is beta, what each step replaces"),
    ("forward_process.alpha_bar_from_beta", kept_by_one_step, "what one step keeps"),
    ("forward_process.alpha_bar_from_beta", product_of_betas, "multiplies the betas"),
    ("forward_process.alpha_bar_from_beta", one_minus_sum, "takes the sum of the betas away"),
    ("forward_process.alpha_bar_from_beta", root_of_alpha_bar, "the square root of alpha_bar"),
    ("forward_process.alpha_bar_from_beta", a_single_number, "one number"),
    ("forward_process.alpha_bar_from_beta", share_of_noise, "the share of the noise"),
    ("forward_process.alpha_bar_from_beta", without_entry_0, "leaves out entry 0"),
    ("forward_process.alpha_bar_from_beta", as_a_list, "it returns a list"),
    ("forward_process.alpha_bar_from_beta", in_single_precision, "The dtype should be"),
    ("forward_process.add_noise", no_roots, "The square roots are missing"),
    ("forward_process.add_noise", one_minus_root, "by 1 - sqrt(alpha_bar)"),
    ("forward_process.add_noise", root_forgotten_in_the_noise, "noise has lost its square root"),
    ("forward_process.add_noise", picture_and_noise_swapped, "are swapped"),
    ("forward_process.add_noise", without_reshape, "broadcasting over the last direction"),
    ("forward_process.add_noise", one_t_for_all, "the timestep of the first one"),
    ("forward_process.add_noise", counted_from_0, "takes alpha_bar[t - 1]"),
    ("forward_process.add_noise", counted_backwards, "from the end, T - t"),
    ("forward_process.add_noise", one_noise_for_all, "the same noise"),
    ("forward_process.add_noise", beta_for_alpha_bar, "takes one step"),
    ("forward_process.add_noise", in_place, "changes its input x_0 in place"),
    ("forward_process.add_noise", negative_root, "holds NaN"),
    ("forward_process.add_noise", t_not_looked_up, "stops with an error. RuntimeError"),
    ("forward_process.add_noise", in_double, "The dtype should be"),
    ("forward_process.add_noise", by_the_library, "calls course_lib.forward_process.add_noise"),
    ("forward_process.x_0_from_eps", all_of_the_noise, "takes away all of eps"),
    ("forward_process.x_0_from_eps", still_pale, "still pale"),
    ("forward_process.x_0_from_eps", brackets_forgotten, "divides x_t alone"),
    ("forward_process.x_0_from_eps", back_without_roots, "The square roots are missing"),
    ("forward_process.x_0_from_eps", divides_by_alpha_bar, "divides by alpha_bar"),
    ("forward_process.x_0_from_eps", plus_for_minus, "adds the noise a second time"),
    ("forward_process.x_0_from_eps", forward_again, "noisy once more"),
    ("forward_process.x_0_from_eps", back_without_reshape, "over the last direction"),
    ("forward_process.x_0_from_eps", back_by_the_library, "calls course_lib.forward_process"),
    ("forward_process.chain", never_paler, "Nothing is made paler"),
    ("forward_process.chain", steps_without_roots, "The square roots are missing"),
    ("forward_process.chain", starts_with_step_0, "starts with beta[0]"),
    ("forward_process.chain", from_x_0_every_time, "starts from x_0 again"),
    ("forward_process.chain", same_noise_each_step, "The same noise is added"),
    ("forward_process.chain", range_stops_early, "stops one step early"),
    ("forward_process.chain", all_steps_of_the_schedule, "walks all steps of the schedule"),
    ("forward_process.chain", chain_in_place, "changes its input x_0 in place"),
    ("forward_process.one_noise", not_divided, "as it stands in x_t"),
    ("forward_process.one_noise", divided_by_the_share, "divides by 1 - alpha_bar[t]"),
    ("forward_process.one_noise", divided_by_the_signal, "divides by sqrt(alpha_bar[t])"),
    ("forward_process.one_noise", plain_average, "the average of the noises"),
    ("forward_process.one_noise", equal_weights, "All noises count alike"),
    ("forward_process.one_noise", weights_never_fade, "no step makes the noise before it paler"),
    ("forward_process.one_noise", the_last_noise, "the last noise alone"),
]

RIGHT = [
    ("forward_process.alpha_bar_from_beta", alpha_bar_by_loop),
    ("forward_process.alpha_bar_from_beta", alpha_bar_by_logarithms),
    ("forward_process.add_noise", add_noise_by_einsum),
    ("forward_process.add_noise", add_noise_one_by_one),
    ("forward_process.x_0_from_eps", back_by_ratio),
    ("forward_process.x_0_from_eps", back_one_by_one),
    ("forward_process.chain", chain_by_recursion),
    ("forward_process.chain", chain_by_zip),
    ("forward_process.one_noise", noise_by_weights),
    ("forward_process.one_noise", noise_from_any_picture),
]
