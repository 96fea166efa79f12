"""What is measured: training, sampling, operations, the machine's peak, and the judge's verdict.

Functions that take long call ``report(phase, share)`` with the share done, 0 ... 1.
"""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import peers
from course_lib.arrays import autocast, make_generator, processor_name
from course_lib.conditioning import class_cond
from course_lib.datasets.digits import digits as load_digits
from course_lib.metrics import agreement, frechet_distance, load_judge, read_images
from course_lib.models import FromV
from course_lib.recipes import digits
from course_lib.schedules import cosine_schedule
from course_lib.training import TrainConfig, batches, train_steps, v_loss

Report = Callable[[str, float], None]

WARMUP_SHARE = 0.05  # of the seconds
SAMPLE_SEED = 1
SAMPLE_BATCH = 250
PEAK_SECONDS = 0.5  # for each size tried
MATMULS = (1024, 2048, 4096)  # n for n x n matrices
CONVOLUTIONS = ((64, 128, 14), (64, 128, 28), (64, 256, 14))  # batch, channels, width


@dataclass(frozen=True)
class TimedConfig(TrainConfig):
    """A recipe's training with a learning rate that follows the clock instead of the step.

    It climbs during the first 5 % of the seconds and is 0 when they are over, for a network that
    takes five steps a second and for one that takes one in two seconds.
    """

    seconds: float = 300.0
    started: float = field(default_factory=time.perf_counter)

    @property
    def share(self) -> float:
        """How much of the time is over, from 0; 1 and more is the end."""
        return (time.perf_counter() - self.started) / self.seconds

    def learning_rate_at(self, step: int) -> float:
        return self.learning_rate * ramp(self.share)


def ramp(share: float) -> float:
    """The share of the largest learning rate after a share of the time: up to 1, down to 0."""
    return max(0.0, min(share / WARMUP_SHARE, (1 - share) / (1 - WARMUP_SHARE)))


def run(name: str, seconds: float, samples: int, file: str, report: Report) -> dict:
    """Train one network and sample from it; the samples go to `file` for the judge.

    Returns
    -------
    dict
        ``parameters``, ``images_per_second``, ``samples_per_second``, ``peak_memory_mb``, and
        ``flops_per_image`` of training.
    """
    model = peers.build(name)
    averaged, images_per_second = train_for(model, seconds, report)
    images, samples_per_second = draw(averaged, samples, report)
    memory = peak_memory_mb()  # before anything else is done in this process
    torch.save(images, file)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "images_per_second": images_per_second,
        "samples_per_second": samples_per_second,
        "peak_memory_mb": memory,
        "flops_per_image": training_flops(model),
    }


def train_for(model: nn.Module, seconds: float, report: Report) -> tuple[nn.Module, float]:
    """Train by the digits recipe for so many seconds.

    Returns
    -------
    (nn.Module, float)
        The averaged model, which answers with the noise, and the images it saw a second.
    """
    data, generator = load_digits("train"), make_generator(digits.SEED)
    loader = batches(
        data.images, class_cond(data.labels), batch_size=digits.BATCH_SIZE, generator=generator
    )
    config = TimedConfig(**asdict(digits.TRAIN) | {"steps": sys.maxsize}, seconds=seconds)
    schedule = cosine_schedule()
    training = train_steps(model, schedule, loader, config, loss=v_loss, generator=generator)
    report("training", 0.0)
    last = next(training)
    while config.share < 1:
        report("training", config.share)
        last = next(training)
    elapsed = config.share * seconds
    report("training", 1.0)
    return FromV(last.ema, schedule), last.step * digits.BATCH_SIZE / elapsed


