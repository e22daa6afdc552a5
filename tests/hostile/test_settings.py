"""Every setting of every question, with what no page of ours would send.

Asked over HTTP where the reaction is one of the server; of the types alone where the page's events
hand over values that no address can hold. What the events themselves do is in
:mod:`tests.hostile.test_handlers`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.config import TrainConfig
from explainer.cost import BUDGET, check_budget, multiply_adds
from explainer.jobs import JobStore
from explainer.own import keep_model
from explainer.settings import InvalidSetting, Settings
from explainer.ui.api import QUESTIONS, make_routes
from explainer.ui.form import FIELDS, settings_of, values_of
from explainer.ui.services import Services
from explainer.ui.setting_schemas import schema_of
from explainer.ui.undo_routes import UndoingSettings
from tests.jobs.helpers import FakeRunner
from tests.made_models import SMALL, model_bytes

ECHO = 40  # characters of what was sent that may come back
LONGEST = 500  # characters of a sentence; the list of all models is the longest

HTML = "<img src=x onerror=alert(1)>"
WRONG: list[Any] = [
    [], {}, [1], [[]], {"a": 1}, b"\xff", object, 1e999, "\ud800", "x" * 100_000, HTML, "\x00",
    ["a"] * 10_000,
]  # fmt: skip


ODD = [
    "x" * 1500, "\x00\x07\x1b[31m\r\nSet-Cookie: a=b", HTML, "'\"`;--", "../../../../etc/passwd",
    "{0.__class__} ${7*7} %s", "\u202egnp.exe", "[1]", '{"a": 1}', "null",
]  # fmt: skip

# One address for each kind of settings.
ASKED: dict[type[Settings], str] = {
    kind: f"/api/{name}" for name, (kind, _, _) in reversed(QUESTIONS.items())
}
ASKED[TrainConfig] = "/api/take-home.py"
ALL = [(kind, field) for kind in ASKED for field in kind.model_fields]


def of(*types: str) -> list[Any]:
    """Return the fields of some types, as parameters of a test."""
    return [
        pytest.param(kind, field, id=f"{kind.__name__}.{field}")
        for kind, field in ALL
        if schema_of(kind, field).get("type", "named") in types
    ]


every = pytest.mark.parametrize(
    ("kind", "field"), of("integer", "number", "boolean", "string", "named", "array")
)
numbers = pytest.mark.parametrize(("kind", "field"), of("integer", "number"))
choices = pytest.mark.parametrize(("kind", "field"), of("string", "named", "array"))


class Pretended:
    """No calculation at all: what is looked at here is decided before one."""

    async def __call__(self, target: str, argument: object) -> Any:
        json.dumps(argument, allow_nan=False)
        return {}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    store = JobStore(FakeRunner())
    services = Services(store, Pretended())  # type: ignore[arg-type]
    with TestClient(Starlette(routes=make_routes(services))) as client:
        yield client
    store.close()


def refused(client: TestClient, address: str) -> str:
    """Ask, and return the one sentence that says why not."""
    answer = client.get(address)
    assert answer.status_code == 422, f"{address}: {answer.text[:300]}"
    # HTML in it can only ever be text: nothing would show this as a page.
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert list(said) == ["error"]
    check(said["error"])
    return str(said["error"])


def check(said: str) -> None:
    assert said.endswith(".")
    assert said.isprintable()
    assert len(said) <= LONGEST
    for inside in ("Traceback", "pydantic", "Input should", "String should", "explainer."):
        assert inside not in said


def told(kind: type[Settings], /, **fields: Any) -> str:
    """Return what the settings themselves say against values of any type."""
    with pytest.raises(InvalidSetting) as caught:
        kind(**fields)
    said = str(caught.value)
    check(said)
    return said


def names_it(said: str, field: str) -> bool:
    return said.startswith(f"{field} ")


# --- 1: not a number ---


@numbers
def test_1_what_is_no_number(kind: type[Settings], field: str, client: TestClient) -> None:
    for text in ("nan", "NaN", "inf", "-inf", "Infinity", "1e400", "-1e400"):
        assert names_it(refused(client, f"{ASKED[kind]}?{field}={text}"), field)
        said = told(kind, **{field: float(text)})
        assert names_it(said, field)
        assert "finite" in said


# --- 2: out of range ---


@numbers
def test_2_out_of_range_on_both_sides(kind: type[Settings], field: str, client: TestClient) -> None:
    schema = schema_of(kind, field)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    for value in (low - 1, -1e300, -(10**400)):
        said = refused(client, f"{ASKED[kind]}?{field}={value}")
        assert names_it(said, field)
    assert f"{low}" in refused(client, f"{ASKED[kind]}?{field}={low - 1}")
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if high is not None:
        assert f"{high}" in refused(client, f"{ASKED[kind]}?{field}={high + 1}")
        for value in (1e300, 10**400, "9" * 1500):
            assert names_it(refused(client, f"{ASKED[kind]}?{field}={value}"), field)
    assert names_it(told(kind, **{field: 10**5000}), field)  # more digits than Python writes


# --- 3: off-step ---


@pytest.mark.parametrize(("kind", "field"), of("integer"))
def test_3_a_part_of_a_step_is_refused(
    kind: type[Settings], field: str, client: TestClient
) -> None:
    """Rounding would do, too: but then the page would show another number than was typed."""
    said = refused(client, f"{ASKED[kind]}?{field}=50.5")
    assert names_it(said, field)
    assert "whole number" in said


def test_3_what_lies_between_the_steps_of_a_slider_is_as_good() -> None:
    values = dict(zip(FIELDS, values_of(TrainConfig()), strict=True))
    config = settings_of(list({**values, "T": 55, "width": 100}.values()))
    assert (config.T, config.width) == (55, 100)


# --- 4: true for a number ---


@numbers
def test_4_true_is_no_number(kind: type[Settings], field: str, client: TestClient) -> None:
    for value in (True, False):
        assert "must be a number, not true or false" in told(kind, **{field: value})
        assert names_it(refused(client, f"{ASKED[kind]}?{field}={value}"), field)


# --- 5: empty or left out ---


@every
def test_5_what_is_empty_is_refused_and_what_is_left_out_has_its_default(
    kind: type[Settings], field: str, client: TestClient
) -> None:
    said = refused(client, f"{ASKED[kind]}?{field}=")
    assert names_it(said, field)
    default = kind.model_fields[field].default
    assert getattr(kind(), field) == default
    if default is not None and field != "time_embedding":  # the network's own where it is None
        assert names_it(told(kind, **{field: None}), field)


@pytest.mark.parametrize("kind", ASKED)
def test_5_all_left_out(kind: type[Settings], client: TestClient) -> None:
    assert client.get(ASKED[kind]).status_code == 200


# --- 6: more than was asked for ---


UNKNOWN = ["pizza", "model_config", "__class__", "self", "x" * 1500, "<b>", "\x00\n", "a b"]


@pytest.mark.parametrize("kind", ASKED)
def test_6_an_unknown_setting_is_named(kind: type[Settings], client: TestClient) -> None:
    """Ignoring it would do, too: but then a slip of the pen would look like an answer."""
    for name in UNKNOWN:
        said = refused(client, f"{ASKED[kind]}?{urlencode({name: 1})}")
        assert said.endswith(" is not a setting here.")
        assert len(said) <= ECHO + len(" is not a setting here.")


@every
def test_6_of_a_setting_given_twice_the_last_counts(
    kind: type[Settings], field: str, client: TestClient
) -> None:
    good, bad = dict(parse_qsl(kind().to_query())).get(field), urlencode({field: HTML})
    if good is not None:
        good = urlencode({field: good})
        assert client.get(f"{ASKED[kind]}?{bad}&{good}").status_code == 200
    assert names_it(refused(client, f"{ASKED[kind]}?{good}&{bad}"), field)


# --- 7: unknown choices ---


@choices
def test_7_an_unknown_choice_lists_the_choices(
    kind: type[Settings], field: str, client: TestClient
) -> None:
    said = refused(client, f"{ASKED[kind]}?{field}=donut")
    assert names_it(said, field)
    schema = schema_of(kind, field)
    schema = schema.get("items", schema)
    for name in schema.get("enum") or schema["anyOf"][0]["enum"]:
        assert name in said


# --- 8: wrong types ---


@every
def test_8_a_wrong_type_is_refused(kind: type[Settings], field: str) -> None:
    for value in WRONG:
        assert names_it(told(kind, **{field: value}), field), repr(value)[:40]


@every
def test_8_odd_text_is_refused_and_comes_back_short(
    kind: type[Settings], field: str, client: TestClient
) -> None:
    for text in ODD:
        said = refused(client, f"{ASKED[kind]}?{urlencode({field: text})}")
        assert names_it(said, field)
        assert "x" * (ECHO + 1) not in said


@every
def test_8_half_a_character_is_refused(
    kind: type[Settings], field: str, client: TestClient
) -> None:
    assert names_it(refused(client, f"{ASKED[kind]}?{field}=%ED%A0%80%FF"), field)


# --- JSON ---


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"visitor": NaN}', "The body must be JSON, without NaN or Infinity."),
        (b"[" * 900, "The body must be JSON"),
        (b"[]", "The body must be a JSON object."),
        (b'"x"', "The body must be a JSON object."),
        (b"\xff\xfe", "The body must be JSON"),
        (b"", "The body must be JSON"),
        (b'{"seed": true}', "seed must be a number, not true or false."),
        (b'{"seed": 1e400}', "seed must be a finite number"),
        (b'{"seed": null}', "seed must be a whole number; it is empty."),
        (b'{"network": {"a": 1}}', "network must be one of 'mlp' or 'unet'"),
        (b'{"dataset": "\\ud800"}', "dataset"),
        (b'{"dataset": ["s_curve"]}', "dataset must be one of"),
        (b'{"' + b"x" * 900 + b'": 1}', "x" * 37 + "... is not a setting here."),
        (b'{"visitor": 7}', "visitor must be a text, not 7."),
        (b'{"visitor": "1234-5678", "dataset": "donut"}', "dataset must be one of"),
        (b"{}", "The page's own name is missing; please reload the page."),
    ],
)
def test_a_bad_body_gets_one_sentence(body: bytes, says: str, client: TestClient) -> None:
    answer = client.post("/api/undo/start", content=body)
    assert answer.status_code == 422
    check(answer.json()["error"])
    assert answer.json()["error"].startswith(says)


# --- 13: over the budget ---


def test_13_a_run_over_the_budget_is_refused_and_says_how_many_steps_there_may_be() -> None:
    large = TrainConfig(steps=1_000_000, width=256, depth=5, batch_size=8192)
    with pytest.raises(InvalidSetting) as caught:
        check_budget(large)
    said = str(caught.value)
    check(said)
    assert said.startswith("steps must be at most ")
    assert "width" in said
    assert "batch_size" in said
    most = int(said.split("at most ")[1].split(" with")[0].replace(",", ""))
    check_budget(large.replace(steps=most))
    assert multiply_adds(large) * most <= BUDGET < multiply_adds(large) * (most + 2)


@pytest.mark.parametrize("field", ["steps", "width", "depth", "batch_size"])
def test_13_each_of_them_alone_is_refused_by_the_page_over_its_limit(field: str) -> None:
    values = dict(zip(FIELDS, values_of(TrainConfig()), strict=True))
    for value in (10**9, 10**400):
        with pytest.raises(InvalidSetting, match=f"^{field} must be"):
            settings_of(list({**values, field: value}.values()))


def test_13_samples_of_ones_own_large_model_are_refused(client: TestClient) -> None:
    name = keep_model(model_bytes(SMALL.replace(T=1000, width=256, depth=5)))
    said = refused(client, f"/api/sample?model={name}&steps=1000&n=10000")
    assert said.startswith("steps must be at most ")


@pytest.mark.parametrize("field", UndoingSettings.model_fields)
def test_8_a_run_to_be_started_has_no_wrong_type_either(field: str) -> None:
    for value in WRONG:
        if field == "visitor" and value in (HTML, "\x00"):
            continue  # a text; the route knows how a page may be called
        assert names_it(told(UndoingSettings, **{field: value}), field)
