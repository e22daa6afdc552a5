"""The description of the routes: complete, valid, and true whatever is asked.

``DX_EXAMPLES=500 pytest tests/ui/test_openapi.py`` asks much more.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.python.asgi import ASGIClient, get_client
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.applications import Starlette
from starlette.routing import Route

from explainer.config import TrainConfig
from explainer.jobs import JobStore
from explainer.jobs.reports import resolve
from explainer.own import OWN_PATTERN, keep_curve, keep_model, keep_points
from explainer.page_settings import EXACT
from explainer.restored import shipped_restorers
from explainer.settings import Settings
from explainer.ui.api import QUESTIONS, make_routes
from explainer.ui.openapi import PATH, VERBS, describe
from explainer.ui.services import Services
from explainer.ui.setting_schemas import schema_of
from explainer.ui.text import api as text
from explainer.ui.undo_routes import UndoingSettings
from tests.jobs.helpers import FakeRunner
from tests.made_models import model_bytes

MORE = "DX_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("DX_EXAMPLES", "6"))  # of what is allowed and of what is not, each
MANY = 4000  # points times steps: what is more is only pretended here
# Each takes a tenth of a second and more, whatever is asked for.
LONG = {
    "strip.png", "perfect", "quality-cell", "roundtrip-errors", "mistake", "picture", "endstates",
    "closedform", "undo", "truth", "shipped-run",
}  # fmt: skip
PRETENDED: dict[str, Any] = {
    target: {} if media == "application/json" else b"" for _, target, media in QUESTIONS.values()
}
TAKES_LONG = {QUESTIONS[name][1] for name in LONG}
SETTINGS = sorted({kind for kind, _, _ in QUESTIONS.values()}, key=lambda kind: kind.__name__)
SETTINGS += [TrainConfig, UndoingSettings]

DOCUMENT = describe(QUESTIONS)
CONFIG = SchemathesisConfig.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": [404, 405, 413, 414, 415, 422]}}}
)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
load_all_checks()


class Inline:
    """Calculations in this process, so that nothing of theirs hides.

    Attributes
    ----------
    really : {"all", "quick", "none"}
        What is computed; the rest is pretended.
    """

    really = "quick"

    async def __call__(self, target: str, argument: dict[str, Any]) -> Any:
        sent = json.loads(json.dumps(argument))
        if target == QUESTIONS["undo"][1]:
            shipped_restorers(**sent)  # refuses data that it does not know
        work = (sent.get("n") or 1) * (sent.get("steps") or sent.get("T") or 1)
        quick = work <= MANY and target not in TAKES_LONG
        if self.really == "all" or (self.really == "quick" and quick) or target not in PRETENDED:
            return resolve(target)(sent)
        return PRETENDED[target]


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    services = Services(JobStore(FakeRunner()), Inline())  # type: ignore[arg-type]
    yield services
    services.store.close()


@pytest.fixture
def all_of_it(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.calculator, "really", "all")


@pytest.fixture
def none_of_it(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.calculator, "really", "none")


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[ASGIClient]:
    routes = make_routes(services)
    with get_client(Starlette(routes=routes)) as client:
        yield client


# --- the document ---


def test_it_is_valid() -> None:
    SCHEMA.validate()
    names = [operation.definition.raw["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)


def test_it_names_every_route_and_no_other(services: Services) -> None:
    routes = make_routes(services)
    assert all(isinstance(route, Route) for route in routes)  # a Mount would hide what is in it
    served = {
        (method.lower(), route.path_format)
        for route in routes
        for method in route.methods - {"HEAD"}
    }
    described = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert described == served


def test_it_is_served(client: ASGIClient) -> None:
    response = client.get(PATH)
    assert response.headers["content-type"] == "application/json"
    assert response.json() == DOCUMENT


def test_there_are_words_for_all_of_it_and_for_nothing_else() -> None:
    assert text.QUESTIONS.keys() == QUESTIONS.keys()
    assert text.FIELDS.keys() == {field for kind in SETTINGS for field in kind.model_fields}
    used = set(re.findall(r"components/responses/(\d+)", json.dumps(DOCUMENT)))
    assert used == set(DOCUMENT["components"]["responses"])


@pytest.mark.parametrize("kind", SETTINGS)
def test_defaults_and_bounds_are_those_of_the_settings(kind: type[Settings]) -> None:
    for field, info in kind.model_fields.items():
        schema = schema_of(kind, field)
        Draft202012Validator.check_schema(schema)
        if "default" in schema:
            assert schema["default"] == json.loads(json.dumps(info.default))
            Draft202012Validator(schema).validate(schema["default"])
        if schema.get("type") in {"integer", "number"}:
            low = schema.get("minimum", schema.get("exclusiveMinimum"))
            for bound in (low, schema.get("maximum")):
                if bound is not None and "exclusiveMinimum" not in schema:
                    assert _refusal(kind, field, bound) is None
            assert _refusal(kind, field, low - 1).startswith(f"{field} must be")
            if "maximum" in schema:
                assert _refusal(kind, field, schema["maximum"] + 1).startswith(f"{field} must be")


def _refusal(kind: type[Settings], field: str, value: float) -> str | None:
    """Return what is said against a value by the field itself; None where it fits."""
    try:
        kind(**{field: value})
    except ValueError as error:
        # Whether it fits the other fields is another question.
        return None if " not " not in str(error) else str(error)
    return None


def test_what_may_be_chosen_is_listed() -> None:
    forward = {
        p["name"]: p["schema"] for p in DOCUMENT["paths"]["/api/forward"]["get"]["parameters"]
    }
    assert forward["T"] == {"type": "integer", "minimum": 2, "maximum": 1000, "default": 100}
    assert forward["way"] == {"type": "string", "enum": ["jump", "walk"], "default": "jump"}
    named, own = forward["dataset"]["anyOf"]
    assert {"s_curve", "moons"} <= set(named["enum"])
    assert own == {"type": "string", "pattern": f"^{OWN_PATTERN}$"}
    tell = DOCUMENT["paths"]["/api/runs/{run}/{verb}"]["post"]["parameters"]
    assert tell[1]["schema"]["enum"] == list(VERBS)


def test_a_run_can_be_told_what_is_listed(client: ASGIClient) -> None:
    said = client.post("/api/runs/guessed/explode").json()["error"]
    assert said == f"A run can be told to {', '.join(VERBS)}."


# --- the answers ---


@pytest.mark.usefixtures("all_of_it")
@pytest.mark.parametrize("name", [name for name in QUESTIONS if MORE or name not in LONG])
def test_every_question_answers_as_described(name: str, client: ASGIClient) -> None:
    operation = OPERATIONS[f"GET /api/{name}"]
    fields = QUESTIONS[name][0].model_fields
    small = {"n": 30, "T": 10, "steps": 5}
    query = {field: value for field, value in small.items() if field in fields}
    response = operation.Case(query=query).call(session=client)
    assert response.status_code == 200, response.text
    assert len(response.content) > 10
    operation.validate_response(response)


KEPT = {
    "dataset": lambda: keep_points(points(), points()[:, 0]),
    "schedule": lambda: keep_curve([0, 0.5, 1], [1, 0.4, 0.001], "handles"),
    "model": lambda: keep_model(model_bytes()),
}


def points() -> Any:
    return np.linspace(0, 1, 40).reshape(20, 2)


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_is_allowed(label: str, client: ASGIClient, services: Services) -> None:
    operation = OPERATIONS[label]
    run = services.store.submit("unused:target", {}, visitor="1234-5678")
    kept = {name: make() for name, make in KEPT.items()}

    def known(field: str, value: object) -> object:
        """Take what is kept here in place of what could be."""
        own = kept.get(field.removesuffix("s"))
        if own is None or not isinstance(value, str):
            return value
        exact = value.replace(value.removeprefix(EXACT), kept["dataset"])
        return exact if value.startswith(EXACT) else re.sub(OWN_PATTERN, own, value)

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), here=st.booleans(), name=st.sampled_from([*kept.values()]))
    def ask(case: Any, here: bool, name: str) -> None:
        if here:
            case.query = {key: known(key, value) for key, value in (case.query or {}).items()}
            given = {"name": name, "run": run}
            path = case.path_parameters or {}
            case.path_parameters = {key: given.get(key, value) for key, value in path.items()}
        response = case.call(session=client)
        # Settings that are allowed each for itself need not fit together.
        case.validate_response(response, excluded_checks=[positive_data_acceptance])

    ask()


@pytest.mark.parametrize(
    "label", [label for label, one in OPERATIONS.items() if one.query or "json" in str(one.body)]
)
def test_what_is_not_allowed(label: str, client: ASGIClient) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=OPERATIONS[label].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(case: Any) -> None:
        case.call_and_validate(session=client)

    ask()


def _edges() -> list[str]:
    """Return all routes, of the questions with the same settings one."""
    first = {kind: f"GET /api/{name}" for name, (kind, _, _) in reversed(QUESTIONS.items())}
    asked = {f"GET /api/{name}" for name in QUESTIONS} - set(first.values())
    return [label for label in OPERATIONS if MORE or label not in asked]


@pytest.mark.usefixtures("none_of_it")
@pytest.mark.parametrize("label", _edges())
def test_at_all_edges(label: str, client: ASGIClient) -> None:
    operation = OPERATIONS[label]
    for case in SCHEMA.iter_coverage_cases(
        operation,
        generation_modes=list(GenerationMode),
        generation_config=SCHEMA.config.generation_for(operation=operation),
    ):
        response = case.call(session=client)
        case.validate_response(response, excluded_checks=[positive_data_acceptance])
