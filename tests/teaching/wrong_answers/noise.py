"""What beginners answer in the exercise on noise, wrong and right."""

import math

import torch


def divided_by_the_variance(x):
    return (x - x.mean()) / x.var(correction=0)


def mean_left_in(x):
    return x / x.std()


def moved_only(x):
    return x - x.mean()


def brackets_forgotten(x):
    return x - x.mean() / x.std()


def scaled_before_moved(x):
    return x / x.std() - x.mean()


def multiplied_by_the_spread(x):
    return (x - x.mean()) * x.std()


def between_0_and_1(x):
    return (x - x.amin()) / (x.amax() - x.amin())


def standardised_in_place(x):
    x -= x.mean()
    x /= x.std()
    return x


def standardise_by_hand(x):
    mean = x.sum() / x.numel()
    variance = ((x - mean) ** 2).sum() / x.numel()
    return (x - mean) / variance**0.5


def standardise_in_two_lines(x):
    centred = x - torch.mean(x)
    return centred / centred.square().mean().sqrt()


def times_the_variance(mean, spread, count, generator):
    return torch.randn(count, generator=generator) * spread * spread + mean


def times_the_root(mean, spread, count, generator):
    return torch.randn(count, generator=generator) * math.sqrt(spread) + mean


def moved_before_scaled(mean, spread, count, generator):
    return (torch.randn(count, generator=generator) + mean) * spread


def mean_and_spread_swapped(mean, spread, count, generator):
    return torch.randn(count, generator=generator) * mean + spread


def flat(mean, spread, count, generator):
    return torch.rand(count, generator=generator) * spread + mean


def narrowed(mean, spread, count, generator):
    return torch.randn(count, generator=generator) / spread + mean


def standard(mean, spread, count, generator):
    return torch.randn(count, generator=generator)


def without_a_seed(mean, spread, count, generator):
    return torch.randn(count) * spread + mean


def another_seed(mean, spread, count, generator):
    return torch.randn(count, generator=torch.Generator().manual_seed(0)) * spread + mean


def without_the_mean(mean, spread, count, generator):
    return torch.randn(count, generator=generator) * spread


def minus_the_mean(mean, spread, count, generator):
    return torch.randn(count, generator=generator) * spread - mean


def a_single_draw(mean, spread, count, generator):
    return torch.randn(1, generator=generator) * spread + mean


def gaussian_by_torch_normal(mean, spread, count, generator):
    return torch.normal(mean, spread, (count,), generator=generator)


def gaussian_by_filling(mean, spread, count, generator):
    return torch.empty(count).normal_(generator=generator).mul_(spread).add_(mean)


def no_roots(signal, noise, share):
    return share * signal + (1 - share) * noise


def factors_add_up_to_1(signal, noise, share):
    return math.sqrt(share) * signal + (1 - math.sqrt(share)) * noise


def noise_without_root(signal, noise, share):
    return math.sqrt(share) * signal + (1 - share) * noise


def signal_without_root(signal, noise, share):
    return share * signal + math.sqrt(1 - share) * noise


def swapped(signal, noise, share):
    return math.sqrt(1 - share) * signal + math.sqrt(share) * noise


def squares(signal, noise, share):
    return share**2 * signal + (1 - share) ** 2 * noise


def signal_at_full_strength(signal, noise, share):
    return signal + math.sqrt(1 - share) * noise


def root_of_the_sum(signal, noise, share):
    return torch.sqrt(share * signal + (1 - share) * noise)


def half_and_half(signal, noise, share):
    return (signal + noise) / math.sqrt(2)


def mixed_in_place(signal, noise, share):
    signal *= math.sqrt(share)
    return signal + math.sqrt(1 - share) * noise


def mix_by_angle(signal, noise, share):
    angle = math.acos(math.sqrt(share))
    return math.cos(angle) * signal + math.sin(angle) * noise


def mix_by_stacking(signal, noise, share):
    factors = torch.tensor([share, 1 - share]).sqrt()
    return torch.tensordot(factors, torch.stack([signal, noise]), dims=1)


def noise_drawn_once(clean, count, generator):
    noise = torch.randn(clean.shape, generator=generator)
    total = torch.zeros_like(clean)
    for _ in range(count):
        total = total + clean + noise
    return total / count


def summed_up(clean, count, generator):
    total = torch.zeros_like(clean)
    for _ in range(count):
        total = total + clean + torch.randn(clean.shape, generator=generator)
    return total


def divided_by_the_root(clean, count, generator):
    return summed_up(clean, count, generator) / math.sqrt(count)


def pictures_added_up(clean, count, generator):
    total = torch.zeros_like(clean)
    for _ in range(count):
        total = total + clean + torch.randn(clean.shape, generator=generator) / count
    return total


def picture_forgotten(clean, count, generator):
    return summed_up(torch.zeros_like(clean), count, generator) / count


def returned_in_the_loop(clean, count, generator):
    total = torch.zeros_like(clean)
    for _ in range(count):
        total = total + clean + torch.randn(clean.shape, generator=generator)
        return total / count


def seed_in_the_loop(clean, count, generator):
    total = torch.zeros_like(clean)
    for _ in range(count):
        deck = torch.Generator().manual_seed(5)
        total = total + clean + torch.randn(clean.shape, generator=deck)
    return total / count


