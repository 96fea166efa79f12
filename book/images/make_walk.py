"""Make walk.png, the picture of the landing page: three walks from static to a digit.

Run it from the root of the repository: ``python book/images/make_walk.py``.
"""

from pathlib import Path

import torch
from PIL import Image

from course_lib.arrays import make_generator
from course_lib.checkpoints import load_checkpoint
from course_lib.conditioning import Guided, class_cond
from course_lib.models import Clipped
from course_lib.plots import to_picture
from course_lib.sampling import sample_steps
from course_lib.schedules import cosine_schedule

DIGITS = (3, 8, 5)
SHOWN = (0, 5, 9, 12, 15, 18, 21)  # of 25 steps; the end comes last
GUIDANCE_SCALE = 2.0
SCALE = 4  # screen pixels a pixel
GAP = 1


def draw_walk(seed: int = 3) -> torch.Tensor:
    """Sample the digits and lay out their walks, one a row: (1, H, W) in [-1, 1]."""
    schedule = cosine_schedule()
    network, _ = load_checkpoint("digits")
    model = Clipped(Guided(network, GUIDANCE_SCALE), schedule)
    x_T = torch.randn(len(DIGITS), 1, 28, 28, generator=make_generator(seed))
    cond = class_cond(torch.tensor(DIGITS))
    steps = list(sample_steps(model, schedule, x_T, 25, cond=cond))
    columns = [steps[i].x_t for i in SHOWN] + [steps[-1].x_prev]  # each (3, 1, 28, 28)
    padded = [torch.nn.functional.pad(c, (GAP,) * 4, value=1.0) for c in columns]
    return torch.cat([torch.cat(list(column), dim=1) for column in padded], dim=2)


if __name__ == "__main__":
    picture = Image.fromarray(to_picture(draw_walk())[..., 0])
    picture = picture.resize((picture.width * SCALE, picture.height * SCALE), Image.NEAREST)
    picture.save(Path(__file__).parent / "walk.png", optimize=True)