def draw(model: nn.Module, samples: int, report: Report) -> tuple[Tensor, float]:
    """Sample as the recipe does, one picture for each held-out label.

    Returns
    -------
    (Tensor, float)
        Pictures (N, 1, 28, 28), and how many were made a second.
    """
    calls = math.ceil(samples / SAMPLE_BATCH) * digits.NUM_STEPS
    done = 0

    def counted(x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        nonlocal done
        done += 1
        report("sampling", done / calls)
        return model(x_t, t, cond)

    report("sampling", 0.0)
    start = time.perf_counter()
    images = digits.draw(counted, asked_labels(samples), SAMPLE_SEED, batch_size=SAMPLE_BATCH)
    return images, samples / (time.perf_counter() - start)


def asked_labels(samples: int) -> Tensor:
    """Labels of the held-out digits, evenly taken: (samples,)."""
    labels = load_digits("test").labels
    return labels[torch.linspace(0, len(labels) - 1, samples).round().long()]


def peak_memory_mb() -> float | None:
    """The most memory this process has held so far, in MB (10^6 bytes); None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024) / 1e6  # Linux counts in kilobytes


def training_flops(model: nn.Module, batch: int = 4) -> float:
    """Operations of one image's way forward and backward, as `FlopCounterMode` counts them."""
    schedule = cosine_schedule()
    x_0, eps = torch.zeros(batch, 1, 28, 28), torch.zeros(batch, 1, 28, 28)
    t, cond = torch.ones(batch, dtype=torch.int64), class_cond(torch.zeros(batch).long())
    # The counter does not know the CPU's fused attention: the plain one does the same products.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        v_loss(model, schedule, x_0, t, eps, cond).backward()
    return counter.get_total_flops() / batch


def machine(report: Report) -> dict:
    """Name the processor and measure its peak; fails early if there is no judge to ask.

    Returns
    -------
    dict
        ``processor``, and ``matmul_gflops``, ``convolution_gflops`` in the precision that
        training uses.
    """
    load_judge()
    with autocast():
        dtype = (torch.ones(8, 8) @ torch.ones(8, 8)).dtype
    tasks = [("matmul", _matmul(n, dtype)) for n in MATMULS]
    tasks += [("convolution", _convolution(*size, dtype)) for size in CONVOLUTIONS]
    best = {"matmul": 0.0, "convolution": 0.0}
    for i, (kind, (operation, flops)) in enumerate(tasks):
        best[kind] = max(best[kind], flops / _fastest(operation) / 1e9)
        report("measuring the peak", (i + 1) / len(tasks))
    rates = {f"{kind}_gflops": rate for kind, rate in best.items()}
    return {"processor": processor_name(), "torch": torch.__version__, **rates}


def _matmul(n: int, dtype: torch.dtype) -> tuple[Callable[[], Tensor], float]:
    a, b = torch.randn(n, n).to(dtype), torch.randn(n, n).to(dtype)
    return lambda: a @ b, 2.0 * n**3


def _convolution(
    batch: int, channels: int, width: int, dtype: torch.dtype
) -> tuple[Callable[[], Tensor], float]:
    def make(*shape: int) -> Tensor:
        return torch.randn(shape).to(dtype).contiguous(memory_format=torch.channels_last)

    x, weight = make(batch, channels, width, width), make(channels, channels, 3, 3)
    return lambda: F.conv2d(x, weight, padding=1), 2.0 * 9 * batch * (channels * width) ** 2


@torch.no_grad()
def _fastest(operation: Callable[[], Tensor]) -> float:
    """Seconds of the fastest of many calls."""
    times, end = [], time.perf_counter() + PEAK_SECONDS
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        operation()
        times.append(time.perf_counter() - start)
    return min(times)


def judge(files: dict[str, str], samples: int, report: Report) -> dict:
    """Let one judge look at everyone's samples.

    Parameters
    ----------
    files : dict
        From a run's name to the file with its samples.

    Returns
    -------
    dict
        ``floor``, and by name ``frechet`` and ``agreement``.
    """
    yardstick, asked = load_judge(), asked_labels(samples)
    real = read_images(yardstick, load_digits("train").images).features
    held_out = read_images(yardstick, load_digits("test").images).features
    verdict = {"floor": frechet_distance(real, held_out), "frechet": {}, "agreement": {}}
    for i, (name, file) in enumerate(files.items()):
        reading = read_images(yardstick, torch.load(Path(file), weights_only=True))
        verdict["frechet"][name] = frechet_distance(real, reading.features)
        verdict["agreement"][name] = agreement(reading.labels, asked)
        report("judging", (i + 1) / len(files))
    return verdict
