"""What the page mixes is what the corruptions do, and what is told of it is true."""

from __future__ import annotations

import math
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from explainer import own
from explainer.corruptions import CORRUPTIONS, Box, salt_and_pepper_by_snr
from explainer.experiments.pictures import (
    AMOUNTS,
    BINS,
    COARSE,
    FILTERS,
    FRAMES_HIGH,
    corrupted_picture,
    histogram,
    take_picture,
)
from explainer.frames import decode, encode
from explainer.images import load, mean_filter, median_filter, psnr, to_bytes, write_png
from explainer.noise_settings import PictureSettings
from explainer.own import keep_picture, keep_upload
from explainer.settings import CORRUPTION_NAMES, CorruptionName

SEED = 3
MIXED = [kind for kind in CORRUPTION_NAMES if kind not in ("salt_and_pepper", "poisson")]


def scene(channels: int) -> np.ndarray:
    """Return a small picture of flat and bright and dark places, with an edge."""
    y, x = np.mgrid[0:60, 0:80] / 80
    colours = [x, 1 - x, np.where(y > 0.4, 0.95, 0.05)][:channels]
    return to_bytes(np.stack(colours, axis=-1).squeeze())


@pytest.fixture(params=[1, 3], ids=["grey", "coloured"])
def name(request: pytest.FixtureRequest) -> str:
    return keep_picture(write_png(scene(request.param)))


@cache
def answer(picture: str, kind: CorruptionName) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return decode(corrupted_picture({"kind": kind, "picture": picture, "seed": SEED}))


