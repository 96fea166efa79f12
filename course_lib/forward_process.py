r"""The forward process: from a picture to static, at any timestep in one jump.

.. math:: x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \varepsilon

The other functions solve this one line for another letter, or express it through
v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x_0, the target of v-prediction.
"""

from torch import Tensor

from course_lib.arrays import Sample, Timesteps, check_same_shape, per_sample
from course_lib.schedules import Schedule


def signal_and_noise(schedule: Schedule, t: Timesteps, x: Sample) -> tuple[Tensor, Tensor]:
    """Look up sqrt(alpha_bar) and sqrt(1 - alpha_bar), shaped to multiply `x`.

    Returns
    -------
    (Tensor, Tensor), each of shape (B, 1, ..., 1)
        In the dtype and on the device of `x`.

    Raises
    ------
    ValueError
        If `t` is not int64 of shape (B,) within 0 ... T, or `x` is not of floats.
    """
    schedule.check_t(t)
    if not x.is_floating_point():
        raise ValueError(f"expected a float tensor, but got {x.dtype}; convert it with .float()")
    alpha_bar = schedule.alpha_bar.to(x.device, x.dtype)[t.to(x.device)]
    return per_sample(alpha_bar.sqrt(), x), per_sample((1 - alpha_bar).sqrt(), x)


def add_noise(schedule: Schedule, x_0: Sample, t: Timesteps, eps: Sample) -> Sample:
    """Jump from clean samples to timestep t.

    Source: DDPM (Ho et al., 2020), eq. 4. Built in: forward_process.

    Parameters
    ----------
    schedule : Schedule
    x_0 : Tensor, shape (B, ...)
        Clean samples; images in [-1, 1].
    t : Tensor, shape (B,), int64
        One timestep a sample, 0 ... T. At 0 the sample comes back unchanged.
    eps : Tensor, shape of `x_0`
        Standard Gaussian noise, fresh for each sample.

    Returns
    -------
    Tensor, shape of `x_0`
        The noisy samples x_t.

    Raises
    ------
    ValueError
        If shapes differ or a timestep is out of range.
    """
    check_same_shape("eps", eps, "x_0", x_0)
    signal, noise = signal_and_noise(schedule, t, x_0)
    return signal * x_0 + noise * eps


def x_0_from_eps(schedule: Schedule, x_t: Sample, t: Timesteps, eps: Sample) -> Sample:
    """Solve `add_noise` for the clean sample; t must be 1 ... T or 0.

    Shapes as in `add_noise`. Source: DDPM, eq. 15. Built in: reverse_process and sampling.
    """
    check_same_shape("eps", eps, "x_t", x_t)
    signal, noise = signal_and_noise(schedule, t, x_t)
    return (x_t - noise * eps) / signal


def eps_from_x_0(schedule: Schedule, x_t: Sample, t: Timesteps, x_0: Sample) -> Sample:
    """Solve `add_noise` for the noise; t must be 1 ... T, since at t = 0 there is none.

    Shapes as in `add_noise`. Built in: sampling.
    """
    check_same_shape("x_0", x_0, "x_t", x_t)
    schedule.check_t(t, low=1)
    signal, noise = signal_and_noise(schedule, t, x_t)
    return (x_t - signal * x_0) / noise


def v_from_eps(schedule: Schedule, x_0: Sample, t: Timesteps, eps: Sample) -> Sample:
    """Mix noise and sample into the target of v-prediction.

    Shapes as in `add_noise`. Source: progressive distillation (Salimans and Ho, 2022),
    appendix D. Built in: training.
    """
    check_same_shape("eps", eps, "x_0", x_0)
    signal, noise = signal_and_noise(schedule, t, x_0)
    return signal * eps - noise * x_0


def eps_from_v(schedule: Schedule, x_t: Sample, t: Timesteps, v: Sample) -> Sample:
    """Turn a v-prediction into the noise it implies.

    Shapes as in `add_noise`. Source: as `v_from_eps`. Built in: training.
    """
    check_same_shape("v", v, "x_t", x_t)
    signal, noise = signal_and_noise(schedule, t, x_t)
    return signal * v + noise * x_t


def x_0_from_v(schedule: Schedule, x_t: Sample, t: Timesteps, v: Sample) -> Sample:
    """Turn a v-prediction into the clean sample it implies: no division, so safe at t = T.

    Shapes as in `add_noise`. Source: as `v_from_eps`. Built in: training.
    """
    check_same_shape("v", v, "x_t", x_t)
    signal, noise = signal_and_noise(schedule, t, x_t)
    return signal * x_t - noise * v
