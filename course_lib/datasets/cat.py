"""One cat: the photograph of Chelsea that scikit-image ships (CC0, by Stéfan van der Walt)."""

import torch
from jaxtyping import Float
from torch import Tensor


def cat(size: int = 128) -> Float[Tensor, "1 3 size size"]:
    """Load the face of a cat as a square colour picture.

    Parameters
    ----------
    size : int
        Height and width in pixels, 8 ... 300.

    Returns
    -------
    Tensor, shape (1, 3, size, size), float32 in [-1, 1]
        A batch of one picture; the channels are red, green and blue.

    Raises
    ------
    ValueError
        If the size is outside 8 ... 300.

    Notes
    -----
    Built in: vectors.
    """
    if not 8 <= size <= 300:
        raise ValueError(f"size must be 8 ... 300 pixels, but it is {size}")
    from skimage.data import chelsea  # slow to import

    photo = torch.from_numpy(chelsea()).permute(2, 0, 1).float()  # (3, 300, 451), 0 ... 255
    square = photo[:, :, 95:395].unsqueeze(0)
    small = torch.nn.functional.interpolate(square, size=(size, size), mode="area")
    return small / 127.5 - 1
