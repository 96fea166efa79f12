"""What a question hands to a learner's function and cannot be sent as an array: models, dice.

A `Prop` is the recipe of such a thing, in numbers, strings and tensors. It is built anew wherever a
function is called, so no call sees what an earlier one did to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.arrays import make_generator


@dataclass(frozen=True)
class Prop:
    """A thing to be built: the name of its builder, and what the builder is given."""

    kind: str
    arguments: tuple = ()

    def build(self) -> Any:
        """Build it; an unknown `kind` raises a ValueError."""
        if self.kind not in BUILDERS:
            raise ValueError(f"no prop {self.kind!r}; there are {', '.join(BUILDERS)}")
        return BUILDERS[self.kind](*build(self.arguments))


def build(inputs: Any) -> Any:
    """Copy tensors and build props, also inside tuples and lists; the rest stays as it is."""
    if isinstance(inputs, Prop):
        return inputs.build()
    if isinstance(inputs, Tensor):
        return inputs.clone()
    if isinstance(inputs, tuple | list):
        return type(inputs)(build(item) for item in inputs)
    return inputs


def linear_network(weight: Tensor, bias: Tensor) -> nn.Module:
    """Make a network of one linear layer: `weight` is (outputs, inputs), `bias` (outputs,)."""
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return layer


def linear_model(weight: Tensor, bias: Tensor, cond_weight: float = 0.0) -> Callable:
    """Make a model(x_t, t, cond) -> eps_hat that is linear in x_t: no training, exact answers.

    `weight` and `bias` are scalars or of the shape of a sample. The timestep joins in, so that a
    wrong t shows; so does the sum of the token ids, times `cond_weight`, where there is a cond.
    """

    def model(x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        column = (-1, *[1] * (x_t.ndim - 1))
        eps_hat = weight * x_t + bias + 1e-3 * t.to(x_t.dtype).reshape(column)
        if cond is None:
            return eps_hat
        return eps_hat + cond_weight * cond.sum(dim=1).to(x_t.dtype).reshape(column)

    return model


def u_parts(levels: int, channels: int, seed: int) -> SimpleNamespace:
    """Make the stations of a U with random weights: `down[i]`, `middle` and `up[i]`.

    Each is a function of feature maps. A station of the way up takes twice `channels`: what comes
    from below, then what comes across. Every level has the same `channels`, so that a U that is
    wired wrongly still runs, and shows by its numbers what went where.
    """
    generator = make_generator(seed)

    def station(inputs: int) -> Callable:
        weight = torch.randn(channels, inputs, 3, 3, generator=generator) / (3 * inputs**0.5)
        return lambda h: F.silu(F.conv2d(h, weight, padding=1))

    return SimpleNamespace(
        down=[station(channels) for _ in range(levels)],
        middle=station(channels),
        up=[station(2 * channels) for _ in range(levels)],
    )


BUILDERS = {
    "generator": make_generator,
    "linear_network": linear_network,
    "linear_model": linear_model,
    "u_parts": u_parts,
}