def flat_noise(clean, count, generator):
    return clean + torch.rand(count, *clean.shape, generator=generator).mean(dim=0)


def average_at_once(clean, count, generator):
    return (clean + torch.randn(count, *clean.shape, generator=generator)).mean(dim=0)


def running_average(clean, count, generator):
    mean = torch.zeros_like(clean)
    for n in range(1, count + 1):
        photograph = clean + torch.randn(clean.shape, generator=generator)
        mean = mean + (photograph - mean) / n
    return mean


def one_over_the_noise(noise_left):
    return math.ceil(1 / noise_left)


def root_for_square(noise_left):
    return math.ceil(math.sqrt(1 / noise_left))


def rounded_down(noise_left):
    return math.floor(1 / noise_left**2)


def rounded_to_the_nearest(noise_left):
    return round(1 / noise_left**2)


def not_rounded(noise_left):
    return noise_left**-2


def not_divided(noise_left):
    return math.ceil(noise_left**2)


def one_too_many(noise_left):
    return math.floor(1 / noise_left**2) + 2


def as_text(noise_left):
    return str(math.ceil(1 / noise_left**2))


def needed_by_trying(noise_left):
    n = 1
    while 1 / math.sqrt(n) > noise_left:
        n += 1
    return n


def needed_as_a_tensor(noise_left):
    return torch.tensor(noise_left, dtype=torch.float64).pow(-2).ceil().long()


WRONG = [
    ("noise.standardise", divided_by_the_variance, "divides by the variance"),
    ("noise.standardise", mean_left_in, "The mean is still there"),
    ("noise.standardise", moved_only, "the spread is not 1 yet"),
    ("noise.standardise", brackets_forgotten, "divides the mean alone"),
    ("noise.standardise", scaled_before_moved, "takes away the old mean afterwards"),
    ("noise.standardise", multiplied_by_the_spread, "multiplies by the spread"),
    ("noise.standardise", between_0_and_1, "stretches the picture from 0 to 1"),
    ("noise.standardise", standardised_in_place, "changes its input x in place"),
    ("noise.gaussian", times_the_variance, "multiplies by the variance"),
    ("noise.gaussian", times_the_root, "by the root of the spread"),
    ("noise.gaussian", moved_before_scaled, "multiplies the mean by the spread too"),
    ("noise.gaussian", mean_and_spread_swapped, "Mean and spread are swapped"),
    ("noise.gaussian", flat, "torch.rand is flat noise"),
    ("noise.gaussian", narrowed, "divides by the spread"),
    ("noise.gaussian", standard, "This is standard noise"),
    ("noise.gaussian", without_a_seed, "not the generator's numbers"),
    ("noise.gaussian", another_seed, "not the generator's numbers"),
    ("noise.gaussian", without_the_mean, "The mean should be"),
    ("noise.gaussian", minus_the_mean, "The mean should be"),
    ("noise.gaussian", a_single_draw, "The shape should be"),
    ("noise.mix", no_roots, "The square roots are missing"),
    ("noise.mix", factors_add_up_to_1, "The factors add up to 1"),
    ("noise.mix", noise_without_root, "noise has lost its square root"),
    ("noise.mix", signal_without_root, "signal has lost its square root"),
    ("noise.mix", swapped, "are swapped"),
    ("noise.mix", squares, "squares where it should take roots"),
    ("noise.mix", signal_at_full_strength, "signal is not made smaller"),
    ("noise.mix", root_of_the_sum, "the root of the whole mixture"),
    ("noise.mix", half_and_half, "The numbers are off"),
    ("noise.mix", mixed_in_place, "changes its input signal in place"),
    ("noise.average", noise_drawn_once, "the same noise, drawn once"),
    ("noise.average", summed_up, "This is the sum of the photographs"),
    ("noise.average", divided_by_the_root, "divides by the root of the count"),
    ("noise.average", pictures_added_up, "adds up the pictures"),
    ("noise.average", picture_forgotten, "The clean picture is missing"),
    ("noise.average", returned_in_the_loop, "returns in the first round"),
    ("noise.average", seed_in_the_loop, "they must all have the same noise"),
    ("noise.average", flat_noise, "not the clean picture"),
    ("noise.photographs_needed", one_over_the_noise, "One over the noise is not enough"),
    ("noise.photographs_needed", root_for_square, "takes the root where the square belongs"),
    ("noise.photographs_needed", rounded_down, "rounded down or to the nearest"),
    ("noise.photographs_needed", rounded_to_the_nearest, "Round up"),
    ("noise.photographs_needed", not_rounded, "part of a photograph"),
    ("noise.photographs_needed", not_divided, "The division is missing"),
    ("noise.photographs_needed", one_too_many, "This is one too many"),
    ("noise.photographs_needed", as_text, "it returns a str"),
]

RIGHT = [
    ("noise.standardise", standardise_by_hand),
    ("noise.standardise", standardise_in_two_lines),
    ("noise.gaussian", gaussian_by_torch_normal),
    ("noise.gaussian", gaussian_by_filling),
    ("noise.mix", mix_by_angle),
    ("noise.mix", mix_by_stacking),
    ("noise.average", average_at_once),
    ("noise.average", running_average),
    ("noise.photographs_needed", needed_by_trying),
    ("noise.photographs_needed", needed_as_a_tensor),
]
