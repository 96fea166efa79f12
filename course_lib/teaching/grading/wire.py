"""Values as bytes: JSON for the form, npy for the arrays, never pickle.

What comes out of a sandbox is read here, so everything about it is doubted: form, size and dtype.
"""

import io
import json
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.teaching.props import Prop

MOST_JSON = 1_000_000  # bytes
MOST_DIMENSIONS = 16
KINDS = "biuf"  # NumPy's letters for booleans, whole numbers and floats
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
    )
}


class Malformed(ValueError):
    """These bytes are not what `pack` writes."""


def pack(value: Any) -> list[bytes]:
    """Write tensors, numbers, strings, None, props, and tuples and lists of these.

    Anything else becomes the name of its type, which is enough to say that it is wrong.
    """
    arrays: list[bytes] = []
    form = _encode(value, arrays)
    return [json.dumps(form).encode(), *arrays]


def unpack(parts: list) -> Any:
    """Read what `pack` wrote; whatever else the parts hold raises `Malformed`, and nothing else."""
    try:
        if len(parts[0]) > MOST_JSON:
            raise Malformed("too much JSON")
        return _decode(json.loads(bytes(parts[0])), [bytes(part) for part in parts[1:]])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise Malformed(f"{type(error).__name__}: {error}"[:200]) from None


def _encode(value: Any, arrays: list[bytes]) -> list:
    if isinstance(value, Prop):
        return ["prop", value.kind, [_encode(item, arrays) for item in value.arguments]]
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, [_encode(item, arrays) for item in value]]
    if isinstance(value, Tensor):
        return _encode_tensor(value, arrays)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in KINDS:
        kind = "array" if isinstance(value, np.ndarray) else "number"
        return [kind, _add(np.asarray(value), arrays)]
    if value is None or isinstance(value, bool | int | float | str):
        return ["plain", value]
    return ["ellipsis"] if value is Ellipsis else ["thing", type(value).__name__]


def _encode_tensor(value: Tensor, arrays: list[bytes]) -> list:
    dtype = str(value.dtype).removeprefix("torch.")
    if dtype not in DTYPES:
        return ["thing", f"tensor_of_{dtype}"]
    dense = value if value.layout == torch.strided else value.to_dense()
    plain = dense.detach().as_subclass(Tensor).cpu()
    plain = plain.float() if plain.dtype == torch.bfloat16 else plain  # NumPy has no bfloat16
    return ["tensor", dtype, _add(plain.resolve_neg().numpy(), arrays)]


def _add(array: np.ndarray, arrays: list[bytes]) -> int:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    arrays.append(file.getvalue())
    return len(arrays) - 1


def _decode(form: Any, arrays: list[bytes]) -> Any:
    kind, *rest = form
    if kind == "prop":
        return Prop(_text(rest[0]), tuple(_decode(item, arrays) for item in rest[1]))
    if kind in ("tuple", "list"):
        items = [_decode(item, arrays) for item in rest[0]]
        return tuple(items) if kind == "tuple" else items
    if kind == "tensor":
        return torch.from_numpy(_array(arrays[int(rest[1])])).to(DTYPES[rest[0]])
    if kind == "array":
        return _array(arrays[int(rest[0])])
    if kind == "number":
        return _array(arrays[int(rest[0])]).reshape(())[()]
    if kind == "plain":
        return _plain(rest[0])
    return Ellipsis if kind == "ellipsis" else _thing(_text(rest[0]))


def _plain(value: Any) -> Any:
    if not (value is None or isinstance(value, bool | int | float | str)):
        raise Malformed("not a plain value")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return math.inf if value > 0 else -math.inf  # beyond what a tensor can hold
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Malformed("not a text")
    return value


def _thing(name: str) -> Any:
    """Stand in for a value that cannot be sent: an object of an empty type with this name."""
    return type(name if name.isidentifier() and len(name) < 60 else "object", (), {})()


def _array(data: bytes) -> np.ndarray:
    """Read an npy file by hand: its header is checked before a byte of memory is asked for."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise Malformed("not npy, version 1.0")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in KINDS or len(shape) > MOST_DIMENSIONS or min(shape, default=0) < 0:
        raise Malformed(f"an array of {dtype} with the shape {shape}")
    count, start = math.prod(shape), file.tell()
    if count * dtype.itemsize != len(data) - start:
        raise Malformed("an array of another size than it says")
    values = np.frombuffer(data, dtype, offset=start) if count else np.empty(0, dtype)
    return values.reshape(shape, order="F" if fortran else "C").astype(dtype.newbyteorder("="))
