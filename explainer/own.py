"""What a learner made: points and noise schedules, kept as small files under their content's name.

The web server writes them and worker processes read them, so the folder's name travels in the
environment. Equal content has an equal name, so keeping twice costs nothing and answers computed
for a name stay true for ever.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

FOLDER_VARIABLE = "DIFFUSION_EXPLAINER_OWN"
OWN_PATTERN = r"own-[0-9a-f]{16}"
MAX_KEPT = 2000  # files; the least recently used go first
MAX_BYTES = 100_000_000  # of all files together

CurveKind = Literal["handles", "betas"]
Kind = Literal["points", "handles", "betas"]
POINT_BYTES = 20  # two float64 coordinates and a float32 colour

_creating = Lock()
_keeping = Lock()  # one at a time: making room must not take what another thread is writing


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


def is_own(name: object) -> bool:
    """Tell whether a name is one that this module gives."""
    return isinstance(name, str) and re.fullmatch(OWN_PATTERN, name) is not None


def open_folder() -> Path:
    """Return the folder, made if need be, and tell child processes to come where it is.

    The folder is the one that the environment names; else a fresh temporary one, which is put
    into the environment and removed when this process ends.

    Returns
    -------
    Path
    """
    with _creating:
        named = os.environ.get(FOLDER_VARIABLE)
        if named:
            folder = Path(named)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return folder
        folder = Path(tempfile.mkdtemp(prefix="diffusion-explainer-"))
        os.environ[FOLDER_VARIABLE] = str(folder)
        atexit.register(_remove, folder, os.getpid())
        return folder


def _remove(folder: Path, maker: int) -> None:
    if os.getpid() == maker:  # a forked child inherits the wish but not the right
        shutil.rmtree(folder, ignore_errors=True)


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
        If shapes or values are not as above, or the server cannot write.
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
    return _keep("points", points.tobytes() + color.tobytes())


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
    kind, data = _load(name, "These points are")
    if kind != "points":
        raise ValueError(_gone("These points are"))
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
        If the knots are not as above, or the server cannot write.
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
    return _keep(kind, knots.tobytes())


def load_curve(name: object) -> Curve:
    """Return a kept noise schedule.

    Raises
    ------
    ValueError
        If it is not here any more.
    """
    kind, data = _load(name, "This schedule is")
    if kind == "points":
        raise ValueError(_gone("This schedule is"))
    u, alpha_bar = np.frombuffer(data, dtype="<f8").astype(np.float64).reshape(2, -1)
    return Curve(u, alpha_bar, kind)


def kind_of(name: object) -> Kind:
    """Return what a name stands for: ``points``, ``handles`` or ``betas``.

    Raises
    ------
    ValueError
        If it is not here any more.
    """
    return _load(name, "This is")[0]


def touch(name: str) -> None:
    """Count as a use what was answered from a cache, so that it is not taken for forgotten."""
    with contextlib.suppress(OSError):
        os.utime(Path(os.environ.get(FOLDER_VARIABLE, "")) / name)


def _gone(subject: str) -> str:
    return f"{subject} no longer here: draw, upload or design it again."


def _name(content: bytes) -> str:
    return f"own-{hashlib.sha256(content).hexdigest()[:16]}"


def _keep(kind: Kind, data: bytes) -> str:
    content = kind.encode() + b"\n" + data
    name = _name(content)
    try:
        with _keeping:
            folder = open_folder()
            path = folder / name
            if path.is_file() and path.read_bytes() == content:
                os.utime(path)
                return name
            _write(folder, path, content)
            _make_room(folder, newest=path)
    except OSError as error:
        raise ValueError(
            "This could not be kept: the server's disk is full or cannot be written."
        ) from error
    return name


def _write(folder: Path, path: Path, content: bytes) -> None:
    """Write all or nothing: a reader never sees half a file."""
    handle, temporary = tempfile.mkstemp(dir=folder, prefix="part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _make_room(folder: Path, newest: Path) -> None:
    """Remove what was least recently used, until number and bytes are within bounds."""
    found = []
    for entry in folder.iterdir():
        if not is_own(entry.name):  # the folder may be somebody's, with other things in it
            continue
        with contextlib.suppress(FileNotFoundError):  # another server makes room too
            facts = entry.stat()
            found.append((facts.st_mtime_ns, facts.st_size, entry))
    found.sort(key=lambda item: item[0])
    count, total = len(found), sum(size for _, size, _ in found)
    for _, size, entry in found:
        if count <= MAX_KEPT and total <= MAX_BYTES:
            return
        if entry != newest:
            entry.unlink(missing_ok=True)
            count, total = count - 1, total - size


def _load(name: object, subject: str) -> tuple[Kind, bytes]:
    """Return kind and bytes. The name is a checksum: what was cut short or changed is refused."""
    named = os.environ.get(FOLDER_VARIABLE)
    if not is_own(name) or not named:
        raise ValueError(_gone(subject))
    path = Path(named) / str(name)
    try:
        content = path.read_bytes()
    except OSError:
        raise ValueError(_gone(subject)) from None
    if _name(content) != name:
        raise ValueError(_gone(subject))
    touch(str(name))
    kind, data = content.split(b"\n", 1)
    return cast(Kind, kind.decode()), data
