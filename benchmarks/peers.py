"""Who takes part: each network behind this course's call, ``network(x_t, t, cond) -> v_hat``.

All are trained by the `digits` recipe, so all predict v.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from course_lib.arrays import autocast
from course_lib.conditioning import null_cond
from course_lib.recipes import digits
from course_lib.text import FIRST_WORD
from course_lib.unet import UNet

CLASSES = 10


@dataclass(frozen=True)
class Contestant:
    """A network that takes part.

    Attributes
    ----------
    name : str
        As in the table.
    package : str
        The module that must be installed.
    build : callable
        Makes the untrained network.
    """

    name: str
    package: str
    build: Callable[[], nn.Module]


class Peer(nn.Module):
    """What both peers need: our timesteps and prompts in their terms, bf16 and channels-last."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        if cond is None:
            cond = null_cond(len(x_t))
        # Digit k is the token k + FIRST_WORD; padding in its place means "no condition".
        label = cond[:, 1] - FIRST_WORD  # (B,), negative where there is none
        x_t = x_t.contiguous(memory_format=torch.channels_last)
        with autocast(x_t.device):
            return self.predict(x_t, t - 1, label).to(x_t.dtype)  # both count from 0


class Diffusers(Peer):
    """diffusers' `UNet2DModel`, set up as in Hugging Face's diffusion course, unit 2.

    As there, the label becomes four more input channels. The embedding has one more row, for
    "no label", without which there is no guidance.
    """

    def __init__(self):
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when diffusers is imported
        from diffusers import UNet2DModel

        super().__init__(
            UNet2DModel(
                sample_size=28,
                in_channels=1 + 4,
                out_channels=1,
                layers_per_block=2,
                block_out_channels=(32, 64, 64),  # 28, 14 and 7 pixels wide
                down_block_types=("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
                up_block_types=("AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
            )
        )
        self.label_embedding = nn.Embedding(CLASSES + 1, 4)

    def predict(self, x_t: Tensor, t: Tensor, label: Tensor) -> Tensor:
        row = self.label_embedding(torch.where(label < 0, CLASSES, label))  # (B, 4)
        planes = row[:, :, None, None].expand(-1, -1, *x_t.shape[2:])
        return self.network(torch.cat([x_t, planes], dim=1), t).sample


class Lucidrains(Peer):
    """`Unet` of denoising_diffusion_pytorch.classifier_free_guidance.

    Its README has dim=64 and four levels for pictures of 128 pixels. 28 pixels can be halved
    twice, so three levels are left; dim=32 makes it about as large as ours, and twice as far in
    the same time as 64 would.
    """

    def __init__(self):
        from denoising_diffusion_pytorch.classifier_free_guidance import Unet

        super().__init__(Unet(dim=32, num_classes=CLASSES, dim_mults=(1, 2, 4), channels=1))

    def predict(self, x_t: Tensor, t: Tensor, label: Tensor) -> Tensor:
        known = label >= 0  # the others get its own null embedding
        return self.network(x_t, t, label.clamp(min=0), cond_drop_prob=0.0, cond_keep_mask=known)


OURS = "ours"
CONTESTANTS = (
    Contestant(OURS, "course_lib", lambda: UNet(digits.UNET)),
    Contestant("diffusers", "diffusers", Diffusers),
    Contestant("lucidrains", "denoising_diffusion_pytorch", Lucidrains),
)


def build(name: str) -> nn.Module:
    """Make an untrained network, the same one each time."""
    (contestant,) = [one for one in CONTESTANTS if one.name == name]
    torch.manual_seed(digits.SEED)
    return contestant.build()


def missing_packages() -> list[str]:
    """The packages that a contestant needs and this environment lacks."""
    return [one.package for one in CONTESTANTS if find_spec(one.package) is None]
