"""What the server can be asked, as an OpenAPI 3.1 document: made from the settings' own types.

The document cannot lag behind the code: the tests hold it against the routes, and let
schemathesis ask everything that it says may be asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from explainer import __version__
from explainer.config import TrainConfig
from explainer.header import MAX_BYTES as MODEL_BYTES
from explainer.own import OWN_PATTERN, PICTURE_BYTES
from explainer.settings import Settings
from explainer.table import MAX_BYTES as TABLE_BYTES
from explainer.ui.bodies import CONTAINER
from explainer.ui.own_routes import MAX_JSON
from explainer.ui.run_routes import MESSAGES
from explainer.ui.setting_schemas import Node, schema_of, settings_query
from explainer.ui.takehome_routes import KINDS
from explainer.ui.text import api as text
from explainer.ui.undo_routes import UndoingSettings

Questions = Mapping[str, tuple[type[Settings], str, str]]

PATH = "/api/openapi.json"
VERBS = ("pause", "resume", "stop", "step", *MESSAGES)
JSON, BYTES = "application/json", "application/octet-stream"
OF_A_QUESTION = (414, 422, 500, 503, 504)
OF_A_BODY = (400, 413, 415, 422)
OF_A_CALCULATION = (500, 503, 504)
PAIR: Node = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
NAMED: Node = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "pattern": f"^{OWN_PATTERN}$"}},
}


def _in_path(name: str, schema: Node | None = None) -> Node:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": text.PATHS[name],
        "schema": schema or {"type": "string", "minLength": 1},
    }


def _in_query(name: str, description: str, schema: Node) -> Node:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _body(medias: Iterable[str], schema: Node, limit: int) -> Node:
    return {
        "required": True,
        "description": f"At most {limit:,} bytes.",
        "content": {media: {"schema": schema} for media in medias},
    }


def _operation(
    name: str,
    summary: str,
    media: str,
    statuses: Iterable[int] = (),
    *,
    answer: Node | None = None,
    parameters: Iterable[Node] = (),
    body: Node | None = None,
) -> Node:
    """Return what a route does; ``media`` and ``answer`` are those of a 200."""
    bare = media.partition(";")[0]
    content = {} if answer is None and bare != JSON else {"schema": answer or {"type": "object"}}
    given: Node = {"description": summary, "content": {bare: content}}
    refused = {str(s): {"$ref": f"#/components/responses/{s}"} for s in sorted(set(statuses))}
    return {
        "operationId": name,
        "summary": summary,
        **({"parameters": list(parameters)} if parameters else {}),
        **({"requestBody": body} if body else {}),
        "responses": {"200": given, **refused},
    }


def _posted(
    name: str, medias: Iterable[str], schema: Node, limit: int, more: Iterable[int] = ()
) -> Node:
    """Return a route that keeps what is posted."""
    body = _body(medias, schema, limit)
    statuses = (*OF_A_BODY, 507, *more)
    return {"post": _operation(name, text.ROUTES[name], JSON, statuses, answer=NAMED, body=body)}


def _own() -> Node:
    drawing: Node = {"type": "object", "required": ["points"]}
    drawing["properties"] = {"points": {"type": "array", "items": PAIR}}
    kinds: Node = {"handles": {"type": "array", "items": PAIR}, "betas": {"type": "string"}}
    schedule = [
        {"type": "object", "required": [k], "properties": {k: node}, "additionalProperties": False}
        for k, node in kinds.items()
    ]
    name = [_in_path("name")]
    images, tables = ("image/png", "image/jpeg"), ("text/csv", BYTES)
    return {
        "/api/own/picture": _posted(
            "own/picture", images, {}, PICTURE_BYTES, more=OF_A_CALCULATION
        ),
        "/api/own/table": _posted("own/table", tables, {}, TABLE_BYTES),
        "/api/own/drawing": _posted("own/drawing", [JSON], drawing, MAX_JSON),
        "/api/own/schedule": _posted("own/schedule", [JSON], {"oneOf": schedule}, MAX_JSON),
        "/api/own/{name}": {
            "get": _operation("own", text.ROUTES["own"], JSON, [404], answer=NAMED, parameters=name)
        },
    }


def _models() -> Node:
    name = _in_path("name")
    called = _in_query("name", text.PATHS["download"], {"type": "string"})
    words = text.ROUTES
    return {
        "/api/models": _posted("models", [BYTES], {}, MODEL_BYTES, more=OF_A_CALCULATION),
        "/api/models/{name}": {
            "get": _operation("model", words["model"], BYTES, [404], parameters=[name, called])
        },
        "/api/models/{name}/facts": {
            "get": _operation("facts", words["facts"], JSON, [404], answer=NAMED, parameters=[name])
        },
    }


def _runs() -> Node:
    run = _in_path("run")
    verb = _in_path("verb", {"type": "string", "enum": list(VERBS)})
    since = _in_query("since", text.PATHS["since"], {"type": "integer", "default": 0})
    status: Node = {"type": "object", "required": ["status"]}
    status["properties"] = {"status": {"type": "string"}}
    fields = UndoingSettings.model_fields
    start: Node = {"type": "object", "required": ["visitor"], "additionalProperties": False}
    start["properties"] = {field: schema_of(UndoingSettings, field) for field in fields}
    started = {"type": "object", "required": ["run", "steps"]}
    words = text.ROUTES
    return {
        "/api/runs/{run}": {
            "get": _operation("poll", words["poll"], CONTAINER, [404, 422], parameters=[run, since])
        },
        "/api/runs/{run}/checkpoint": {
            "get": _operation(
                "checkpoint", words["checkpoint"], BYTES, [404, 409], parameters=[run]
            )
        },
        "/api/runs/{run}/keep": {
            "post": _operation(
                "keep", words["keep"], JSON, [404, 409, 422, 507], answer=NAMED, parameters=[run]
            )
        },
        "/api/runs/{run}/{verb}": {
            "post": _operation(
                "tell", words["tell"], JSON, [404], answer=status, parameters=[run, verb]
            )
        },
        "/api/undo/start": {
            "post": _operation(
                "undo-start",
                words["undo"],
                JSON,
                [*OF_A_BODY, 503],
                answer=started,
                body=_body([JSON], start, 1000),
            )
        },
    }


def describe(questions: Questions) -> Node:
    """Describe all routes beside Gradio's own, but for scripts and styles.

    Parameters
    ----------
    questions : mapping
        :data:`explainer.ui.api.QUESTIONS`.

    Returns
    -------
    dict
        An OpenAPI 3.1 document.
    """
    words = text.ROUTES
    paths: Node = {"/healthz": {"get": _operation("healthz", words["healthz"], JSON)}}
    paths[PATH] = {"get": _operation("openapi", words["openapi"], JSON)}
    for name, (kind, _, media) in questions.items():
        query = settings_query(kind)
        summary = text.QUESTIONS[name]
        operation = _operation(name, summary, media, OF_A_QUESTION, parameters=query)
        paths[f"/api/{name}"] = {"get": operation}
    for ending, (_, media) in KINDS.items():
        name = f"take-home.{ending}"
        query = settings_query(TrainConfig)
        operation = _operation(name, words[name], media, (414, 422), parameters=query)
        paths[f"/api/{name}"] = {"get": operation}
    paths |= _models() | _runs() | _own()
    error: Node = {"type": "object", "required": ["error"], "additionalProperties": False}
    error["properties"] = {"error": {"type": "string", "minLength": 1}}
    content = {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": text.TITLE, "version": __version__, "description": text.ABOUT},
        "paths": paths,
        "components": {
            "schemas": {"Refusal": error},
            "responses": {
                str(status): {"description": sentence, "content": content}
                for status, sentence in text.REFUSALS.items()
            },
        },
    }


def openapi_route(questions: Questions) -> Route:
    """Return the route of the description, which is written once, when somebody asks.

    Parameters
    ----------
    questions : mapping
        :data:`explainer.ui.api.QUESTIONS`.
    """

    @cache
    def document() -> bytes:
        return json.dumps(describe(questions)).encode()

    def handle(request: Request) -> Response:  # not async, so that it runs in a thread
        return Response(document(), media_type=JSON, headers={"Cache-Control": "no-cache"})

    return Route(PATH, handle)
