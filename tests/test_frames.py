"""The byte container and its 16-bit points."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from explainer.frames import DTYPES, decode, dequantise, encode, limits_around, quantise

points = arrays(
    np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(-1e6, 1e6)
)
any_array = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=0, min_side=0))
)
named = st.dictionaries(st.text(max_size=8), any_array, max_size=4)


@given(named, st.dictionaries(st.text(max_size=8).filter("arrays".__ne__), st.integers()))
def test_what_is_packed_comes_back(contents, header):
    data = encode(header, contents)
    back_header, back = decode(data)
    assert back_header == header
    assert list(back) == list(contents)
    for name, array in contents.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array, strict=True)


@given(named)
def test_the_layout_is_what_the_page_lays_typed_arrays_over(contents):
    data = encode({"title": "ü"}, contents)
    assert data[:4] == b"DXF1"
    (length,) = struct.unpack("<I", data[4:8])
    start = 8 + length
    assert start % 8 == len(data) % 8 == 0
    for entry in json.loads(data[8:start].decode())["arrays"]:
        assert entry["offset"] % 8 == 0
        raw = contents[entry["name"]].tobytes()
        assert data[start + entry["offset"] :][: len(raw)] == raw


@pytest.mark.parametrize(
    "view", [lambda a: a[::2], lambda a: a.T, lambda a: a.astype(">f4"), lambda a: a[:, ::-1]]
)
def test_the_order_of_an_arrays_bytes_in_memory_does_not_matter(view):
    array = view(np.arange(12, dtype=np.float32).reshape(4, 3))
    _, back = decode(encode({}, {"a": array}))
    np.testing.assert_array_equal(back["a"], array)


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", "int32"])
def test_other_types_are_refused_by_name(dtype):
    with pytest.raises(ValueError, match=rf"^x: dtype must be one of .*, not {dtype}$"):
        encode({}, {"x": np.zeros(3, dtype=dtype)})


def test_the_key_arrays_is_taken():
    with pytest.raises(ValueError, match="'arrays' is taken"):
        encode({"arrays": []}, {})


def test_numbers_that_json_does_not_know_are_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"loss": float("nan")}, {})


@pytest.mark.parametrize("data", [b"", b"DXF", b"DXF2" + b"\0" * 20, b"PK\3\4"])
def test_other_bytes_are_refused(data):
    with pytest.raises(ValueError, match=r"^not a frame container"):
        decode(data)


@given(points)
def test_quantising_is_exact_to_half_a_level(cloud):
    limits = limits_around(cloud)
    levels = quantise(cloud, limits)
    assert levels.dtype == np.uint16
    assert levels.shape == cloud.shape
    half = (limits[1] - limits[0]) / 65535 / 2
    assert np.abs(dequantise(levels, limits) - cloud).max() <= half * 1.001 + 1e-9


def test_limits_are_the_ends_of_the_range_and_what_lies_outside_is_moved_there():
    limits = (-1.0, 1.0, 0.0, 4.0)
    cloud = np.array([[-1.0, 0.0], [1.0, 4.0], [-9.0, 9.0], [0.0, 2.0]])
    assert quantise(cloud, limits).tolist() == [[0, 0], [65535, 65535], [0, 65535], [32768, 32768]]
    ends = dequantise(np.array([[0, 65535]], dtype=np.uint16), limits)
    assert ends.tolist() == [[-1.0, 4.0]]


def test_coordinates_that_are_not_finite_stay_in_the_box():
    cloud = np.array([[np.nan, 0.5], [np.inf, -np.inf], [0.5, np.nan]], dtype=np.float32)
    levels = quantise(cloud, (0.0, 1.0, 0.0, 1.0))
    assert levels.tolist() == [[0, 32768], [65535, 0], [32768, 0]]


@given(st.lists(points, min_size=1, max_size=3), st.floats(0, 1))
def test_limits_are_square_and_hold_every_cloud_with_room(clouds, margin):
    x_low, x_high, y_low, y_high = limits_around(*clouds, margin=margin)
    everything = np.concatenate(clouds)
    rounding = 1e-9 * (1 + abs(everything).max())
    assert x_high - x_low == pytest.approx(y_high - y_low, abs=rounding)
    low, high = everything.min(axis=0), everything.max(axis=0)
    extent = (high - low).max()
    room = np.concatenate([low - [x_low, y_low], [x_high, y_high] - high])
    furthest = abs(low + high).max() / 2
    if extent > 2e-9 * furthest:
        assert room.min() == pytest.approx(extent * margin, abs=rounding)
    else:  # a single place, with some room around it
        assert 0 < room.min() <= max(1.0, furthest) * (1 + 2 * margin)


@pytest.mark.parametrize("clouds", [[np.zeros((0, 2))], [np.full((3, 2), np.nan)]])
def test_limits_around_nothing_are_a_box_around_zero(clouds):
    x_low, x_high, y_low, y_high = limits_around(*clouds, margin=0.0)
    assert (x_low, x_high, y_low, y_high) == (-1, 1, -1, 1)


def test_limits_pass_over_what_is_not_finite():
    cloud = np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, 50.0], [np.inf, 0.0]])
    assert limits_around(cloud, margin=0.0) == (0.0, 1.0, 0.0, 1.0)
    assert limits_around(cloud.reshape(2, 2, 2), margin=0.0) == (0.0, 1.0, 0.0, 1.0)
