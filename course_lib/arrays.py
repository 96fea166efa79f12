"""The small things every other module needs: seeds, devices, precision and shapes."""

import contextlib
import os
import platform

import torch
from jaxtyping import Float, Int64
from torch import Tensor

Sample = Float[Tensor, " B *sample"]  # a batch of pictures (B, C, H, W) or of points (B, D)
Timesteps = Int64[Tensor, " B"]
Tokens = Int64[Tensor, "B L"]  # the condition


def make_generator(seed: int) -> torch.Generator:
    """Make a CPU random generator that always gives the same numbers for the same seed.

    Built in: noise.

    Parameters
    ----------
    seed : int
        From 0 to 2**63 - 1; another raises a ValueError.
    """
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be between 0 and 2**63 - 1, but it is {seed}")
    return torch.Generator().manual_seed(seed)


def pick_device() -> torch.device:
    """Return the GPU if PyTorch can use one, and the CPU otherwise."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bf16_units() -> bool:
    """Tell whether this processor has bfloat16 units (avx512_bf16 or AMX).

    A processor without them *emulates* bfloat16, which is several times slower than float32.
    """
    capabilities = torch.cpu.get_capabilities()
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    limited = limit.startswith(("AVX2", "SSE", "AVX512_CORE_VNNI"))
    return not limited and bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def autocast(device: str | torch.device = "cpu", enabled: bool | None = None):
    """Run what follows ``with`` in bfloat16 where that is faster: matrix products, convolutions.

    Parameters
    ----------
    device : str or torch.device
        Where the tensors are.
    enabled : bool, optional
        True or False decides. None asks the environment variable ``COURSE_LIB_BF16``
        ("1" or "0"), and without it the processor: see `has_bf16_units`.
    """
    device = torch.device(device)
    if enabled is None:
        wish = os.environ.get("COURSE_LIB_BF16")
        if wish not in (None, "", "0", "1"):
            raise ValueError(f"COURSE_LIB_BF16 must be 0 or 1, but it is {wish!r}")
        enabled = wish == "1" if wish else device.type == "cuda" or has_bf16_units()
    if not enabled:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def per_sample(a: Tensor, x: Tensor) -> Tensor:
    """Reshape one number per sample so that it broadcasts over the whole sample.

    `a` is (B,), and the batch `x` that it should multiply (B, ...); the answer, (B, 1, ..., 1),
    has as many dimensions as `x` and is on its device.
    """
    if a.ndim != 1 or a.shape[0] != x.shape[0]:
        raise ValueError(
            f"expected one number per sample, shape ({x.shape[0]},), but got {tuple(a.shape)}; "
            "expand a single number with .expand(batch_size)"
        )
    return a.to(x.device).reshape(-1, *[1] * (x.ndim - 1))


def check_same_shape(name: str, tensor: Tensor, like_name: str, like: Tensor) -> None:
    """Raise a ValueError unless `tensor` has the shape of `like`."""
    if tensor.shape != like.shape:
        raise ValueError(
            f"{name} must have the shape of {like_name}, {tuple(like.shape)}, "
            f"but its shape is {tuple(tensor.shape)}"
        )


def check_images(name: str, images: Tensor, channels: int | None = None) -> None:
    """Raise a ValueError unless `images` is a float batch of shape (B, C, H, W)."""
    wanted = f"(B, {channels or 'C'}, H, W)"
    if images.ndim != 4 or (channels is not None and images.shape[1] != channels):
        raise ValueError(f"{name} must have the shape {wanted}, but it is {tuple(images.shape)}")
    if not images.is_floating_point():
        raise ValueError(f"{name} must be a float tensor in [-1, 1], but it is {images.dtype}")


def processor_name() -> str:
    """Name the processor that a time was measured on, with the threads PyTorch uses."""
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or "unknown"
    precision = "bf16" if has_bf16_units() else "no bf16"
    count = torch.get_num_threads()
    threads = f"{count} thread" if count == 1 else f"{count} threads"
    return f"{name} ({torch.backends.cpu.get_cpu_capability()}, {precision}), {threads}"
