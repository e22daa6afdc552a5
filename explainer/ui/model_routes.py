"""The routes for the models that a learner keeps: upload, keep a run's, download, look up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from explainer.header import LENGTH, MAX_BYTES, MAX_HEADER
from explainer.jobs import UnknownJob
from explainer.own import (
    MODEL_GONE,
    Draft,
    draft_model,
    forget,
    is_kept,
    keep_model,
    model_name,
    open_model,
    touch,
)
from explainer.own_models import OwnModel, describe, own_model
from explainer.ui.bodies import Answer, refusal, refused, streamed
from explainer.ui.services import Services

CHECK = "explainer.experiments.models:check_model"
NO_CHECKPOINT = "This run has no checkpoint yet: the first comes with its first picture."
PIECE = 2**18  # bytes
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


def _keep_draft(draft: Draft) -> OwnModel:
    """Keep a checkpoint; tell what its header says."""
    model = describe(draft.start(LENGTH + MAX_HEADER), draft.name)
    draft.keep()
    return model


def _look_up(name: str) -> Answer:
    if not is_kept(name):
        raise ValueError(MODEL_GONE)
    touch(name)
    return _facts(own_model(name))


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """Read a file piece by piece and close it: thirty models at once would fill the memory."""
    try:
        while piece := await run_in_threadpool(file.read, PIECE):
            yield piece
    finally:
        file.close()


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
            model = await run_in_threadpool(_keep_draft, draft)
        try:
            await services.calculator(CHECK, {"name": model.name})
        except ValueError:
            forget(model.name)  # a bad file leaves nothing behind, whoever brought it
            raise
        # One that nobody could look into stays: a class brings the same file, and another pupil's
        # may just have been found good. Whatever uses it looks into it again.
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
            file, size = await run_in_threadpool(open_model, request.path_params["name"])
        except ValueError as error:
            return refusal(404, str(error))
        name = file_name(request.query_params.get("name", ""))
        return StreamingResponse(
            _pieces(file),
            media_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Length": str(size),
            },
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
