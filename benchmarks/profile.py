"""Where the time of a training step goes: ``python -m benchmarks.profile [ours|diffusers|...]``."""

import itertools
import sys

from torch.profiler import ProfilerActivity, profile

from benchmarks import peers
from course_lib.arrays import make_generator, processor_name
from course_lib.conditioning import class_cond
from course_lib.datasets.digits import digits as load_digits
from course_lib.recipes import digits
from course_lib.schedules import cosine_schedule
from course_lib.training import TrainConfig, batches, train_steps

WARMUP_STEPS, STEPS = 3, 10
ROWS = 12


def profile_steps(name: str = peers.OURS, steps: int = STEPS) -> str:
    """Train a few steps and return a table: the operators that took longest, by their own time."""
    data, generator = load_digits("train"), make_generator(digits.SEED)
    loader = batches(
        data.images, class_cond(data.labels), batch_size=digits.BATCH_SIZE, generator=generator
    )
    config = TrainConfig(WARMUP_STEPS + steps, warmup_steps=0)
    training = train_steps(peers.build(name), cosine_schedule(), loader, config)
    for _ in itertools.islice(training, WARMUP_STEPS):  # the first steps prepare kernels
        pass
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in training:
            pass
    operators = sorted(profiler.key_averages(), key=lambda one: -one.self_cpu_time_total)
    total = sum(one.self_cpu_time_total for one in operators)  # microseconds
    lines = [
        f"{one.key:40} {one.self_cpu_time_total / steps / 1000:8.2f} ms "
        f"{one.self_cpu_time_total / total:6.1%} {one.count // steps:6} calls"
        for one in operators[:ROWS]
    ]
    title = (
        f"{name}: one training step of {digits.BATCH_SIZE} images, {total / steps / 1000:.0f} ms"
    )
    return "\n".join([f"{title}, on {processor_name()}", *lines])


if __name__ == "__main__":
    names = [one.name for one in peers.CONTESTANTS]
    wanted = sys.argv[1:] or [peers.OURS]
    if len(wanted) > 1 or wanted[0] not in names:
        sys.exit(f"benchmarks.profile: name one of {', '.join(names)}, not {' '.join(wanted)}")
    print(profile_steps(wanted[0]))
