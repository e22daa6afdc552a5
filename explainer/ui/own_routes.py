"""The routes that take what a learner draws, uploads or designs, and answer with its name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from explainer.design import knots_of_betas, knots_of_handles
from explainer.own import GONE, keep_curve, keep_points, kind_of, load_curve, load_points
from explainer.table import MAX_BYTES, check_points, read_points
from explainer.ui.bodies import Answer, in_thread, posted, read_json, refusal

MAX_JSON = 256_000  # bytes
MAX_POINTS = 20_000
MAX_COORDINATE = 10  # of a drawing; the pad itself reaches to 1.5
THUMBNAIL = 600  # points
DRAWN_KNOTS = 101

Array = NDArray[np.float64]


def _is_number(value: object) -> bool:
    """Tell a finite number of JSON from true, text, 1e999 and integers without end."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and math.isfinite(value)


def _pairs(value: object, field: str, one: str) -> list[tuple[float, float]]:
    """Check a list of pairs of numbers; ``one`` is what a pair is called."""
    if not isinstance(value, list):
        raise ValueError(f"{field} must be a list of pairs of numbers.")
    for i, pair in enumerate(value, start=1):
        if not isinstance(pair, list) or len(pair) != 2 or not all(map(_is_number, pair)):
            raise ValueError(f"{one} {i} must be a pair of finite numbers.")
    return [(float(a), float(b)) for a, b in value]


# Points


def _color_along(points: Array) -> Array:
    """Return ranks along the longest axis of the cloud, in [0, 1].

    Neighbours are alike everywhere; the angle around the centre would jump at one ray and mix
    everything in the middle. Points at equal height share a rank.
    """
    centred = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axis = vectors[:, -1]
    sign = np.sign(axis[np.abs(axis).argmax()])  # an axis has none of its own
    along = centred @ (sign * axis)
    along = np.round(along / max(np.ptp(along), 1e-300), 9)  # so that rounding makes no ranks
    in_order = np.sort(along)
    rank = (np.searchsorted(in_order, along) + np.searchsorted(in_order, along, "right") - 1) / 2
    return np.asarray(rank / max(len(points) - 1, 1))


def _thumbnail(points: Array, color: Array) -> Answer:
    """Return up to 600 points in the unit square, y upward, and their colours."""
    low, high = points.min(axis=0), points.max(axis=0)
    extent = max(float((high - low).max()), 1e-300)
    chosen = np.linspace(0, len(points) - 1, min(len(points), THUMBNAIL)).astype(int)
    unit = 0.5 + (points[chosen] - (low / 2 + high / 2)) / extent
    return {
        "thumbnail": np.round(unit.clip(0, 1), 4).tolist(),
        "thumbnail_color": np.round(color[chosen], 3).tolist(),
    }


def _points_answer(points: Array, color: Array, **facts: Any) -> Answer:
    return {
        "name": keep_points(points, color),
        "n": len(points),
        "notes": [],
        "header": None,
        "preview": [],
        "separator": None,
        "decimal": None,
        **facts,
        **_thumbnail(points, color),
    }


def _table(data: bytes) -> Answer:
    read = read_points(data, limit=MAX_POINTS)
    facts = {
        "notes": read.notes,
        "header": read.header,
        "preview": read.preview,
        "separator": read.separator,
        "decimal": read.decimal,
    }
    return _points_answer(read.points, _color_along(read.points), **facts)


def _drawing(data: bytes) -> Answer:
    pairs = _pairs(read_json(data).get("points"), "points", "Point")
    if len(pairs) > MAX_POINTS:
        raise ValueError(f"A drawing has at most {MAX_POINTS:,} points, not {len(pairs):,}.")
    for i, (x, y) in enumerate(pairs, start=1):
        if max(abs(x), abs(y)) > MAX_COORDINATE:
            raise ValueError(
                f"Point {i} lies outside the pad: at most {MAX_COORDINATE} is allowed."
            )
    points = np.array(pairs).reshape(-1, 2)
    check_points(points, "drawing")
    return _points_answer(points, np.linspace(0, 1, len(pairs)))


# Schedules


def _schedule(data: bytes) -> Answer:
    body = read_json(data)
    if set(body) == {"handles"}:
        u, alpha_bar = knots_of_handles(_pairs(body["handles"], "handles", "Handle"))
        name, T = keep_curve(u, alpha_bar, "handles"), None
    elif set(body) == {"betas"}:
        if not isinstance(body["betas"], str):
            raise ValueError("betas must be a text with numbers.")
        u, alpha_bar = knots_of_betas(body["betas"])
        name, T = keep_curve(u, alpha_bar, "betas"), len(u) - 1
    else:
        raise ValueError("A schedule is given by handles or by betas.")
    return {"name": name, "T": T, **_knots(u, alpha_bar)}


def _knots(u: list[float], alpha_bar: list[float]) -> Answer:
    chosen = np.linspace(0, len(u) - 1, min(len(u), DRAWN_KNOTS)).astype(int)
    return {"u": [u[i] for i in chosen], "alpha_bar": [alpha_bar[i] for i in chosen]}


# What is there


def _look_up(name: str) -> Answer:
    kind = kind_of(name)
    if kind not in {"points", "handles", "betas"}:  # as if there were nothing
        raise ValueError(GONE.format("This is"))
    if kind == "points":
        points, color = load_points(name)
        return {
            "name": name,
            "kind": kind,
            "n": len(points),
            **_thumbnail(points, color.astype(np.float64)),
        }
    curve = load_curve(name)
    T = len(curve.u) - 1 if kind == "betas" else None
    return {
        "name": name,
        "kind": kind,
        "T": T,
        **_knots(curve.u.tolist(), curve.alpha_bar.tolist()),
    }


async def _get(request: Request) -> Response:
    try:
        return JSONResponse(await run_in_threadpool(_look_up, request.path_params["name"]))
    except ValueError as error:
        return refusal(404, str(error))


def own_routes() -> list[BaseRoute]:
    """Return the routes for what learners make.

    Returns
    -------
    list of starlette routes
        ``POST /api/own/table``, ``/api/own/drawing`` and ``/api/own/schedule`` keep something and
        answer with its name; ``GET /api/own/{name}`` tells what is kept. A refusal is
        ``{"error": sentence}`` with status 404, 413, 415, 422 or 507.
    """
    return [
        posted("/api/own/table", MAX_BYTES, "file", in_thread(_table)),
        posted("/api/own/drawing", MAX_JSON, "drawing", in_thread(_drawing)),
        posted("/api/own/schedule", MAX_JSON, "schedule", in_thread(_schedule)),
        Route("/api/own/{name}", _get),
    ]
