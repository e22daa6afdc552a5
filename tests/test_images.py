"""Pictures: what is read and what is refused, and measures and filters against closed forms."""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from scipy import ndimage

from explainer.images import (
    MAX_PARTS,
    MAX_SCANS,
    MAX_SIDE,
    load,
    mean_filter,
    median_filter,
    psnr,
    read_picture,
    shrunk,
    snr,
    to_bytes,
    write_jpeg,
    write_png,
)
from explainer.own import keep_picture, keep_upload

RNG = np.random.default_rng(0)
COLOURED = RNG.integers(0, 256, (12, 20, 3), dtype=np.uint8)
GREY = COLOURED[..., 0].copy()
RED, CLEAR = (200, 30, 10), (0, 0, 0, 0)


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Return a PNG file that promises a size and has no pixels."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data = b"IDAT" + zlib.compress(b"")
    pixels = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return b"\x89PNG\r\n\x1a\n" + checked + pixels


def test_what_comes_with_the_app() -> None:
    for name in ("china", "flower"):
        picture = load(name)
        assert picture.shape == (256, 384, 3)
        assert np.ptp(picture) > 200
    digits = load("digits")
    assert digits.shape == (48, 72)
    assert (digits.min(), digits.max()) == (0, 255)
    digits[:] = 0  # everybody has a copy
    assert load("digits").any()


# What is read.


@pytest.mark.parametrize("picture", [COLOURED, GREY])
def test_a_png_comes_back_as_it_was(picture: np.ndarray) -> None:
    back = read_picture(write_png(picture))
    np.testing.assert_array_equal(back, picture)
    assert back.flags.writeable
    np.testing.assert_array_equal(load(keep_picture(write_png(picture))), picture)


def test_a_jpeg_is_read_whatever_it_is_called() -> None:
    smooth = np.linspace(0, 255, 32 * 24).reshape(24, 32).astype(np.uint8)
    back = read_picture(write_jpeg(smooth))
    assert back.shape == smooth.shape
    assert psnr(back, smooth) > 35


@pytest.mark.parametrize("size", [(800, 400), (400, 800), (385, 384), (384, 384), (2000, 2000)])
def test_a_large_picture_is_shrunk_and_keeps_its_shape(size: tuple[int, int]) -> None:
    picture = read_picture(file_of(Image.new("RGB", size, RED)))
    height, width = picture.shape[:2]
    assert max(height, width) == MAX_SIDE
    assert width / height == pytest.approx(size[0] / size[1], rel=0.01)
    assert (picture == RED).all()


def test_a_small_one_stays_as_it_is() -> None:
    np.testing.assert_array_equal(shrunk(COLOURED, 20), COLOURED)
    assert shrunk(COLOURED, 10).shape == (6, 10, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB key"])
def test_what_is_transparent_lies_on_white(mode: str) -> None:
    if mode == "P":
        image = Image.new("P", (10, 10), 0)
        image.putpalette([0, 0, 0, *RED])
        image.paste(1, (0, 0, 5, 10))
        data = file_of(image, transparency=0)
    elif mode == "RGB key":
        image = Image.new("RGB", (10, 10), (1, 2, 3))
        image.paste(RED, (0, 0, 5, 10))
        data = file_of(image, transparency=(1, 2, 3))
    else:
        image = Image.new("RGBA", (10, 10), CLEAR)
        image.paste((*RED, 255), (0, 0, 5, 10))
        data = file_of(image.convert(mode))
    picture = read_picture(data)
    assert picture.shape == (10, 10, 3)
    grey = Image.new("RGB", (1, 1), RED).convert("L").getpixel((0, 0))
    assert (picture[:, :5] == (grey if mode == "LA" else RED)).all()
    assert (picture[:, 5:] == 255).all()


def test_sixteen_bits_of_grey_are_scaled_and_not_cut_off() -> None:
    deep = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    picture = read_picture(file_of(Image.fromarray(deep)))
    np.testing.assert_array_equal(picture, np.arange(256).reshape(16, 16))


def test_black_and_white_is_grey() -> None:
    picture = read_picture(file_of(Image.fromarray(GREY > 128)))
    np.testing.assert_array_equal(picture, 255 * (GREY > 128))


def test_the_inks_of_a_printer_become_colours() -> None:
    data = file_of(Image.new("RGB", (16, 16), RED).convert("CMYK"), "JPEG", quality=95)
    assert Image.open(BytesIO(data)).mode == "CMYK"
    assert np.abs(read_picture(data).astype(int) - RED).max() < 6


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_turned_as_the_camera_was_held(kind: str) -> None:
    image = Image.new("RGB", (32, 16), "black")
    image.paste("white", (0, 0, 16, 16))  # the left half
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    picture = read_picture(file_of(image, kind, exif=exif))
    assert picture.shape == (32, 16, 3)
    assert picture[:14].min() > 240
    assert picture[18:].max() < 15


def test_of_an_animation_the_first_picture_is_taken() -> None:
    frames = [Image.new("RGB", (10, 10), colour) for colour in (RED, "blue", "green")]
    data = file_of(frames[0], save_all=True, append_images=frames[1:])
    assert Image.open(BytesIO(data)).n_frames == 3
    assert (read_picture(data) == RED).all()


def test_nothing_but_pixels_is_written() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ada"
    data = file_of(Image.new("RGB", (16, 16)), exif=exif)
    assert b"Ada" in data
    assert b"Ada" not in write_png(read_picture(data))


# What is refused.

PHOTO = file_of(Image.effect_noise((64, 64), 60).convert("RGB"), "JPEG")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"only some words\n", "The file is not a PNG or JPEG picture, or it is damaged."),
        (write_png(COLOURED)[:-60], "The file is not a PNG or JPEG picture, or it is damaged."),
        (PHOTO[: len(PHOTO) // 2], "The file is not a PNG or JPEG picture, or it is damaged."),
        (png_header(64, 64), "The file is not a PNG or JPEG picture, or it is damaged."),
        (file_of(Image.new("RGB", (9, 9)), "GIF"), "The file is not a PNG or JPEG picture"),
        (file_of(Image.new("RGB", (9, 9)), "BMP"), "The file is not a PNG or JPEG picture"),
        (png_header(50_000, 50_000), "The picture is too large: at most 4 million pixels"),
        (png_header(12_000, 12_000), "The picture has 12,000 × 12,000 pixels: at most 4 million"),
        (
            png_header(4000, 3000),
            "The picture has 4,000 × 3,000 pixels: at most 4 million pixels are taken.",
        ),
        (
            write_png(np.zeros((1, 1), np.uint8)),
            "The picture has only 1 × 1 pixels: at least 8 × 8 are needed.",
        ),
        (
            png_header(500, 8),
            "The picture, 500 × 8 pixels, is too narrow: one side may be at most 48 times",
        ),
    ],
    ids=range(12),
)
def test_a_bad_file_gets_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(says)) as caught:
        read_picture(data)
    assert re.fullmatch(r"[^\n]+\.", str(caught.value))


