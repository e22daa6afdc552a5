"""What a learner made or brought, kept by its content's name.

Points, noise schedules, trained models and pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from explainer.keep import (
    Draft,
    forget,
    is_kept,
    keep,
    load,
    name_of,
    opened,
    touch,
)
from explainer.room import OWN_PATTERN, StorageFull, is_own

__all__ = [
    "GONE",
    "OWN_PATTERN",
    "PICTURE_BYTES",
    "POINT_BYTES",
    "Curve",
    "CurveKind",
    "Draft",
    "Kind",
    "StorageFull",
    "draft_model",
    "forget",
    "is_kept",
    "is_own",
    "keep_curve",
    "keep_model",
    "keep_picture",
    "keep_points",
    "keep_upload",
    "kind_of",
    "load_curve",
    "load_model_bytes",
    "load_picture",
    "load_points",
    "load_upload",
    "model_name",
    "open_model",
    "touch",
]

CurveKind = Literal["handles", "betas"]
Kind = Literal["points", "handles", "betas", "model", "picture", "upload"]
PICTURE_BYTES = 2_000_000  # of a picture's file, as it is brought
POINT_BYTES = 20  # two float64 coordinates and a float32 colour
GONE = "{} no longer here: draw, upload or design it again."
MODEL_GONE = (
    "This model is no longer on the server: train it again, or upload the file that you downloaded."
)
PICTURE_GONE = "This picture is no longer on the server: upload it again."


@dataclass(frozen=True, eq=False)
class Curve:
    """A designed noise schedule: what is left of the signal on the way from data to noise.

    Attributes
    ----------
    u : ndarray of float64, shape (k,)
        Shares of the way, rising from 0 (data) to 1 (noise).
    alpha_bar : ndarray of float64, shape (k,)
        The product of all alphas so far, falling from 1, always greater than 0.
    kind : {"handles", "betas"}
        ``handles``: a smooth curve is to be drawn through the knots. ``betas``: there is one knot
        a step and nothing in between.
    """

    u: NDArray[np.float64]
    alpha_bar: NDArray[np.float64]
    kind: CurveKind


def keep_points(points: NDArray[Any], color: NDArray[Any]) -> str:
    """Keep points and their colours.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Finite, in the learner's own units.
    color : ndarray, shape (n,)
        In [0, 1].

    Returns
    -------
    str
        The name, for :func:`load_points`.

    Raises
    ------
    ValueError
        If shapes or values are not as above, or the server has no room.
    """
    points, color = np.asarray(points, dtype="<f8"), np.asarray(color, dtype="<f4")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"points must have the shape (n, 2), not {points.shape}")
    if color.shape != (len(points),):
        raise ValueError(f"color must have the shape ({len(points)},), not {color.shape}")
    if not np.isfinite(points).all():
        raise ValueError("points must be finite numbers")
    if not ((color >= 0) & (color <= 1)).all():
        raise ValueError("color must lie between 0 and 1")
    return keep("points", points.tobytes() + color.tobytes())


def load_points(name: object) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return kept points and their colours.

    Parameters
    ----------
    name : str
        From :func:`keep_points`.

    Returns
    -------
    points : ndarray of float64, shape (n, 2)
        Double precision until they are standardised: in single, a column of times of day in
        seconds since 1970 would be one number.
    color : ndarray of float32, shape (n,)

    Raises
    ------
    ValueError
        If they are not here any more.
    """
    _, data = load(name, ["points"], GONE.format("These points are"))
    n = len(data) // POINT_BYTES
    points = np.frombuffer(data, dtype="<f8", count=2 * n).reshape(n, 2)
    return points.astype(np.float64), np.frombuffer(data, "<f4", offset=16 * n).astype(np.float32)


