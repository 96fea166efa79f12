"""Samples as files: an array for programs (npz), a sheet to look at (png); all or nothing."""

import math
import os
import tempfile
from pathlib import Path

import numpy as np

GAP = 2  # pixels between the pictures of a sheet
GREY = 128


def to_bytes(images: "torch.Tensor") -> np.ndarray:  # noqa: F821
    """Turn images (N, C, H, W) in [-1, 1] into bytes (N, H, W, C), uint8; the rest is cut."""
    pixels = ((images.clamp(-1, 1) + 1) * 127.5).round().byte()
    return pixels.permute(0, 2, 3, 1).contiguous().numpy()


def sheet(pixels: np.ndarray) -> np.ndarray:
    """Lay pictures (N, H, W, C) out in a nearly square grid with grey gaps: (rows, columns, C)."""
    count, height, width, channels = pixels.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    cell = (height + GAP, width + GAP)
    page = np.full((rows * cell[0] - GAP, columns * cell[1] - GAP, channels), GREY, np.uint8)
    for i, picture in enumerate(pixels):
        top, left = i // columns * cell[0], i % columns * cell[1]
        page[top : top + height, left : left + width] = picture
    return page


def write_samples(path: Path, pixels: np.ndarray) -> None:
    """Write pictures (N, H, W, C) as .npz or .png; the file appears whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            _encode(file, path.suffix, pixels)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)  # a temporary file is for its owner only
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _encode(file, ending: str, pixels: np.ndarray) -> None:
    if ending == ".npz":
        np.savez_compressed(file, images=pixels)
        return
    from PIL import Image

    page = sheet(pixels)
    scale = max(1, min(4, 1200 // page.shape[1]))  # 28 pixels are hard to see
    page = page.repeat(scale, axis=0).repeat(scale, axis=1)
    Image.fromarray(page.squeeze(-1) if page.shape[-1] == 1 else page).save(file, "PNG")