def scans(count: int) -> bytes:
    data = file_of(Image.new("L", (64, 64), 128), "JPEG", progressive=True)
    last, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    more = count - data.count(b"\xff\xda")
    return data[:end] + data[data.rindex(b"\xff\xc4", 0, last) : end] * more + data[end:]


def png_chunks(count: int) -> bytes:
    data = write_png(GREY)
    chunk = b"tEXtk\0v"
    whole = struct.pack(">I", 3) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:33] + whole * (count - 3) + data[33:]


def jpeg_segments(count: int, segment: bytes) -> bytes:
    before = PHOTO[: PHOTO.index(b"\xff\xda")]
    places = [m.start() for m in re.finditer(rb"\xff[\xc0-\xfe]", before)][1:]
    return PHOTO[:2] + segment * (count - len(places)) + PHOTO[2:]


@pytest.mark.parametrize(
    ("make", "limit"),
    [
        (scans, MAX_SCANS),
        (png_chunks, MAX_PARTS),
        (lambda count: jpeg_segments(count, b"\xff\xe5\0\2"), MAX_PARTS),
        (lambda count: jpeg_segments(count, b"\xff"), MAX_PARTS),
    ],
    ids=["scans", "chunks", "segments", "filling"],
)
def test_a_file_of_endless_parts_is_not_read(make: Callable[[int], bytes], limit: int) -> None:
    assert read_picture(make(limit)).size
    with pytest.raises(ValueError, match="not a PNG or JPEG picture"):
        read_picture(make(limit + 1))


def test_words_that_unpack_without_end_are_not_read() -> None:
    words = b"zTXta\0\0" + zlib.compress(bytes(900_000))
    chunk = struct.pack(">I", len(words) - 4) + words + struct.pack(">I", zlib.crc32(words))
    data = write_png(GREY)
    assert (read_picture(data[:33] + chunk + data[33:]) == GREY).all()
    with pytest.raises(ValueError, match="not a PNG or JPEG picture"):
        read_picture(data[:33] + chunk * 9 + data[33:])


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_clear_and_much_too_large_is_laid_on_white_all_the_same(mode: str) -> None:
    image = Image.new("RGBA", (1600, 1600), CLEAR)
    image.paste((40, 40, 40, 255), (0, 0, 800, 1600))
    picture = read_picture(file_of(image.convert(mode)))
    assert picture.shape == (384, 384, 3)
    assert (picture[:, :188] == 40).all()
    assert (picture[:, 196:] == 255).all()
    assert picture[:, 188:196].min() > 25, "no dark edge of what was clear and black"


def test_the_size_is_checked_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(self: Image.Image) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    with pytest.raises(ValueError, match="at most 4 million pixels"):
        read_picture(png_header(2001, 2000))
    with pytest.raises(ValueError, match="damaged"):  # the same, where it is decoded
        read_picture(png_header(2000, 2000))


