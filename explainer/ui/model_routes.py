"""The routes for the models that a learner keeps: upload, keep a run's, download, look up."""

from __future__ import annotations

import re
import unicodedata

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from explainer.header import MAX_BYTES
from explainer.jobs import UnknownJob
from explainer.own import forget, is_kept, keep_model, load_model_bytes, model_name
from explainer.own_models import OwnModel, describe
from explainer.ui.bodies import Answer, posted, refusal
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


def _keep(data: bytes) -> tuple[OwnModel, bool]:
    """Keep a checkpoint; tell what its header says, and whether it was kept before."""
    model = describe(data, model_name(data))
    known = is_kept(model.name)
    keep_model(data)
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
        ``{"error": sentence}`` with status 404, 409, 413 or 422.
    """

    async def upload(data: bytes) -> Answer:
        model, known = await run_in_threadpool(_keep, data)
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
            model, _ = await run_in_threadpool(_keep, data)
            return JSONResponse(_facts(model))
        except ValueError as error:
            return refusal(422, str(error))

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
        posted("/api/models", MAX_BYTES, "file", upload),
        Route("/api/runs/{run}/keep", keep, methods=["POST"]),
        Route("/api/models/{name}", download),
        Route("/api/models/{name}/facts", look_up),
    ]
