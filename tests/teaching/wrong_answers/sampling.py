"""What beginners answer in the exercise on sampling, wrong and right."""

import torch


def pairs_turned_round(T, num_steps):
    length = T // num_steps
    return [(t - length, t) for t in range(T, 0, -length)]


def pairs_upwards(T, num_steps):
    length = T // num_steps
    return [(t, t + length) for t in range(0, T, length)]


def pairs_from_the_clean_end(T, num_steps):
    length = T // num_steps
    return [(t, t - length) for t in range(length, T + 1, length)]


def never_reaches_0(T, num_steps):
    length = T // num_steps
    return [(t, t - length) for t in range(T, length, -length)]


def back_by_one(T, num_steps):
    return [(t, t - 1) for t in range(T, 0, -(T // num_steps))]


def counts_from_T_minus_1(T, num_steps):
    length = T // num_steps
    return [(t, t - length) for t in range(T - 1, -1, -length)]


def stops_only(T, num_steps):
    return list(range(T, 0, -(T // num_steps)))


def pairs_by_zip(T, num_steps):
    stops = torch.linspace(T, 0, num_steps + 1).round().int().tolist()
    return list(zip(stops, stops[1:], strict=False))


def pairs_by_counting(T, num_steps):
    pairs, t = [], T
    while t > 0:
        pairs.append([t, t - T // num_steps])
        t = pairs[-1][1]
    return pairs


def _pair(alpha_bar, t, t_prev):
    return alpha_bar[t].view(-1, 1, 1, 1), alpha_bar[t_prev].view(-1, 1, 1, 1)


def ddim_swapped(alpha_bar, x_t, t, t_prev, eps_hat):
    a_prev, a = _pair(alpha_bar, t, t_prev)
    x_0 = (x_t - torch.sqrt(1 - a) * eps_hat) / torch.sqrt(a)
    return torch.sqrt(a_prev) * x_0 + torch.sqrt(1 - a_prev) * eps_hat


def nothing_put_back(alpha_bar, x_t, t, t_prev, eps_hat):
    a, _ = _pair(alpha_bar, t, t_prev)
    return x_t / a.sqrt() - (1 / a - 1).sqrt() * eps_hat


def as_much_put_back(alpha_bar, x_t, t, t_prev, eps_hat):
    a, a_prev = _pair(alpha_bar, t, t_prev)
    x_0 = (x_t - (1 - a).sqrt() * eps_hat) / a.sqrt()
    return a_prev.sqrt() * x_0 + (1 - a).sqrt() * eps_hat


def ddim_without_roots(alpha_bar, x_t, t, t_prev, eps_hat):
    a, a_prev = _pair(alpha_bar, t, t_prev)
    x_0 = (x_t - (1 - a) * eps_hat) / a
    return a_prev * x_0 + (1 - a_prev) * eps_hat


def picture_left_faint(alpha_bar, x_t, t, t_prev, eps_hat):
    a, a_prev = _pair(alpha_bar, t, t_prev)
    x_0 = x_t - (1 - a).sqrt() * eps_hat
    return a_prev.sqrt() * x_0 + (1 - a_prev).sqrt() * eps_hat


def subtracts_all_of_eps(alpha_bar, x_t, t, t_prev, eps_hat):
    a, a_prev = _pair(alpha_bar, t, t_prev)
    x_0 = (x_t - eps_hat) / a.sqrt()
    return a_prev.sqrt() * x_0 + (1 - a_prev).sqrt() * eps_hat


def ddim_along_the_columns(alpha_bar, x_t, t, t_prev, eps_hat):
    a, a_prev = alpha_bar[t], alpha_bar[t_prev]
    x_0 = (x_t - (1 - a).sqrt() * eps_hat) / a.sqrt()
    return a_prev.sqrt() * x_0 + (1 - a_prev).sqrt() * eps_hat


def subtracts_eps_and_stops(alpha_bar, x_t, t, t_prev, eps_hat):
    return x_t - eps_hat


def ddim_in_one_line(alpha_bar, x_t, t, t_prev, eps_hat):
    a, b = _pair(alpha_bar, t, t_prev)
    return (b / a) ** 0.5 * x_t + ((1 - b) ** 0.5 - (b * (1 - a) / a) ** 0.5) * eps_hat


def ddim_one_by_one(alpha_bar, x_t, t, t_prev, eps_hat):
    pictures = []
    for x, now, then, eps in zip(x_t, t, t_prev, eps_hat, strict=True):
        a, a_prev = alpha_bar[now].item(), alpha_bar[then].item()
        x_0 = (x - (1 - a) ** 0.5 * eps) / a**0.5
        pictures.append(a_prev**0.5 * x_0 + (1 - a_prev) ** 0.5 * eps)
    return torch.stack(pictures)


def sigma_squared(alpha_bar, t, t_prev):
    a, a_prev = alpha_bar[t], alpha_bar[t_prev]
    return (1 - a_prev) / (1 - a) * (1 - a / a_prev)


def sigma_swapped(alpha_bar, t, t_prev):
    a, a_prev = alpha_bar[t_prev], alpha_bar[t]
    return torch.sqrt((1 - a_prev) / (1 - a) * (1 - a / a_prev))


def root_of_beta(alpha_bar, t, t_prev):
    beta = 1 - alpha_bar[t] / alpha_bar[t_prev]
    return beta.sqrt()


def first_factor_only(alpha_bar, t, t_prev):
    return torch.sqrt((1 - alpha_bar[t_prev]) / (1 - alpha_bar[t]))


def fraction_on_its_head(alpha_bar, t, t_prev):
    a, a_prev = alpha_bar[t], alpha_bar[t_prev]
    return torch.sqrt((1 - a) / (1 - a_prev) * (1 - a / a_prev))


def root_of_the_noise_share(alpha_bar, t, t_prev):
    return torch.sqrt(1 - alpha_bar[t_prev])


def sigma_by_two_roots(alpha_bar, t, t_prev):
    kept = alpha_bar[t] / alpha_bar[t_prev]
    noise, noise_prev = (1 - alpha_bar[t]).sqrt(), (1 - alpha_bar[t_prev]).sqrt()
    return noise_prev / noise * (1 - kept).sqrt()


def sigma_one_by_one(alpha_bar, t, t_prev):
    row = []
    for i in range(len(t)):
        a, a_prev = alpha_bar[t[i]].item(), alpha_bar[t_prev[i]].item()
        row.append(((1 - a_prev) * (a_prev - a) / (a_prev * (1 - a))) ** 0.5)
    return torch.tensor(row)


def _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat):
    a, a_prev = _pair(alpha_bar, t, t_prev)
    s = ((1 - a_prev) / (1 - a) * (1 - a / a_prev)).sqrt()
    return a_prev, (x_t - (1 - a).sqrt() * eps_hat) / a.sqrt(), s


def too_much_noise(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a_prev, x_0, s = _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat)
    z = torch.randn(x_t.shape, generator=generator)
    return a_prev.sqrt() * x_0 + (1 - a_prev).sqrt() * eps_hat + s * z


def one_noise_for_the_batch(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a_prev, x_0, s = _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat)
    z = torch.randn(x_t[0].shape, generator=generator)
    return a_prev.sqrt() * x_0 + (1 - a_prev - s**2).clamp(0).sqrt() * eps_hat + s * z


def no_fresh_noise(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    return ddim_in_one_line(alpha_bar, x_t, t, t_prev, eps_hat)


def scaled_by_the_variance(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a_prev, x_0, s = _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat)
    z = torch.randn(x_t.shape, generator=generator)
    return a_prev.sqrt() * x_0 + (1 - a_prev - s**2).clamp(0).sqrt() * eps_hat + s**2 * z


def noise_in_the_last_step(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a, a_prev = _pair(alpha_bar, t, t_prev)
    beta = 1 - a / a_prev
    mean = (x_t - beta / (1 - a).sqrt() * eps_hat) / (1 - beta).sqrt()
    return mean + beta.sqrt() * torch.randn(x_t.shape, generator=generator)


def uniform_noise(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a_prev, x_0, s = _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat)
    z = torch.rand(x_t.shape, generator=generator)
    return a_prev.sqrt() * x_0 + (1 - a_prev - s**2).clamp(0).sqrt() * eps_hat + s * z


def old_noise_without_root(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a_prev, x_0, s = _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat)
    z = torch.randn(x_t.shape, generator=generator)
    return a_prev.sqrt() * x_0 + (1 - a_prev - s * s) * eps_hat + s * z


def other_dice(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a_prev, x_0, s = _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat)
    z = torch.randn_like(x_t)
    return a_prev.sqrt() * x_0 + (1 - a_prev - s**2).clamp(0).sqrt() * eps_hat + s * z


def old_noise_forgotten(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a_prev, x_0, s = _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat)
    return a_prev.sqrt() * x_0 + s * torch.randn(x_t.shape, generator=generator)


def ddpm_as_in_the_paper(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a, a_prev = _pair(alpha_bar, t, t_prev)
    alpha = a / a_prev
    mean = (x_t - (1 - alpha) / (1 - a).sqrt() * eps_hat) / alpha.sqrt()
    variance = (1 - a_prev) / (1 - a) * (1 - alpha)
    return mean + variance.sqrt() * torch.randn(x_t.shape, generator=generator)


def ddpm_by_the_posterior_of_x_0(alpha_bar, x_t, t, t_prev, eps_hat, generator):
    a_prev, x_0, s = _ddpm_parts(alpha_bar, x_t, t, t_prev, eps_hat)
    a, _ = _pair(alpha_bar, t, t_prev)
    beta = 1 - a / a_prev
    mean = (a_prev.sqrt() * beta * x_0 + (1 - beta).sqrt() * (1 - a_prev) * x_t) / (1 - a)
    return torch.empty_like(x_t).normal_(generator=generator) * s + mean


def _rows(x, t, t_prev):
    return torch.full((len(x),), t), torch.full((len(x),), t_prev)


def asks_about_x_T(model, alpha_bar, x_T, pairs):
    x = x_T
    for pair in pairs:
        t, t_prev = _rows(x, *pair)
        x = ddim_in_one_line(alpha_bar, x, t, t_prev, model(x_T, t))
    return x


def tells_t_prev(model, alpha_bar, x_T, pairs):
    x = x_T
    for pair in pairs:
        t, t_prev = _rows(x, *pair)
        x = ddim_in_one_line(alpha_bar, x, t, t_prev, model(x, t_prev))
    return x


def one_step(model, alpha_bar, x_T, pairs):
    x = x_T
    for pair in pairs:
        t, t_prev = _rows(x, *pair)
        x = ddim_in_one_line(alpha_bar, x, t, t_prev, model(x, t))
        return x


def stops_early(model, alpha_bar, x_T, pairs):
    x = x_T
    for now, then in pairs:
        if then > 0:
            t, t_prev = _rows(x, now, then)
            x = ddim_in_one_line(alpha_bar, x, t, t_prev, model(x, t))
    return x


def always_from_x_T(model, alpha_bar, x_T, pairs):
    for pair in pairs:
        t, t_prev = _rows(x_T, *pair)
        x = ddim_in_one_line(alpha_bar, x_T, t, t_prev, model(x_T, t))
    return x


def never_puts_back(model, alpha_bar, x_T, pairs):
    x = x_T
    for pair in pairs:
        t, t_prev = _rows(x, *pair)
        x = nothing_put_back(alpha_bar, x, t, t_prev, model(x, t))
    return x


def walks_upwards(model, alpha_bar, x_T, pairs):
    x = x_T
    for pair in reversed(pairs):
        t, t_prev = _rows(x, *pair)
        x = ddim_in_one_line(alpha_bar, x, t, t_prev, model(x, t))
    return x


def plain_numbers_for_t(model, alpha_bar, x_T, pairs):
    x = x_T
    for t, t_prev in pairs:
        x = ddim_in_one_line(alpha_bar, x, t, t_prev, model(x, t))
    return x


def sample_by_index(model, alpha_bar, x_T, pairs):
    x = x_T.clone()
    for i in range(len(pairs)):
        t, t_prev = (torch.tensor([time] * x.shape[0]) for time in pairs[i])
        x = ddim_one_by_one(alpha_bar, x, t, t_prev, model(x, t))
    return x


def sample_by_recursion(model, alpha_bar, x_T, pairs):
    if not pairs:
        return x_T
    t, t_prev = _rows(x_T, *pairs[0])
    x = ddim_in_one_line(alpha_bar, x_T, t, t_prev, model(x_T, t))
    return sample_by_recursion(model, alpha_bar, x, pairs[1:])


WRONG = [
    ("sampling.timestep_pairs", pairs_turned_round, "Each pair is turned round"),
    ("sampling.timestep_pairs", pairs_upwards, "walks from 0 to T"),
    ("sampling.timestep_pairs", pairs_from_the_clean_end, "Begin with T"),
    ("sampling.timestep_pairs", never_reaches_0, "The last step, to 0, is missing"),
    ("sampling.timestep_pairs", back_by_one, "goes back by one timestep"),
    ("sampling.timestep_pairs", counts_from_T_minus_1, "counts from 0 to T - 1"),
    ("sampling.timestep_pairs", stops_only, "separated by commas"),
    ("sampling.ddim_step", ddim_swapped, "t and t_prev are swapped"),
    ("sampling.ddim_step", nothing_put_back, "none put back"),
    ("sampling.ddim_step", as_much_put_back, "as much noise as there was at t"),
    ("sampling.ddim_step", ddim_without_roots, "The square roots are missing"),
    ("sampling.ddim_step", picture_left_faint, "not divided by sqrt(alpha_bar[t])"),
    ("sampling.ddim_step", subtracts_all_of_eps, "subtracts eps_hat as it is"),
    ("sampling.ddim_step", ddim_along_the_columns, "each *column*"),
    ("sampling.ddim_step", subtracts_eps_and_stops, "The numbers are off"),
    ("sampling.sigma", sigma_squared, "sigma *squared*"),
    ("sampling.sigma", sigma_swapped, "t and t_prev are swapped"),
    ("sampling.sigma", root_of_beta, "The first fraction is missing"),
    ("sampling.sigma", first_factor_only, "The second factor"),
    ("sampling.sigma", fraction_on_its_head, "stands on its head"),
    ("sampling.sigma", root_of_the_noise_share, "The numbers are off"),
    ("sampling.ddpm_step", too_much_noise, "on top of all the old noise"),
    ("sampling.ddpm_step", one_noise_for_the_batch, "All pictures get the same fresh noise"),
    ("sampling.ddpm_step", no_fresh_noise, "No fresh noise"),
    ("sampling.ddpm_step", scaled_by_the_variance, "scaled by the variance"),
    ("sampling.ddpm_step", noise_in_the_last_step, "even in the last step"),
    ("sampling.ddpm_step", uniform_noise, "It must be Gaussian"),
    ("sampling.ddpm_step", old_noise_without_root, "Take the root of that"),
    ("sampling.ddpm_step", other_dice, "not the generator's"),
    ("sampling.ddpm_step", old_noise_forgotten, "The numbers are off"),
    ("sampling.sample", asks_about_x_T, "asked about x_T in every round"),
    ("sampling.sample", tells_t_prev, "told t_prev"),
    ("sampling.sample", one_step, "Only the first step"),
    ("sampling.sample", stops_early, "one step early"),
    ("sampling.sample", always_from_x_T, "begins again in x_T"),
    ("sampling.sample", never_puts_back, "none put back"),
    ("sampling.sample", walks_upwards, "The numbers are off"),
    ("sampling.sample", plain_numbers_for_t, "Your code stops with an error"),
]

RIGHT = [
    ("sampling.timestep_pairs", pairs_by_zip),
    ("sampling.timestep_pairs", pairs_by_counting),
    ("sampling.ddim_step", ddim_in_one_line),
    ("sampling.ddim_step", ddim_one_by_one),
    ("sampling.sigma", sigma_by_two_roots),
    ("sampling.sigma", sigma_one_by_one),
    ("sampling.ddpm_step", ddpm_as_in_the_paper),
    ("sampling.ddpm_step", ddpm_by_the_posterior_of_x_0),
    ("sampling.sample", sample_by_index),
    ("sampling.sample", sample_by_recursion),
]
