"""The U-Net: the network that looks at a noisy picture and says what in it is noise.

The way down halves the picture and widens the channels, to see the whole; the way up restores the
size, and skip connections bring back the details that the way down left behind.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.arrays import Timesteps, Tokens, autocast, check_images
from course_lib.layers import CrossAttention, ResidualBlock, SelfAttention, timestep_embedding
from course_lib.text import START, TextEncoder


@dataclass(frozen=True)
class UNetConfig:
    """Everything needed to build a `UNet`; level 0 has the largest pictures."""

    image_channels: int = 1  #: 1 for grey pictures, 3 for colour.
    fold: int = 2  #: Blocks of fold x fold pixels become channels first: smaller, deeper pictures.
    channels: tuple[int, ...] = (64, 128)  #: At each level; from one to the next, size is halved.
    blocks: int = 2  #: Residual blocks a level, on each way.
    vocabulary_size: int = 0  #: Number of token ids of the condition; 0: it takes no condition.
    text_dim: int = 64  #: Length of a token's vector.
    text_depth: int = 0  #: Blocks in which the words look at each other; 0 is enough for labels.
    self_attention_levels: tuple[int, ...] = ()  #: Levels whose blocks self-attention follows.
    cross_attention_levels: tuple[int, ...] = ()  #: The same for attention to the words.
    dropout: float = 0.0  #: Share of the features set to 0 while training.

    def __post_init__(self):
        if min(self.image_channels, self.fold, self.blocks, len(self.channels)) < 1:
            raise ValueError(f"image_channels, fold, blocks and levels must be at least 1: {self}")
        if self.channels[0] < 4 or self.channels[0] % 2:
            raise ValueError(f"the first of channels must be even, at least 4: {self.channels}")
        levels = {*self.self_attention_levels, *self.cross_attention_levels}
        if not levels <= set(range(len(self.channels))):
            raise ValueError(
                f"attention levels must be in 0 ... {len(self.channels) - 1}, one for each entry "
                f"of channels, but are {sorted(levels)}"
            )
        if self.cross_attention_levels and not self.vocabulary_size:
            raise ValueError("cross-attention needs words: set vocabulary_size")

    @property
    def smallest_multiple(self) -> int:
        """Height and width of a picture must be multiples of this."""
        return self.fold * 2 ** (len(self.channels) - 1)


class Stage(nn.Module):
    """Residual blocks of one level, each followed by the attention that the level has."""

    def __init__(self, config: UNetConfig, level: int, in_channels: int, embedding_dim: int):
        super().__init__()
        width = config.channels[level]
        self.blocks = nn.ModuleList()
        self.self_attention = nn.ModuleList()
        self.cross_attention = nn.ModuleList()
        for i in range(config.blocks):
            before = in_channels if i == 0 else width
            self.blocks.append(ResidualBlock(before, width, embedding_dim, config.dropout))
            if level in config.self_attention_levels:
                self.self_attention.append(SelfAttention(width))
            if level in config.cross_attention_levels:
                self.cross_attention.append(CrossAttention(width, config.text_dim))

    def forward(self, h: Tensor, embedding: Tensor, words: Tensor, is_word: Tensor) -> Tensor:
        for i, block in enumerate(self.blocks):
            h = block(h, embedding)
            if self.self_attention:
                h = self.self_attention[i](h)
            if self.cross_attention:
                h = self.cross_attention[i](h, words, is_word)
        return h


class UNet(nn.Module):
    """Predict the noise in a picture.

    Source: U-Net (Ronneberger et al., 2015), with the residual blocks and timestep embedding of
    DDPM (Ho et al., 2020). Built in: unet.

    Parameters
    ----------
    config : UNetConfig
    """

    def __init__(self, config: UNetConfig):
        super().__init__()
        self.config = config
        channels, last = config.channels, len(config.channels) - 1
        dim = 2 * channels[0]
        self.time_mlp = nn.Sequential(nn.Linear(channels[0], dim), nn.SiLU(), nn.Linear(dim, dim))
        if config.vocabulary_size:
            self.text_encoder = TextEncoder(
                config.vocabulary_size, config.text_dim, config.text_depth
            )
            self.text_proj = nn.Linear(config.text_dim, dim)
        folded = config.image_channels * config.fold**2
        self.conv_in = nn.Conv2d(folded, channels[0], 3, padding=1)
        self.down = nn.ModuleList(
            Stage(config, i, channels[max(i - 1, 0)], dim) for i in range(last + 1)
        )
        self.middle = ResidualBlock(channels[-1], channels[-1], dim, config.dropout)
        self.up = nn.ModuleList(
            Stage(config, i, channels[min(i + 1, last)] + channels[i], dim) for i in range(last + 1)
        )
        self.conv_out = nn.Conv2d(channels[0], folded, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)
        self.to(memory_format=torch.channels_last)

    def forward(
        self, x_t: Float[Tensor, "B C H W"], t: Timesteps, cond: Tokens | None = None
    ) -> Float[Tensor, "B C H W"]:
        """Predict the noise.

        Parameters
        ----------
        x_t : Tensor, shape (B, C, H, W)
            Noisy pictures; H and W must be multiples of ``config.smallest_multiple``.
        t : Tensor, shape (B,), int64
        cond : Tensor, shape (B, L), int64, optional
            Token ids; None is the null condition.

        Returns
        -------
        Tensor, shape of `x_t`
            eps_hat, the predicted noise (or v, if it was trained for v).
        """
        self._check(x_t, t, cond)
        with autocast(x_t.device):
            return self._predict(x_t, t, cond).to(x_t.dtype)

    def _predict(self, x_t: Tensor, t: Tensor, cond: Tensor | None) -> Tensor:
        embedding, words, is_word = self._embed(t, cond)
        h = F.pixel_unshuffle(x_t, self.config.fold)
        h = self.conv_in(h.contiguous(memory_format=torch.channels_last))
        skips = []
        for level, stage in enumerate(self.down):
            if level > 0:
                h = F.avg_pool2d(h, 2)
            h = stage(h, embedding, words, is_word)
            skips.append(h)
        h = self.middle(h, embedding)
        for level, stage in reversed(list(enumerate(self.up))):
            h = stage(torch.cat([h, skips[level]], dim=1), embedding, words, is_word)
            if level > 0:
                h = F.interpolate(h, scale_factor=2, mode="nearest")
        return F.pixel_shuffle(self.conv_out(F.silu(h)), self.config.fold)

    def _embed(self, t: Tensor, cond: Tensor | None) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Put the time and the pooled condition into one row: (B, dim)."""
        embedding = self.time_mlp(timestep_embedding(t, self.config.channels[0]))
        if not self.config.vocabulary_size:
            return F.silu(embedding), None, None
        if cond is None:
            cond = torch.full((len(t), 1), START, device=t.device)
        words, pooled, is_word = self.text_encoder(cond)
        return F.silu(embedding + self.text_proj(pooled)), words, is_word

    def _check(self, x_t: Tensor, t: Tensor, cond: Tensor | None) -> None:
        check_images("x_t", x_t, self.config.image_channels)
        multiple = self.config.smallest_multiple
        if x_t.shape[2] % multiple or x_t.shape[3] % multiple:
            raise ValueError(
                f"height and width must be multiples of {multiple}, but x_t is {tuple(x_t.shape)}"
            )
        if t.shape != x_t.shape[:1]:
            raise ValueError(
                f"t must hold one timestep a picture, shape ({len(x_t)},), but it is "
                f"{tuple(t.shape)}"
            )
        if cond is not None and not self.config.vocabulary_size:
            raise ValueError("this network takes no condition: leave cond out")
        if cond is not None and len(cond) != len(x_t):
            raise ValueError(f"cond must have {len(x_t)} rows, one a picture, but has {len(cond)}")


@torch.no_grad()
def attention_maps(
    unet: UNet, x_t: Float[Tensor, "B C H W"], t: Timesteps, cond: Tokens
) -> Float[Tensor, "B L H W"]:
    """How much each pixel looks at each word of its prompt: the mean over all cross-attention.

    Built in: conditioning.

    Parameters
    ----------
    x_t, t, cond : Tensor
        As for `UNet`.

    Returns
    -------
    Tensor, shape (B, L, H, W)
        Weights 0 ... 1, enlarged to the size of the picture; a pixel's weights add up to 1.

    Raises
    ------
    ValueError
        If the network has no cross-attention.
    """
    maps = []

    def keep(layer: CrossAttention, inputs: tuple, _: Tensor) -> None:
        weights = layer.weights(*inputs).float()
        maps.append(F.interpolate(weights, x_t.shape[2:], mode="bilinear"))

    layers = [layer for layer in unet.modules() if isinstance(layer, CrossAttention)]
    if not layers:
        raise ValueError("this network has no cross-attention: its prompts have no places")
    hooks = [layer.register_forward_hook(keep) for layer in layers]
    try:
        unet(x_t, t, cond)
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(maps).mean(0)
