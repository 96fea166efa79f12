"""Values survive the wire; anything else that comes is refused, and nothing is unpickled."""

import io
import json

import numpy as np
import pytest
import torch

from course_lib.teaching.grading.wire import Malformed, pack, unpack
from course_lib.teaching.props import Prop


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, -3, 2**62, 0.1, float("inf"), "ein Ä, \" and '", "", (), [], ((1,), [2.5])),
        Prop("generator", (7,)),
        ("name", (Prop("u_parts", (1, 2, 3)),), ()),
    ],
)
def test_plain_values_come_back_as_they_went(value):
    assert unpack(pack(value)) == value


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "bfloat16", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3)])
def test_tensors_keep_numbers_shape_and_dtype(dtype, shape):
    tensor = torch.ones(shape, dtype=getattr(torch, dtype))
    got = unpack(pack([tensor]))[0]
    assert type(got) is torch.Tensor and got.dtype == tensor.dtype
    assert got.shape == tensor.shape and torch.equal(got, tensor)


def test_what_needs_care_comes_back_as_plain_numbers():
    x = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(unpack(pack(x.T)), x.T)
    assert torch.equal(unpack(pack(x.to_sparse())), x)
    assert torch.equal(unpack(pack(x.clone().requires_grad_())), x)
    assert np.isnan(unpack(pack(float("nan"))))
    assert unpack(pack(np.float64(0.5))) == 0.5 and isinstance(
        unpack(pack(np.array([1]))), np.ndarray
    )
    assert unpack(pack(...)) is Ellipsis
    assert unpack(pack(10**400)) == float("inf")


@pytest.mark.parametrize("value", [{}, object(), torch.nn.Linear(1, 1), torch.ones(1) * 1j])
def test_what_cannot_be_sent_keeps_the_name_of_its_type(value):
    got = unpack(pack(value))
    assert type(got).__name__ in (type(value).__name__, "tensor_of_complex64")


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("this was unpickled",))


def header_of(shape: str, data: bytes) -> bytes:
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + data


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b""],
        [b"{"],
        [b"\xff\xfe"],
        [b"[" * 50_000],
        [b"3"],
        [b'["plain", {"a": 1}]'],
        [b'["tensor", "float32", 0]'],
        [b'["tensor", "object", 0]', npy(np.ones(2))],
        [b'["array", 0]', npy(np.array([Bomb()], dtype=object), allow_pickle=True)],
        [b'["array", 0]', npy(np.ones(3))[:-1]],
        [b'["array", 0]', npy(np.ones(3)) + b"more"],
        [b'["array", 0]', header_of("(1000000000000,)", b"1234")],
        [b'["array", 0]', header_of("(-1, -1)", b"1234")],
        [b'["array", 0]', header_of("(1" + ",1" * 40 + ")", b"1234")],
        [b'["array", 0]', npy(np.ones(1, dtype=[("a", "f4")]))],
        [b'["number", 0]', npy(np.ones(2))],
        [json.dumps(["plain", "x" * 2_000_000]).encode()],
        [b'["prop", 3, []]'],
        [b'["no such kind", 3]'],
    ],
)
def test_anything_else_is_malformed(parts):
    with pytest.raises(Malformed):
        unpack(parts)


def test_an_array_header_is_what_the_test_means():
    assert unpack([b'["array", 0]', header_of("(1,)", np.float32(2).tobytes())]).tolist() == [2]
