"""The routes that hand out a training run as a script and as a notebook."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from explainer.config import TrainConfig
from explainer.lesson import file_stem
from explainer.takehome import notebook, script
from explainer.ui.bodies import MAX_QUERY, refusal

KINDS: dict[str, tuple[Callable[[TrainConfig], str], str]] = {
    "py": (script, "text/x-python; charset=utf-8"),
    "ipynb": (notebook, "application/x-ipynb+json"),
}


def _route(ending: str) -> Route:
    write, media = KINDS[ending]

    def handle(request: Request) -> Response:  # not async, so that it runs in a thread
        if len(request.url.query) > MAX_QUERY:
            return refusal(414, f"The address is longer than {MAX_QUERY} characters.")
        try:
            config = TrainConfig.from_query(request.query_params)
            content = write(config)
        except ValueError as error:
            return refusal(422, str(error))
        disposition = f'attachment; filename="{file_stem(config)}.{ending}"'
        return Response(content, media_type=media, headers={"Content-Disposition": disposition})

    return Route(f"/api/take-home.{ending}", handle)


def takehome_routes() -> list[BaseRoute]:
    """Return the routes that hand out a training run.

    Returns
    -------
    list of starlette routes
        ``GET /api/take-home.py`` and ``GET /api/take-home.ipynb``; the query is that of
        :class:`explainer.config.TrainConfig`. A refusal is ``{"error": sentence}`` with status
        414 or 422.
    """
    return [_route(ending) for ending in KINDS]
