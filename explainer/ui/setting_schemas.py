"""Settings as JSON schemas: what each may be, as pydantic knows it and as an address sends it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from explainer.noise_settings import DIGITS, PICTURE_NAMES, UndoSettings
from explainer.own import OWN_PATTERN
from explainer.page_settings import EXACT, model_names
from explainer.settings import DATASET_NAMES, SCHEDULE_NAMES, Settings
from explainer.ui.bodies import VISITOR
from explainer.ui.text import api as text

Node = dict[str, Any]

# pydantic gives the bounds of our numbers by its own names, as a function checks them first.
BOUNDS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
}


def _names(kind: type[Settings], field: str) -> list[str] | None:
    """Return the names that a text may be beside those of one's own; None for other texts."""
    if field == "dataset" and issubclass(kind, UndoSettings):
        return [*DATASET_NAMES, DIGITS]
    if field == "model":
        return model_names()
    known = {"dataset": DATASET_NAMES, "schedule": SCHEDULE_NAMES, "picture": PICTURE_NAMES}
    return list(known[field]) if field in known else None


def _named(names: Iterable[str], field: str) -> Node:
    front = f"({EXACT})?" if field == "model" else ""
    own = {"type": "string", "pattern": f"^{front}{OWN_PATTERN}$"}
    return {"anyOf": [{"type": "string", "enum": list(names)}, own]}


@cache
def _schemas(kind: type[Settings]) -> Node:
    fields: Node = kind.model_json_schema()["properties"]
    return fields


def schema_of(kind: type[Settings], field: str) -> Node:
    """Return the JSON schema of one field, as the page may send it.

    Parameters
    ----------
    kind : type of Settings
    field : str

    Returns
    -------
    dict
        With choices, bounds and default; None, which no address can hold, is left out.
    """
    node: Node = dict(_schemas(kind)[field])
    if "anyOf" in node:  # something or None
        node |= next(option for option in node.pop("anyOf") if option != {"type": "null"})
    node = {BOUNDS.get(key, key): value for key, value in node.items() if key != "title"}
    if node.get("default", ...) is None:
        del node["default"]
    if field == "visitor":
        return {"type": "string", "pattern": f"^{VISITOR.pattern}$"}
    if node["type"] == "array":
        return {**node, "minItems": 1, "items": _named(SCHEDULE_NAMES, field)}
    names = _names(kind, field) if "enum" not in node else None
    if names is None:
        return node
    default = {"default": node["default"]} if "default" in node else {}
    return {**_named(names, field), **default}


def settings_query(kind: type[Settings]) -> list[Node]:
    """Return the fields of some settings as OpenAPI query parameters.

    Parameters
    ----------
    kind : type of Settings

    Returns
    -------
    list of dict
    """
    return [
        {
            "name": field,
            "in": "query",
            "description": text.FIELDS[field],
            "schema": schema_of(kind, field),
            **({"style": "form", "explode": False} if field == "schedules" else {}),
        }
        for field in kind.model_fields
    ]