def refused_or_read(data: bytes) -> None:
    try:
        picture = read_picture(data)
    except ValueError as error:
        sentence = str(error)
    else:
        sentence = "It is a picture."
        assert picture.dtype == np.uint8
        assert max(picture.shape) <= MAX_SIDE
    assert re.fullmatch(r"[^\n]+\.", sentence)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"]))
def test_any_bytes_are_read_or_refused(data: bytes, start: bytes) -> None:
    refused_or_read(start + data)


@given(st.sampled_from([write_png(COLOURED), PHOTO]), st.data())
def test_any_damage_is_read_or_refused(file: bytes, data: st.DataObject) -> None:
    damaged = bytearray(file)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    refused_or_read(bytes(damaged[: data.draw(st.integers(0, len(file)))]))


def test_a_picture_that_is_gone_is_said_so() -> None:
    sentence = r"^This picture is no longer on the server: upload it again\.$"
    for name in ("own-0123456789abcdef", keep_upload(write_png(COLOURED))):
        with pytest.raises(ValueError, match=sentence):
            load(name)


# Measures.


@pytest.mark.parametrize(
    ("off", "share", "says"), [(255, 1, 0.0), (51, 0.25, 20.0), (1, 1, 20 * math.log10(255))]
)
def test_psnr_is_of_the_mean_squared_difference(off: int, share: float, says: float) -> None:
    clean = np.zeros((40, 40), np.uint8)
    picture = clean.copy()
    picture.flat[: round(1600 * share)] = off
    assert psnr(picture, clean) == pytest.approx(says, abs=1e-4)
    assert psnr(clean, picture) == psnr(picture, clean)


def test_psnr_of_equal_pictures_is_infinite() -> None:
    assert psnr(COLOURED, COLOURED) == math.inf


@given(st.floats(0.01, 10), st.floats(-5, 5), st.floats(0.01, 10))
def test_snr_is_of_powers_and_knows_fading_from_noise(
    gain: float, shift: float, noise: float
) -> None:
    clean = np.tile([0.0, 1.0], 50)  # power 1/4 around its mean
    pattern = np.repeat([1.0, -1.0], 50)  # power 1, and nothing of the other
    found = snr(gain * clean + shift + noise * pattern, clean)
    assert found == pytest.approx(10 * math.log10((gain / 2 / noise) ** 2), abs=1e-6)


def test_the_ends_of_snr() -> None:
    clean = np.tile([0.0, 1.0], 50)
    assert snr(0.3 * clean + 0.1, clean) == math.inf
    assert snr(np.repeat([1.0, -1.0], 50), clean) == -math.inf
    assert math.isnan(snr(np.zeros(100), clean))
    assert snr(clean, np.zeros(100)) == -math.inf
    assert math.isnan(snr(np.zeros(100), np.ones(100)))


def test_a_screen_cuts_off_what_is_no_colour() -> None:
    values = np.array([-0.2, 0, 0.4999, 1, 7])
    assert to_bytes(values).tolist() == [0, 0, 127, 255, 255]


# Filters.

PICTURES = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@given(PICTURES, st.sampled_from([3, 5, 7]))
def test_the_median_filter_is_that_of_scipy(picture: np.ndarray, size: int) -> None:
    wanted = ndimage.median_filter(picture, (size, size), mode="nearest")
    np.testing.assert_array_equal(median_filter(picture, size), wanted)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_filters_look_at_each_channel_for_itself(size: int) -> None:
    for filtered in (median_filter, mean_filter):
        whole = filtered(COLOURED, size)
        for channel in range(3):
            wanted = filtered(COLOURED[..., channel], size)
            np.testing.assert_array_equal(whole[..., channel], wanted)


def test_the_median_filter_takes_away_lone_salt_and_pepper_and_leaves_the_rest() -> None:
    clean = np.repeat(np.arange(0, 240, 10, dtype=np.uint8), 12).reshape(24, 12)  # a ramp
    spoilt = clean.copy()
    spoilt[2::4, 2::4], spoilt[4::4, 4::4] = 255, 0
    assert psnr(spoilt, clean) < 20
    np.testing.assert_array_equal(median_filter(spoilt, 3), clean)
    assert np.abs(mean_filter(spoilt, 3) - clean)[2:-2, 2:-2].max() > 10


def test_cutting_off_before_the_median_or_after_is_the_same() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.6, (30, 40))
    after = to_bytes(ndimage.median_filter(values, 5, mode="nearest"))
    np.testing.assert_array_equal(median_filter(to_bytes(values), 5), after)


def test_the_mean_filter_averages_and_repeats_the_edge() -> None:
    lone = np.zeros((7, 7))
    lone[3, 3] = 9
    wanted = np.zeros((7, 7))
    wanted[2:5, 2:5] = 1
    np.testing.assert_allclose(mean_filter(lone, 3), wanted, atol=1e-6)
    corner = np.zeros((7, 7))
    corner[0, 0] = 9
    assert mean_filter(corner, 3)[0, 0] == pytest.approx(4)
