"""The routes for the models that a learner keeps: upload, keep a run's, download, look up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from explainer.header import LENGTH, MAX_BYTES, MAX_HEADER
from explainer.jobs import UnknownJob
from explainer.own import (
    Draft,
    draft_model,
    forget,
    is_kept,
    keep_model,
    load_model_bytes,
    model_name,
)
from explainer.own_models import OwnModel, describe
from explainer.ui.bodies import Answer, refusal, refused, streamed
from explainer.ui.services import Services

CHECK = "explainer.experiments.models:check_model"
NO_CHECKPOINT = "This run has no checkpoint yet: the first comes with its first picture."
LONGEST_FILE_NAME = 60  # characters, without the ending


def _facts(model: OwnModel) -> Answer:
    config = model.config.model_dump()
    chosen = {key: config[key] for key in ("steps", "dataset", "schedule", "T")}
    facts = {"name": model.name, "step": model.step, "has_state": model.has_state}
    return {**facts, **chosen, "config": config}


def file_name(title: str) -> str:
    """Return a title as a file's name that every system takes.

    Parameters
    ----------
    title : str
        Whatever somebody typed.

    Returns
    -------
    str
        ASCII letters, digits, hyphens and underscores, ending in ``.safetensors``.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9_]+", "-", plain)[:LONGEST_FILE_NAME].strip("-")
    return f"{words or 'model'}.safetensors"


def _keep(data: bytes) -> OwnModel:
    """Keep a checkpoint; tell what its header says."""
    model = describe(data, model_name(data))
    keep_model(data)
    return model


def _keep_draft(draft: Draft) -> tuple[OwnModel, bool]:
    """Keep a checkpoint; tell what its header says, and whether it was kept before."""
    model = describe(draft.start(LENGTH + MAX_HEADER), draft.name)
    known = is_kept(model.name)
    draft.keep()
    return model, known


def _look_up(name: str) -> Answer:
    return _facts(describe(load_model_bytes(name), name))


def model_routes(services: Services) -> list[BaseRoute]:
    """Return the routes for models.

    Parameters
    ----------
    services : Services

    Returns
    -------
    list of starlette routes
        ``POST /api/models`` takes a ``.safetensors`` file and ``POST /api/runs/{run}/keep`` the
        latest checkpoint of a run; both answer with ``name``, ``config``, ``step``, ``steps``,
        ``has_state``, ``dataset``, ``schedule`` and ``T``, and so does
        ``GET /api/models/{name}/facts``. ``GET /api/models/{name}`` is the file. A refusal is
        ``{"error": sentence}`` with status 404, 409, 413, 415, 422 or 507.
    """

    async def upload(parts: AsyncIterator[bytes]) -> Answer:
        # Onto the disk as it comes: thirty of the largest at once would fill the memory.
        with draft_model() as draft:
            async for part in parts:
                draft.write(part)
            model, known = await run_in_threadpool(_keep_draft, draft)
        try:
            await services.calculator(CHECK, {"name": model.name})
        except Exception:
            if not known:  # a bad file leaves nothing behind
                forget(model.name)
            raise
        return _facts(model)

    async def keep(request: Request) -> Response:
        try:
            data = services.store.result(request.path_params["run"])
        except UnknownJob as error:
            return refusal(404, str(error))
        if data is None:
            return refusal(409, NO_CHECKPOINT)
        try:
            return JSONResponse(_facts(await run_in_threadpool(_keep, data)))
        except ValueError as error:
            return refused(error)

    async def download(request: Request) -> Response:
        try:
            data = await run_in_threadpool(load_model_bytes, request.path_params["name"])
        except ValueError as error:
            return refusal(404, str(error))
        name = file_name(request.query_params.get("name", ""))
        return Response(
            data,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def look_up(request: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(_look_up, request.path_params["name"]))
        except ValueError as error:
            return refusal(404, str(error))

    return [
        streamed("/api/models", MAX_BYTES, "file", upload),
        Route("/api/runs/{run}/keep", keep, methods=["POST"]),
        Route("/api/models/{name}", download),
        Route("/api/models/{name}/facts", look_up),
    ]
