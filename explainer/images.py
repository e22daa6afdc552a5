"""Pictures: those that come with scikit-learn, a learner's own, and how near one is to another.

A picture is an array of uint8, grey (h, w) or coloured (h, w, 3), at most 384 wide and high: as
many pixels as the page has room for, so that each pixel is seen.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, PngImagePlugin
from scipy import ndimage

from explainer.noise_settings import DIGITS
from explainer.own import is_own, load_picture

Picture = NDArray[np.uint8]
MAX_SIDE = 384  # pixels
MIN_SIDE = 8  # pixels: less shows nothing, and no filter fits in
MAX_PIXELS = 4_000_000  # of a file: decoding this many takes 16 MB
MAX_PARTS = 5000  # of a file: one of 2 MB has some hundred, and a million tiny ones take long
MAX_SCANS = 24  # of a JPEG file, each of which goes over all pixels: programs write up to a dozen
SHRUNK_ROUGHLY = 2.0  # times as large as wanted, before the last bit is done with care
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 2**20  # bytes of words in a file, unpacked; nobody reads them
DIGITS_ACROSS, DIGITS_DOWN = 6, 4
DIGIT_MARGIN = 2  # pixels of black around each digit, so that they stay apart
JPEG_QUALITY = 78
NO_PICTURE = "The file is not a PNG or JPEG picture, or it is damaged."
PAPER = (255, 255, 255)  # seen through what is transparent


def read_picture(data: bytes) -> Picture:
    """Read a PNG or a JPEG file that somebody brought.

    What it is, is looked for in its bytes, and its size in its header, before any pixel is decoded.
    It is turned as the camera was held, laid on white where it is transparent, and shrunk; of an
    animation the first picture is taken.

    Parameters
    ----------
    data : bytes
        Anything.

    Returns
    -------
    ndarray of uint8, shape (h, w) or (h, w, 3)

    Raises
    ------
    ValueError
        With one sentence, if it is no such picture, damaged, too large or too small.
    """
    if not data:
        raise ValueError("The file is empty.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of strangers' files there would be many in the log
        return _read(data)


def _read(data: bytes) -> Picture:
    _check_parts(data)
    try:
        image: Image.Image = Image.open(BytesIO(data), formats=("PNG", "JPEG"))
        size = image.size
    except Image.DecompressionBombError:
        raise ValueError(f"The picture is too large: {_TAKEN}.") from None
    except Exception:  # damaged files raise OSError, SyntaxError, struct.error and more
        raise ValueError(NO_PICTURE) from None
    _check_size(*size)
    try:
        # A JPEG file that is much too large is decoded smaller, which is quicker.
        image.draft(None, (int(SHRUNK_ROUGHLY * MAX_SIDE), int(SHRUNK_ROUGHLY * MAX_SIDE)))
        image.load()
        image = _eight_bits(image)
        # Before anything else, which then needs a hundredth of the memory.
        image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, SHRUNK_ROUGHLY)
        ImageOps.exif_transpose(image, in_place=True)
        return np.array(_on_paper(image), dtype=np.uint8)
    except Exception:
        raise ValueError(NO_PICTURE) from None


def _check_parts(data: bytes) -> None:
    """Refuse files of far too many parts, each of which costs time whatever the picture's size."""
    parts = _png_parts(data) if data.startswith(b"\x89PNG") else _jpeg_parts(data)
    if data.count(b"\xff\xda") > MAX_SCANS and data.startswith(b"\xff\xd8"):
        raise ValueError(NO_PICTURE)
    if sum(1 for _ in islice(parts, MAX_PARTS + 1)) > MAX_PARTS:
        raise ValueError(NO_PICTURE)


def _png_parts(data: bytes) -> Iterator[int]:
    """Yield where each chunk begins."""
    place = 8
    while place < len(data):
        yield place
        place += 12 + int.from_bytes(data[place : place + 4], "big")


