"""A picture under one kind of noise, and what two classic filters bring back of it.

The page scrubs through the amounts by itself: it gets the clean picture and the same chance at its
end, and of each amount the weights to mix the two with.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box
from explainer.experiments.common import signed
from explainer.frames import encode
from explainer.images import (
    Picture,
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
from explainer.noise_settings import PictureSettings
from explainer.own import load_upload

AMOUNTS = [k / 20 for k in range(21)]
BINS = 64
FILTERS = (3, 5, 7)  # pixels wide and high
FRAMES_SIDE = 192  # pixels; of pictures that have to be sent one by one
FRAMES_HIGH = 1.5  # their highest value: noise that adds more than one half to white is cut off
COARSE = 0.01  # an error that 8 bits may make, of the way from black to white
FITTED = 4000  # values that weights are found from
MIDDLE = 0.5  # noise alone is shown around grey

Values = NDArray[np.float32]
Weights = list[list[float]]


def take_picture(fields: dict[str, Any]) -> dict[str, Any]:
    """Read a file that a learner brought, for the server to keep.

    Parameters
    ----------
    fields : dict
        ``name``: that of the file that was kept to be looked into.

    Returns
    -------
    dict
        ``png``, the picture's bytes, shrunk, and its ``width`` and ``height``.

    Raises
    ------
    ValueError
        With one sentence that says what is wrong with it.
    """
    picture = read_picture(load_upload(fields["name"]))
    height, width = picture.shape[:2]
    return {"png": write_png(picture), "width": width, "height": height}


def corrupted_picture(fields: dict[str, Any]) -> bytes:
    """Compute :class:`PictureSettings`: the picture by amount, 0 to 1, as a container.

    The arrays are ``clean`` (h, w, c); ``histogram`` (21, 66), the shares of the values in 64 bins
    from black to white, those below in front of them and those above behind; ``median``, JPEG
    files one after the other, cut at the header's ``cuts``; and what the page needs to make the
    pictures, see ``_mixed``, ``_framed`` and ``_replaced``.

    In the header there are, of each amount, ``snr`` as text, ``psnr``, and of both filters ``psnr``
    and ``size``. PSNR is of pictures as a screen shows them, and null where nothing differs.
    """
    s = PictureSettings(**fields)
    picture = load(s.picture)
    if s.kind == "poisson":
        picture = shrunk(picture, FRAMES_SIDE)
    channels = 1 if picture.ndim == 2 else 3
    clean = torch.from_numpy(picture.astype(np.float32) / 255)
    box = Box.of_images(colour=channels == 3)

    def corrupted(x_0: Tensor, amount: float) -> Tensor:
        generator = torch.Generator().manual_seed(s.seed)  # the same chance at each amount
        return CORRUPTIONS[s.kind](x_0, amount, generator, box)

    pictures = [corrupted(clean, amount) for amount in AMOUNTS]
    if s.kind == "salt_and_pepper":
        header, arrays = _replaced(clean, corrupted)
    elif s.kind == "poisson":
        header, arrays = _framed(pictures)
    else:
        header, arrays = _mixed(clean, pictures)
    means = [CORRUPTIONS[s.kind].mean(clean, amount, box) for amount in AMOUNTS]
    filters, files = _filtered([x.numpy() for x in pictures], picture)
    header |= {
        "kind": s.kind,
        "picture": s.picture,
        "width": picture.shape[1],
        "height": picture.shape[0],
        "channels": channels,
        "amounts": AMOUNTS,
        "noise": _noise_weights(clean, pictures, means, header.get("weights")),
        "snr": [_in_words(snr(x.numpy(), clean.numpy()), picture) for x in pictures],
        "psnr": [_psnr(to_bytes(x.numpy()), picture) for x in pictures],
        "filters": filters,
        "cuts": np.cumsum([0, *map(len, files)]).tolist(),
    }
    arrays |= {
        "clean": picture.reshape(*picture.shape[:2], channels),
        "histogram": np.stack([histogram(x.numpy()) for x in pictures]),
        "median": np.frombuffer(b"".join(files), dtype=np.uint8),
    }
    return encode(header, arrays)


# What the page makes the pictures from.


def _mixed(clean: Tensor, pictures: list[Tensor]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the picture at amount 1, and of each amount how it is mixed from that and the clean one.

    Of each amount the ``weights`` are a, b and c of ``a clean + b end + c``; the page gets ``end``
    as whole numbers k, for ``low + step k``.
    """
    end = pictures[-1]
    weights = [_fit(x, clean, end) for x in pictures]
    values = end.reshape(*end.shape[:2], -1).numpy()
    low, high = float(values.min()), float(values.max())
    kind = np.uint8 if (high - low) / 255 / 2 <= COARSE else np.uint16
    step = (high - low) / np.iinfo(kind).max or 1.0
    layer = np.rint((values - low) / step).astype(kind)
    return {"form": "mixed", "weights": weights, "scale": [low, step]}, {"end": layer}


