"""The route for the pictures that a learner brings."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from explainer.own import PICTURE_BYTES, forget, keep_picture, keep_upload
from explainer.ui.bodies import Answer, posted
from explainer.ui.services import Services

TAKE = "explainer.experiments.pictures:take_picture"


def picture_routes(services: Services) -> list[BaseRoute]:
    """Return the route for a learner's own pictures.

    Parameters
    ----------
    services : Services

    Returns
    -------
    list of starlette routes
        ``POST /api/own/picture`` takes the bytes of a PNG or JPEG file and answers with ``name``,
        ``width`` and ``height`` of the picture, shrunk and kept. A refusal is
        ``{"error": sentence}`` with status 413, 415, 422 or 507, and 500 to 504 if nobody could
        look.
    """

    async def take(data: bytes) -> Answer:
        upload = await run_in_threadpool(keep_upload, data)
        try:
            # Decoded in a process of its own: what a stranger's file does there harms nobody.
            taken = await services.calculator(TAKE, {"name": upload})
        finally:
            await run_in_threadpool(forget, upload)
        # Kept here and not there: the worker's answer may come out of the cache long afterwards.
        name = await run_in_threadpool(keep_picture, taken["png"])
        return {"name": name, "width": taken["width"], "height": taken["height"]}

    return [posted("/api/own/picture", PICTURE_BYTES, "file", take)]
