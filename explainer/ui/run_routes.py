"""The routes of a training run: its news as bytes, and what it can be told."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from explainer.frames import encode
from explainer.jobs import JobView, UnknownJob
from explainer.ui.bodies import CONTAINER, refusal
from explainer.ui.model_routes import NO_CHECKPOINT, PIECE
from explainer.ui.services import Services

MESSAGES = ("save", "pace-1", "pace-10", "pace-full")  # passed on as they are


def _told(values: list[float]) -> list[float | None]:
    """Write what is no number as null: JSON has no other word, and charts leave a gap there."""
    return [value if math.isfinite(value) else None for value in values]


def _view_bytes(view: JobView) -> bytes:
    """Pack the news of a run: facts in the header, each new picture as an array of bytes."""
    header = {
        "status": view.status,
        "queue_position": view.queue_position,
        "progress": view.progress,
        "seq": view.seq,
        "series": {name: _told(values) for name, values in view.series.items()},
        "note": view.note,
        "error": view.error,
        "seconds": round(view.seconds, 2),
        "has_result": view.has_result,
        "again": round(view.again, 2),
    }
    pictures = {f"frame {seq}": np.frombuffer(data, dtype=np.uint8) for seq, data in view.frames}
    return encode(header, pictures)


def run_routes(services: Services) -> list[BaseRoute]:
    """Return the routes of runs.

    Parameters
    ----------
    services : Services

    Returns
    -------
    list of starlette routes
        ``GET /api/runs/{run}?since=`` gives what is new, and ``POST .../{verb}`` tells a run to
        ``pause``, ``resume``, ``stop``, do a single ``step``, ``save`` a checkpoint, or go on at
        another pace. ``GET .../checkpoint`` is the latest checkpoint, the bytes of a file that is
        nowhere written; 409 before the first.
    """
    store = services.store

    async def poll(request: Request) -> Response:
        try:
            since = int(request.query_params.get("since", "0"))
        except ValueError:
            return refusal(422, "since must be a whole number.")
        try:
            view = store.poll(request.path_params["run"], since)
        except UnknownJob as error:
            return refusal(404, str(error))
        return Response(
            _view_bytes(view), media_type=CONTAINER, headers={"Cache-Control": "no-store"}
        )

    async def checkpoint(request: Request) -> Response:
        try:
            data = store.result(request.path_params["run"])
        except UnknownJob as error:
            return refusal(404, str(error))
        if data is None:
            return refusal(409, NO_CHECKPOINT)
        # In pieces, or whoever reads slowly would have the server hold a copy of all of it.
        pieces = (data[start : start + PIECE] for start in range(0, len(data), PIECE))
        headers = {"Cache-Control": "no-store", "Content-Length": str(len(data))}
        return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)

    def step(run: str) -> str:
        store.pause(run)
        return store.tell(run, "step")

    verbs: dict[str, Callable[[str], str]] = {
        "pause": store.pause,
        "resume": store.resume,
        "stop": store.stop,
        "step": step,
        **{message: partial(store.tell, message=message) for message in MESSAGES},
    }

    async def command(request: Request) -> Response:
        do = verbs.get(request.path_params["verb"])
        if do is None:
            return refusal(404, f"A run can be told to {', '.join(verbs)}.")
        try:
            return JSONResponse({"status": do(request.path_params["run"])})
        except UnknownJob as error:
            return refusal(404, str(error))

    return [
        Route("/api/runs/{run}", poll),
        Route("/api/runs/{run}/checkpoint", checkpoint),
        Route("/api/runs/{run}/{verb}", command, methods=["POST"]),
    ]