def keep_curve(u: Sequence[float], alpha_bar: Sequence[float], kind: CurveKind) -> str:
    """Keep a designed noise schedule.

    Parameters
    ----------
    u, alpha_bar : sequence of float, same length
        The knots, as in :class:`Curve`; the first is (0, 1) and the last has u = 1.
    kind : {"handles", "betas"}

    Returns
    -------
    str
        The name, for :func:`load_curve`.

    Raises
    ------
    ValueError
        If the knots are not as above, or the server has no room.
    """
    if kind not in get_args(CurveKind):
        raise ValueError(f"kind must be one of {', '.join(get_args(CurveKind))}, not {kind!r}")
    if len(u) != len(alpha_bar) or len(u) < 2:
        raise ValueError("a schedule needs at least 2 knots, each with u and alpha_bar")
    knots = np.array([u, alpha_bar], dtype="<f8")  # (2, k)
    if not np.isfinite(knots).all():
        raise ValueError("u and alpha_bar must be finite numbers")
    if tuple(knots[:, 0]) != (0, 1) or knots[0, -1] != 1:
        raise ValueError("a schedule must begin at u = 0, alpha_bar = 1 and end at u = 1")
    if (np.diff(knots[0]) <= 0).any():
        raise ValueError("u must rise from knot to knot")
    if (np.diff(knots[1]) >= 0).any() or knots[1, -1] <= 0:
        raise ValueError("alpha_bar must fall from knot to knot and stay above 0")
    return keep(kind, knots.tobytes())


def load_curve(name: object) -> Curve:
    """Return a kept noise schedule.

    Raises
    ------
    ValueError
        If it is not here any more.
    """
    kind, data = load(name, get_args(CurveKind), GONE.format("This schedule is"))
    u, alpha_bar = np.frombuffer(data, dtype="<f8").astype(np.float64).reshape(2, -1)
    return Curve(u, alpha_bar, cast(CurveKind, kind))


def keep_model(data: bytes) -> str:
    """Keep a trained model, a checkpoint's bytes as they are.

    Whether they are one is for :mod:`explainer.checkpoints` to say.

    Returns
    -------
    str
        The name, for :func:`load_model_bytes`.

    Raises
    ------
    StorageFull
        If the server has no room.
    """
    return keep("model", data)


def open_model(name: object) -> tuple[BinaryIO, int]:
    """Open a kept model's file; return it, to be closed by the caller, and its bytes' number.

    Raises
    ------
    ValueError
        If it is not here any more.
    """
    return opened(name, "model", MODEL_GONE)


def draft_model() -> Draft:
    """Return a file to write a trained model to, bit by bit, and to keep as one."""
    return Draft("model")


def model_name(data: bytes) -> str:
    """Return the name that a model's bytes have, kept or not."""
    return name_of("model", data)


def load_model_bytes(name: object) -> bytes:
    """Return the bytes of a kept model.

    Raises
    ------
    ValueError
        If it is not here any more.
    """
    return load(name, ["model"], MODEL_GONE)[1]


def keep_picture(data: bytes) -> str:
    """Keep a picture, the bytes of a PNG file that :mod:`explainer.images` wrote.

    Returns
    -------
    str
        The name, for :func:`load_picture`.

    Raises
    ------
    StorageFull
        If the server has no room.
    """
    return keep("picture", data)


def load_picture(name: object) -> bytes:
    """Return the bytes of a kept picture.

    Raises
    ------
    ValueError
        If it is not here any more.
    """
    return load(name, ["picture"], PICTURE_GONE)[1]


def keep_upload(data: bytes) -> str:
    """Keep a file that nobody has looked into, until a worker process has.

    Returns
    -------
    str
        The name, for :func:`load_upload`.

    Raises
    ------
    StorageFull
        If the server has no room.
    """
    return keep("upload", data)


def load_upload(name: object) -> bytes:
    """Return the bytes of a file that was kept to be looked into.

    Raises
    ------
    ValueError
        If it is not here any more.
    """
    return load(name, ["upload"], PICTURE_GONE)[1]


def kind_of(name: object) -> Kind:
    """Return what a name stands for, such as ``points``, ``handles``, ``betas`` or ``model``.

    Raises
    ------
    ValueError
        If it is not here any more.
    """
    return cast(Kind, load(name, get_args(Kind), GONE.format("This is"))[0])