def _jpeg_parts(data: bytes) -> Iterator[int]:
    """Yield where each segment before the pixels begins, and each byte that only fills."""
    place = 2
    while data[place : place + 1] == b"\xff" and data[place + 1 : place + 2] != b"\xda":
        yield place
        fills = data[place + 1 : place + 2] == b"\xff"
        place += 1 if fills else 2 + int.from_bytes(data[place + 2 : place + 4], "big")


_TAKEN = f"at most {MAX_PIXELS / 1e6:g} million pixels are taken"


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ValueError(f"The picture has {width:,} × {height:,} pixels: {_TAKEN}.")
    if min(width, height) < MIN_SIDE:
        raise ValueError(
            f"The picture has only {width:,} × {height:,} pixels: at least {MIN_SIDE} × {MIN_SIDE} "
            "are needed."
        )
    if min(width, height) * MAX_SIDE < max(width, height) * MIN_SIDE:
        raise ValueError(
            f"The picture, {width:,} × {height:,} pixels, is too narrow: one side may be at most "
            f"{MAX_SIDE // MIN_SIDE} times as long as the other."
        )


def _eight_bits(image: Image.Image) -> Image.Image:
    """Turn whatever a file holds into 8 bits: grey, colours, or colours and how clear they are."""
    if image.mode.startswith("I"):  # 16 bits of grey, which PIL would cut off at 255
        deep = np.asarray(image).clip(0, 65535)
        np.floor_divide(deep, 257, out=deep)
        grey = Image.fromarray(deep.astype(np.uint8))
        grey.info = image.info
        return grey
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    mode = "L" if image.mode in {"1", "L"} else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _on_paper(image: Image.Image) -> Image.Image:
    """Lay what is transparent on white."""
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGBA", image.size, (*PAPER, 255))
    return Image.alpha_composite(paper, image).convert("RGB")


def write_png(picture: Picture) -> bytes:
    """Write a picture without loss, and with nothing else that its file may have told."""
    return _write(picture, "PNG", optimize=False)


def write_jpeg(picture: Picture) -> bytes:
    """Write a picture that is only to be looked at."""
    return _write(picture, "JPEG", quality=JPEG_QUALITY)


