"""The teacher's view: who trains, how busy the machine is, and two ways to make it quiet."""

from __future__ import annotations

import dataclasses
import html
import json
import os
from typing import Any

from pydantic import StrictBool
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from explainer.folder import open_folder
from explainer.load import Meter, folder_bytes
from explainer.room import is_own, room_in
from explainer.settings import Settings
from explainer.ui.bodies import Answer, posted, read_json
from explainer.ui.services import Services
from explainer.ui.teacher_door import Door
from explainer.ui.text import teacher as text

MAX_JSON = 100  # bytes
PRIVATE = {"Cache-Control": "no-store"}
# Addresses are relative: the app may live behind a root path.
PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{html.escape(text.TITLE)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="static/page/teacher.css">
<script type="module" src="static/page/teacher.js"></script>
</head>
<body data-words="{html.escape(json.dumps(text.WORDS, ensure_ascii=False))}"></body>
</html>
"""


class HoldSettings(Settings):
    """Whether new runs have to wait."""

    hold: StrictBool


def teacher_routes(services: Services, token: str) -> list[BaseRoute]:
    """Return the routes of the teacher's view.

    Parameters
    ----------
    services : Services
    token : str
        What opens it.

    Returns
    -------
    list of starlette routes
        None at all without a token. ``GET /teacher`` is the page, which holds no secret. With the
        header ``Authorization: Bearer <token>``, ``GET /api/teacher`` tells of runs and load,
        ``POST /api/teacher/stop-all`` stops all runs and tells how many were ``stopped``, and
        ``POST /api/teacher/hold`` takes :class:`HoldSettings`. A refusal is ``{"error":
        sentence}`` with status 401, 429 after many wrong tokens, 413 or 422.
    """
    token = token.strip()
    if not token:
        return []
    door, meter, store = Door(token), Meter(), services.store

    async def page(request: Request) -> Response:
        return HTMLResponse(PAGE, headers=PRIVATE)

    def machine(helpers: list[int]) -> Answer:
        load = meter.read(server=[os.getpid()], calculation=helpers)
        folder = open_folder()
        return {
            "load": dataclasses.asdict(load) if load else None,
            "kept": {"bytes": folder_bytes(folder, is_own), "limit": room_in(folder)},
        }

    async def state(request: Request) -> Response:
        helpers = services.calculator.pids()
        answer: dict[str, Any] = {
            "runs": [dataclasses.asdict(run) for run in store.overview()],
            "holding": store.holding,
            "workers": store.stats()["workers"],
            "helpers": len(helpers),
            "pages": getattr(request.state, "streams", None),  # where the guard counts them
            **await run_in_threadpool(machine, helpers),
        }
        return JSONResponse(answer, headers=PRIVATE)

    async def stop_all(data: bytes) -> Answer:
        return {"stopped": store.stop_all(text.STOPPED)}

    async def hold(data: bytes) -> Answer:
        store.hold_new(HoldSettings(**read_json(data)).hold)
        return {"holding": store.holding}

    return [
        Route("/teacher", page),
        door.guard(Route("/api/teacher", state)),
        door.guard(posted("/api/teacher/stop-all", MAX_JSON, "request", stop_all)),
        door.guard(posted("/api/teacher/hold", MAX_JSON, "request", hold)),
    ]