def _framed(pictures: list[Tensor]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the picture at each amount, for chance that is another at each."""
    values = torch.stack(pictures).clamp(0, FRAMES_HIGH).numpy()
    values = values.reshape(*values.shape[:3], -1)  # (21, h, w, c)
    step = FRAMES_HIGH / 255
    header = {"form": "frames", "weights": [[0.0, 1.0, 0.0]] * len(AMOUNTS), "scale": [0.0, step]}
    return header, {"end": np.rint(values / step).astype(np.uint8)}


def _replaced(
    clean: Tensor, corrupted: Callable[[Tensor, float], Tensor]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give of each pixel the first amount at which it is replaced, times two, plus one for salt.

    Seen on a grey picture, where no pixel is black or white before. The header counts the
    ``pixels``, and how many are ``replaced`` at each amount.
    """
    grey = torch.full_like(clean, MIDDLE)
    seen = torch.stack([corrupted(grey, amount) for amount in AMOUNTS])
    if clean.ndim == 3:  # a coloured pixel is replaced as one
        seen = seen[..., 0]
    kept = seen == MIDDLE  # (21, h, w)
    layer = 2 * kept.sum(dim=0) + (seen[-1] > MIDDLE)
    replaced = (~kept).sum(dim=(1, 2)).tolist()
    header = {"form": "replaced", "pixels": kept[0].numel(), "replaced": replaced}
    return header, {"end": layer.to(torch.uint8).numpy()}


def _fit(target: Tensor, *layers: Tensor) -> list[float]:
    """Return the weights of the layers, and of 1, that mix them to the target.

    Found from some of the values, and not from another statement of the corruption: so the page
    can show nothing but what :mod:`explainer.corruptions` does.

    Raises
    ------
    ArithmeticError
        If no weights do.
    """
    chosen = np.linspace(0, target.numel() - 1, min(target.numel(), FITTED)).astype(int)
    columns = [layer.flatten()[chosen].double() for layer in layers]
    matrix = torch.stack([*columns, torch.ones_like(columns[0])], dim=1).numpy()  # (m, k)
    wanted = target.flatten()[chosen].double().numpy()
    weights = np.linalg.lstsq(matrix, wanted, rcond=1e-7)[0]
    if np.abs(matrix @ weights - wanted).max() > 1e-3:
        raise ArithmeticError("this corruption is no mixture of the clean picture and its end")
    found: list[float] = weights.tolist()
    return found


def _noise_weights(
    clean: Tensor, pictures: list[Tensor], means: list[Tensor], weights: Weights | None
) -> Weights:
    """Return the weights of the noise alone: what is added to the mean, around grey."""
    if weights is None:  # replaced pixels are seen as they are
        return []
    found = []
    for (a, b, c), mean in zip(weights, means, strict=True):
        of_clean, constant = _fit(mean, clean)
        found.append([a - of_clean, b, c - constant + MIDDLE])
    return found


# What is measured.


def histogram(values: Values) -> Values:
    """Return shares of values: below 0, in 64 bins from 0 to 1, and above 1; shape (66,).

    0 and 1 themselves are in the first and in the last bin.
    """
    flat = values.ravel()
    place = np.clip(np.floor(flat * BINS), 0, BINS - 1).astype(np.int64) + 1
    place[flat < 0], place[flat > 1] = 0, BINS + 1
    return (np.bincount(place, minlength=BINS + 2) / flat.size).astype(np.float32)


def _psnr(shown: Picture, clean: Picture) -> float | None:
    """Return the PSNR of a picture, None if it is the clean one."""
    found = psnr(shown, clean)
    return found if math.isfinite(found) else None


def _in_words(ratio: float, picture: Picture) -> str:
    """Write a signal-to-noise ratio, and none where chance alone looks like a signal."""
    if math.isnan(ratio):
        return "–"
    least = 10 * math.log10(10 / math.prod(picture.shape[:2]))
    if ratio < least:
        return f"below {signed(least, 0)} dB"
    return f"{signed(ratio)} dB" if math.isfinite(ratio) else "∞"


def _filtered(pictures: list[Values], clean: Picture) -> tuple[dict[str, Any], list[bytes]]:
    """Clean each picture with both filters; return what is told of them, and the median's JPEGs.

    Of the sizes the one is taken that comes nearest to the clean picture.
    """
    told: dict[str, Any] = {name: {"psnr": [], "size": []} for name in ("median", "mean")}
    files = []
    for values in pictures:
        shown = to_bytes(values)
        cleaned = {
            "median": {size: median_filter(shown, size) for size in FILTERS},
            "mean": {size: to_bytes(mean_filter(values, size)) for size in FILTERS},
        }
        for name, by_size in cleaned.items():
            scores = {size: psnr(picture, clean) for size, picture in by_size.items()}
            best = max(scores, key=lambda size: scores[size])
            told[name]["psnr"].append(_psnr(by_size[best], clean))
            told[name]["size"].append(best)
        files.append(write_jpeg(cleaned["median"][told["median"]["size"][-1]]))
    return told, files