def _write(picture: Picture, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def shrunk(picture: Picture, side: int) -> Picture:
    """Return a picture that is at most ``side`` wide and high; a smaller one as it is."""
    image = Image.fromarray(picture)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.array(image, dtype=np.uint8)


@lru_cache
def _shipped(name: str) -> Picture:
    from sklearn import datasets  # it takes a second, and the page's server never needs it

    if name == DIGITS:
        digits = datasets.load_digits().images[: DIGITS_ACROSS * DIGITS_DOWN] / 16  # (24, 8, 8)
        apart = np.pad(digits, ((0, 0), *[(DIGIT_MARGIN, DIGIT_MARGIN)] * 2))  # (24, 12, 12)
        side = apart.shape[1]
        rows = apart.reshape(DIGITS_DOWN, DIGITS_ACROSS, side, side).swapaxes(1, 2)
        return to_bytes(rows.reshape(DIGITS_DOWN * side, DIGITS_ACROSS * side))  # (48, 72)
    return shrunk(datasets.load_sample_image(f"{name}.jpg"), MAX_SIDE)


def load(name: str) -> Picture:
    """Return a picture by its name: ``digits``, ``china``, ``flower``, or a learner's own.

    Raises
    ------
    ValueError
        With one sentence, if a learner's picture is not here any more.
    """
    if is_own(name):
        return read_picture(load_picture(name))
    return _shipped(name).copy()


def to_bytes(values: NDArray[Any]) -> Picture:
    """Write values as a screen shows them: 0 is black, 1 white, and what is outside cut off."""
    shown: Picture = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return shown


def psnr(picture: Picture, clean: Picture) -> float:
    r"""Return the peak signal-to-noise ratio in dB, :math:`10 \log_{10}(255^2 / MSE)`.

    Parameters
    ----------
    picture, clean : ndarray of uint8, same shape

    Returns
    -------
    float
        Infinite if they are equal.
    """
    off = picture.ravel().astype(np.float32) - clean.ravel()
    error = float(off @ off) / off.size
    return 10 * math.log10(255**2 / error) if error else math.inf


def snr(picture: NDArray[Any], clean: NDArray[Any]) -> float:
    """Return in dB the power of what still follows the clean picture against that of the rest.

    The best straight line through the values of one picture over those of the other is what still
    follows it, and the rest is noise: a picture that has only faded has no noise.

    Parameters
    ----------
    picture, clean : ndarray, same shape
        Values need not be in [0, 1].

    Returns
    -------
    float
        Infinite without noise, minus infinite without signal, NaN without both.
    """
    x = np.asarray(clean, dtype=np.float64) - np.mean(clean, dtype=np.float64)
    y = np.asarray(picture, dtype=np.float64) - np.mean(picture, dtype=np.float64)
    power = float(np.square(x).mean())
    gain = float((x * y).mean()) / power if power else 0.0
    signal, noise = gain**2 * power, float(np.square(y - gain * x).mean())
    if noise <= 1e-9 * signal:  # rounding
        return math.inf if signal else math.nan
    return 10 * math.log10(signal / noise) if signal else -math.inf


def median_filter(picture: Picture, size: int) -> Picture:
    """Replace each value by the median of the ``size`` x ``size`` values around it.

    Each channel for itself; beyond its edge a picture goes on as at its edge. The median keeps the
    order of values, so cutting off what a screen cannot show before or after makes no difference.

    Whole pictures are compared at once, one for each neighbour: thirty times as fast as the filters
    of Pillow and SciPy, which give the same.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w) or (h, w, 3)
    size : int
        Odd, at least 3.

    Returns
    -------
    ndarray of uint8, of the same shape
    """
    height, width = picture.shape[:2]
    edge = [(size // 2, size // 2)] * 2 + [(0, 0)] * (picture.ndim - 2)
    wide = np.pad(picture, edge, mode="edge")
    waiting = [wide[i : i + height, j : j + width] for i in range(size) for j in range(size)]
    # Of more than half of all values neither the least nor the greatest is in the middle of all:
    # leave both out and take in the next, until the middle one is left.
    held = [waiting.pop() for _ in range(size**2 // 2 + 2)]
    while len(held) > 1:
        held = _without_ends(held)
        if waiting:
            held.append(waiting.pop())
    return np.ascontiguousarray(held[0])


def _without_ends(values: list[Picture]) -> list[Picture]:
    """Return the values without the least and the greatest, pixel by pixel; two fewer pictures."""
    half = len(values) // 2
    pairs = list(zip(values[:half], values[-half:], strict=True))
    low = [np.minimum(a, b) for a, b in pairs]
    high = [np.maximum(a, b) for a, b in pairs]
    if len(values) % 2:  # the one between may be either
        middle = values[half]
        low[0], middle = np.minimum(low[0], middle), np.maximum(low[0], middle)
        high[0], middle = np.maximum(high[0], middle), np.minimum(high[0], middle)
        low.append(middle)
    for i in range(1, half):
        low[0], low[i] = np.minimum(low[0], low[i]), np.maximum(low[0], low[i])
        high[0], high[i] = np.maximum(high[0], high[i]), np.minimum(high[0], high[i])
    return low[1:] + high[1:]


def mean_filter(values: NDArray[Any], size: int) -> NDArray[np.float32]:
    """Replace each value by the mean of the ``size`` x ``size`` values around it.

    Each channel for itself; beyond its edge a picture goes on as at its edge.

    Parameters
    ----------
    values : ndarray, shape (h, w) or (h, w, 3)
        Any values: cutting them off before would move the mean.
    size : int
        Odd.

    Returns
    -------
    ndarray of float32, of the same shape
    """
    around = (size, size, 1)[: values.ndim]
    mean: NDArray[np.float32] = ndimage.uniform_filter(
        values.astype(np.float32), around, mode="nearest"
    )
    return mean
