"""Arrays as bytes for the page: one small container, quantised point clouds in it.

Layout, little-endian: the four bytes ``DXF1``; a uint32, the length of the header; the header,
UTF-8 JSON padded with spaces to a multiple of eight bytes; then the arrays, each starting at a
multiple of eight. The header's ``arrays`` lists ``name``, ``dtype``, ``shape`` and ``offset``
(counted from the end of the header), so that the page can lay typed arrays over the bytes without
copying. Everything else in the header is the caller's.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"DXF1"
DTYPES = ("uint8", "uint16", "float32")
Limits = tuple[float, float, float, float]  # x low, x high, y low, y high


def limits_around(*clouds: NDArray[Any], margin: float = 0.06) -> Limits:
    """Return one box with equal extent in x and y that holds all clouds.

    Parameters
    ----------
    *clouds : ndarray, shape (..., 2)
        Points in any number of leading dimensions; non-finite ones are passed over.
    margin : float
        Room on each side, as a share of the extent.

    Returns
    -------
    tuple of float
        ``(x_low, x_high, y_low, y_high)``, square, so that equal aspect needs no padding.
    """
    # Coordinate by coordinate: numpy's reductions over pairs take five times as long.
    x, y = (
        np.concatenate([np.asarray(cloud, dtype=np.float64)[..., i].ravel() for cloud in clouds])
        for i in range(2)
    )
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    low, high = np.array([-1.0, -1.0]), np.array([1.0, 1.0])
    if len(x):
        low, high = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    centre = (low + high) / 2
    half = float((high - low).max()) / 2
    if half <= 1e-9 * float(np.abs(centre).max()):  # a single place: there is no shape to fit
        half = 1e-6 * float(np.abs(centre).max()) or 1.0
    half *= 1 + 2 * margin
    return (centre[0] - half, centre[0] + half, centre[1] - half, centre[1] + half)


def quantise(points: NDArray[Any], limits: Limits) -> NDArray[np.uint16]:
    """Map points to 16 bits over a box.

    What lies outside is moved to its edge, and the page leaves out what lies on the edge.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
    limits : tuple of float
        ``(x_low, x_high, y_low, y_high)``.

    Returns
    -------
    ndarray of uint16, shape (..., 2)
        0 is the lower limit and 65535 the upper; the error is at most half of
        ``(high - low) / 65535``. NaN becomes the lower limit.
    """
    low = np.array([limits[0], limits[2]], dtype=np.float64)
    high = np.array([limits[1], limits[3]], dtype=np.float64)
    unit = np.nan_to_num((np.asarray(points) - low) / (high - low), nan=0.0, posinf=1.0, neginf=0.0)
    return np.rint(np.clip(unit, 0.0, 1.0) * 65535).astype(np.uint16)


def dequantise(values: NDArray[np.uint16], limits: Limits) -> NDArray[np.float64]:
    """Invert :func:`quantise`, up to its rounding."""
    low = np.array([limits[0], limits[2]], dtype=np.float64)
    high = np.array([limits[1], limits[3]], dtype=np.float64)
    return low + values.astype(np.float64) / 65535 * (high - low)


def encode(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Pack a JSON header and named arrays into bytes.

    Parameters
    ----------
    header : mapping
        JSON-able; ``arrays`` is the only key that is taken.
    arrays : mapping of str to ndarray
        Of dtype uint8, uint16 or float32, any shape.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the header has a key ``arrays``, or an array has another dtype.
    """
    if "arrays" in header:
        raise ValueError("header: the key 'arrays' is taken by the container")
    listing, blocks, offset = [], [], 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise ValueError(f"{name}: dtype must be one of {', '.join(DTYPES)}, not {array.dtype}")
        block = array.astype(array.dtype.newbyteorder("<")).tobytes()
        block += bytes(-len(block) % 8)
        listing.append(
            {"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        )
        blocks.append(block)
        offset += len(block)
    text = json.dumps({**header, "arrays": listing}, allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    return MAGIC + struct.pack("<I", len(text)) + text + b"".join(blocks)


def decode(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Invert :func:`encode`.

    Returns
    -------
    header : dict
        Without ``arrays``.
    arrays : dict of str to ndarray

    Raises
    ------
    ValueError
        If the bytes do not start with the container's mark.
    """
    if data[:4] != MAGIC:
        raise ValueError("not a frame container: the first four bytes must be DXF1")
    (length,) = struct.unpack("<I", data[4:8])
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    arrays = {}
    for entry in header.pop("arrays"):
        count = int(np.prod(entry["shape"], dtype=np.int64))
        start = 8 + length + entry["offset"]
        flat = np.frombuffer(data, dtype=entry["dtype"], count=count, offset=start)
        arrays[entry["name"]] = flat.reshape(entry["shape"])
    return header, arrays