def truth(picture: str, kind: CorruptionName, amount: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the corrupted picture and its mean, of shape (h, w, c), from the corruption itself."""
    found = load(picture)
    clean = torch.from_numpy(found.astype(np.float32) / 255)
    box = Box.of_images(colour=found.ndim == 3)
    generator = torch.Generator().manual_seed(SEED)
    corrupted = CORRUPTIONS[kind](clean, amount, generator, box)
    mean = CORRUPTIONS[kind].mean(clean, amount, box)
    shape = (*found.shape[:2], -1)
    return corrupted.numpy().reshape(shape), mean.numpy().reshape(shape)


def mixed(
    header: dict[str, Any], arrays: dict[str, np.ndarray], weights: str, k: int
) -> np.ndarray:
    """Mix as the page does."""
    a, b, c = header[weights][k]
    low, step = header["scale"]
    end = arrays["end"][k] if header["form"] == "frames" else arrays["end"]
    return a * arrays["clean"] / 255 + b * (low + step * end.astype(np.float64)) + c


@pytest.mark.parametrize("kind", MIXED)
def test_mixing_the_layers_gives_the_corruption_at_every_amount(
    name: str, kind: CorruptionName
) -> None:
    header, arrays = answer(name, kind)
    assert header["form"] == "mixed"
    step = header["scale"][1]
    assert step / 2 <= COARSE
    for k, amount in enumerate(AMOUNTS):
        wanted, mean = truth(name, kind, amount)
        rounding = step / 2 * header["weights"][k][1] + 2e-5
        found = mixed(header, arrays, "weights", k)
        np.testing.assert_allclose(found, wanted, atol=rounding, rtol=0)
        noise = mixed(header, arrays, "noise", k)
        np.testing.assert_allclose(noise, wanted - mean + 0.5, atol=rounding, rtol=0)


def test_at_amount_0_there_is_the_clean_picture_and_no_noise(name: str) -> None:
    for kind in MIXED:
        header, arrays = answer(name, kind)
        np.testing.assert_array_equal(
            to_bytes(mixed(header, arrays, "weights", 0)), arrays["clean"]
        )
        np.testing.assert_allclose(mixed(header, arrays, "noise", 0), 0.5, atol=1e-4)


def test_replacing_by_the_threshold_gives_salt_and_pepper_to_the_bit(name: str) -> None:
    header, arrays = answer(name, "salt_and_pepper")
    assert header["form"] == "replaced"
    first, salt = arrays["end"] >> 1, arrays["end"] & 1
    for k, amount in enumerate(AMOUNTS):
        replaced = (first <= k)[..., None]
        found = np.where(replaced, 255 * salt[..., None], arrays["clean"])
        wanted, _ = truth(name, "salt_and_pepper", amount)
        np.testing.assert_array_equal(found, to_bytes(wanted))
        assert header["replaced"][k] == replaced.sum()
    assert header["replaced"][0] == 0
    assert header["replaced"][-1] == header["pixels"] == 60 * 80
    # Each pixel by itself: the binomial law, at five standard deviations.
    expected = header["pixels"] * np.array(AMOUNTS)
    deviation = np.sqrt(expected * (1 - np.array(AMOUNTS)))
    assert (np.abs(header["replaced"] - expected) <= 5 * deviation).all()
    # The other form replaces exactly so many.
    clean = torch.full((60, 80), 0.5)
    exact = salt_and_pepper_by_snr(clean, 0.7, torch.Generator(), Box.of_images())
    assert (exact != 0.5).sum() == round(expected[6]) == 1440


def test_photons_come_as_pictures_of_their_own(name: str) -> None:
    header, arrays = answer(name, "poisson")
    assert header["form"] == "frames"
    rounding = header["scale"][1] / 2 + 1e-6
    for k, amount in enumerate(AMOUNTS):
        wanted, mean = truth(name, "poisson", amount)
        found = mixed(header, arrays, "weights", k)
        np.testing.assert_allclose(found, wanted.clip(0, FRAMES_HIGH), atol=rounding, rtol=0)
        noise = mixed(header, arrays, "noise", k)
        # The page cuts off there too, so nothing is missing.
        np.testing.assert_allclose(
            noise.clip(0, 1), (wanted - mean + 0.5).clip(0, 1), atol=rounding + 2e-5, rtol=0
        )


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
def test_what_is_told_is_of_these_pictures(name: str, kind: CorruptionName) -> None:
    header, arrays = answer(name, kind)
    clean = load(name)
    assert (header["width"], header["height"]) == (80, 60)
    assert header["channels"] == arrays["clean"].shape[2] == (1 if clean.ndim == 2 else 3)
    assert header["amounts"] == AMOUNTS
    for k, amount in enumerate(AMOUNTS):
        wanted = truth(name, kind, amount)[0].reshape(clean.shape)
        shown = to_bytes(wanted)
        scores = [
            (header["psnr"], [psnr(shown, clean)], 0),
            (
                header["filters"]["median"]["psnr"],
                [psnr(median_filter(shown, size), clean) for size in FILTERS],
                header["filters"]["median"]["size"][k],
            ),
            (
                header["filters"]["mean"]["psnr"],
                [psnr(to_bytes(mean_filter(wanted, size)), clean) for size in FILTERS],
                header["filters"]["mean"]["size"][k],
            ),
        ]
        for told, found, size in scores:
            if max(found) == math.inf:
                assert told[k] is None
            else:
                assert told[k] == pytest.approx(max(found), abs=1e-3)
            if size:
                assert found[FILTERS.index(size)] == max(found)
        shares = arrays["histogram"][k]
        assert shares.sum() == pytest.approx(1, abs=1e-5)
        assert shares[0] == pytest.approx((wanted < 0).mean(), abs=1e-6)
        assert shares[-1] == pytest.approx((wanted > 1).mean(), abs=1e-6)
    assert header["snr"][0] == "∞"
    assert header["psnr"][0] is None


def test_the_cleaned_pictures_are_the_ones_that_were_measured(name: str) -> None:
    header, arrays = answer(name, "salt_and_pepper")
    cuts = header["cuts"]
    assert len(cuts) == len(AMOUNTS) + 1
    assert cuts[-1] == arrays["median"].size
    for k in (0, 6, 20):
        file = Image.open(BytesIO(arrays["median"][cuts[k] : cuts[k + 1]].tobytes()))
        shown = to_bytes(truth(name, "salt_and_pepper", AMOUNTS[k])[0].reshape(load(name).shape))
        wanted = median_filter(shown, header["filters"]["median"]["size"][k])
        assert file.size == (80, 60)
        assert psnr(np.asarray(file), wanted) > 24  # but for what JPEG leaves out


def test_a_histogram_counts_the_ends_as_inside() -> None:
    shares = histogram(np.array([0, 0, 1, 0.5, -1e-6, 1 + 1e-6, 5, 1 / BINS], np.float32))
    assert shares[[0, 1, 2, 1 + BINS // 2, BINS, BINS + 1]].tolist() == [
        0.125, 0.25, 0.125, 0.125, 0.125, 0.25,
    ]  # fmt: skip
    assert shares.sum() == 1


def test_snr_follows_the_closed_form() -> None:
    header, _ = answer("china", "gaussian")
    power = (load("china") / 255).var()
    for k in (2, 6, 10, 16):  # var(x_0) (1 - a) / (a / 4): see explainer.corruptions.gaussian
        wanted = 10 * math.log10(power * (1 - AMOUNTS[k]) / (AMOUNTS[k] / 4))
        assert float(header["snr"][k].removesuffix(" dB").replace("−", "-")) == pytest.approx(
            wanted, abs=0.2
        )
    assert header["snr"][-1] == "below −40 dB"


def gains(kind: CorruptionName) -> dict[str, np.ndarray]:
    header, _ = answer("china", kind)
    before = np.array(header["psnr"][1:])
    return {name: np.array(told["psnr"][1:]) - before for name, told in header["filters"].items()}


def test_the_median_is_for_salt_and_pepper_and_the_mean_for_gaussian() -> None:
    impulse, gaussian, uniform = map(gains, ("salt_and_pepper", "gaussian", "uniform"))
    half = AMOUNTS.index(0.5)
    assert (impulse["median"] > impulse["mean"])[:half].all()
    assert (gaussian["median"] < gaussian["mean"]).all()
    assert (impulse["median"][1:half] > 9).all()
    assert (impulse["median"] - gaussian["median"])[:half].min() > 3
    assert np.abs(uniform["median"][3:half]).max() < 3


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
def test_an_answer_is_small_and_the_same_each_time(kind: CorruptionName) -> None:
    assert len(encode(*answer("china", kind))) < 2_500_000
    fields = PictureSettings(kind=kind, picture="digits", seed=SEED).model_dump()
    data = corrupted_picture(fields)
    assert data == corrupted_picture(fields)
    assert decode(data)[0] != decode(corrupted_picture({**fields, "seed": 4}))[0]


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((8, 8), np.uint8),
        np.full((9, 8, 3), 255, np.uint8),
        np.full((8, 384), 77, np.uint8),
    ],
    ids=["black", "white", "long"],
)
def test_a_picture_of_one_value_is_shown_too(picture: np.ndarray, kind: CorruptionName) -> None:
    header, arrays = answer(keep_picture(write_png(picture)), kind)
    assert np.isfinite(arrays["histogram"]).all()
    if header["form"] == "mixed":
        wanted, _ = truth(header["picture"], kind, 0.5)
        np.testing.assert_allclose(mixed(header, arrays, "weights", 10), wanted, atol=0.011)


def test_a_file_is_taken() -> None:
    picture = scene(3)
    upload = keep_upload(write_png(picture))
    taken = take_picture({"name": upload})
    assert (taken["width"], taken["height"]) == (80, 60)
    np.testing.assert_array_equal(load(keep_picture(taken["png"])), picture)


def test_what_is_gone_or_no_picture_is_said_so() -> None:
    name = keep_picture(write_png(scene(1)))
    own.forget(name)
    for function, fields in (
        (corrupted_picture, {"picture": name}),
        (take_picture, {"name": name}),
    ):
        with pytest.raises(ValueError, match="no longer on the server: upload it again"):
            function(fields)
    with pytest.raises(ValueError, match="no longer on the server"):
        corrupted_picture({"picture": own.keep_points(np.zeros((3, 2)), np.zeros(3))})
    with pytest.raises(ValueError, match="not a PNG or JPEG picture"):
        take_picture({"name": keep_upload(b"words")})
