"""The routes beside Gradio: answers as bytes, refusals as one sentence, nothing of the inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.frames import decode
from explainer.jobs import Busy, CalculationTimeout, Calculator, JobStore, WorkerPool
from explainer.jobs.reports import resolve
from explainer.page_settings import ForwardSettings, SampleSettings
from explainer.ui.api import QUESTIONS, address, make_routes
from explainer.ui.services import Services

COUNT = "tests.jobs.targets:count"


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    services = Services(JobStore(WorkerPool(workers=1)), Calculator(workers=1))
    yield services
    services.close()


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=make_routes(services))) as client:
        yield client


def test_a_cloud_comes_as_a_container(client: TestClient) -> None:
    response = client.get("/api/forward", params={"n": 50, "T": 10})
    assert response.status_code == 200
    header, arrays = decode(response.content)
    assert arrays["frames"].shape == (11, 50, 2)
    assert header["labels"][10].startswith("t = 10 of 10")


def test_the_strip_is_a_picture(client: TestClient) -> None:
    response = client.get("/api/strip.png", params={"n": 50, "T": 40})
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")


def test_the_table_of_schedules_is_csv(client: TestClient) -> None:
    response = client.get("/api/schedules.csv", params={"schedules": "linear", "T": 12})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(response.text.splitlines()) == 13


def test_what_a_learner_made_is_data_like_any_other(client: TestClient) -> None:
    drawing = {"points": [[i / 10, (i % 7) / 5] for i in range(50)]}
    made = client.post("/api/own/drawing", json=drawing).json()
    response = client.get("/api/forward", params={"dataset": made["name"], "T": 10})
    assert decode(response.content)[1]["frames"].shape == (11, 50, 2)
    designed = {"handles": [[0.5, 0.4], [1, 0.001]]}
    made = client.post("/api/own/schedule", json=designed).json()
    header, _ = decode(client.get("/api/forward", params={"schedule": made["name"]}).content)
    assert header["facts"]["ᾱₜ = α₁ α₂ … αₜ"][50] == "0.4000"


def test_what_is_no_longer_here_is_told(client: TestClient) -> None:
    response = client.get("/api/forward", params={"dataset": "own-0123456789abcdef"})
    assert response.status_code == 422
    assert response.json() == {
        "error": "These points are no longer here: draw, upload or design it again."
    }


def test_numbers_come_as_json(client: TestClient) -> None:
    answer = client.get("/api/schedules", params={"T": 4, "schedules": "linear"})
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.json()["betas"]["data"]) == 1


def test_the_exact_answers_come_as_a_container(client: TestClient) -> None:
    drawing = {"points": [[i / 10, (i % 7) / 5] for i in range(50)]}  # of few points it is quick
    made = client.post("/api/own/drawing", json=drawing).json()
    response = client.get("/api/truth", params={"T": 4, "dataset": made["name"]})
    header, arrays = decode(response.content)
    assert len(header["per_t"]) == 4
    assert arrays["field"].shape == (4, 225, 2)


def test_a_shipped_run_comes_as_a_container(client: TestClient) -> None:
    header, arrays = decode(client.get("/api/shipped-run", params={"n": 30}).content)
    assert arrays["frames"].shape == (1, 30, 2)
    assert header["shown"] == [400]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("forward?T=5000", "T must be at most 1000, not '5000'."),
        ("forward?T=abc", "T must be a whole number, not 'abc'."),
        ("forward?T=nan", "T must be a"),
        ("forward?T=10.5", "T must be a whole number"),
        ("forward?dataset=donut", "dataset must be one of 's_curve'"),
        ("forward?pizza=1", "pizza is not a setting here."),
        ("forward?T=10&n=1e99", "n must be"),
        ("sample?eta=1.2", "eta must be at most 1, not '1.2'."),
        ("sample?eta=inf", "eta must be a finite number"),
        ("sample?model=../../secret", "model must be one of"),
        ("sample?steps=101", "steps must be at most 100"),
        ("corruption?kind=pink", "kind must be one of"),
        ("picture?picture=/etc/passwd", "picture must be one of 'digits', 'china', 'flower'"),
        ("composing?kind=poisson", "kind must be one of"),
        ("composing?steps=1", "steps must be at least 2"),
        ("undo?network=gan", "network must be one of"),
        ("shipped-run?preset=tutorial&dataset=moons", "dataset moons has no shipped tutorial run."),
        ("schedules?schedules=", "schedules must name at least one schedule"),
        ("schedules?schedules=linear,donut", "must be one of 'tutorial', 'linear'"),
        ("schedules.csv?eta=2", "eta must be at most 1, not '2'."),
        ("prior?T=1", "T must be at least 2, not '1'."),
        ("clouds?dataset=own-123", "dataset must be one of 's_curve'"),
        ("floors?axis=round", "axis must be one of 'linear' or 'log', not 'round'."),
        ("sample?schedule=linear", "schedule can be chosen for an exact denoiser only."),
        ("truth?objective=score", "objective must be one of 'eps', 'x0' or 'v', not 'score'."),
        ("truth?width=64", "width is not a setting here."),
        ("shipped-run?preset=rate", "preset must be one of 'fast' or 'tutorial', not 'rate'."),
        ("truth?zero_terminal_snr=perhaps", "zero_terminal_snr must be true or false"),
    ],
)
def test_bad_settings_get_one_sentence(client: TestClient, path: str, says: str) -> None:
    response = client.get(f"/api/{path}")
    assert response.status_code == 422
    sentence = response.json()["error"]
    assert says in sentence
    assert "\n" not in sentence
    assert "pydantic" not in sentence


def test_an_address_without_end_is_refused(client: TestClient) -> None:
    response = client.get("/api/forward?dataset=" + "x" * 3000)
    assert response.status_code == 414


@pytest.mark.parametrize(
    ("error", "status"),
    [(Busy("Many people ask."), 503), (CalculationTimeout("That took too long."), 504)],
)
def test_overload_is_told(error: Exception, status: int, services: Services) -> None:
    async def refuse(target: str, argument: object) -> Any:
        raise error

    routes = make_routes(Services(services.store, refuse))  # type: ignore[arg-type]
    response = TestClient(Starlette(routes=routes)).get("/api/forward")
    assert response.status_code == status
    assert response.json() == {"error": str(error)}


def test_every_question_has_its_function() -> None:
    for _, target, _ in QUESTIONS.values():
        assert callable(resolve(target)), target


def test_a_run_can_be_followed_to_its_end(client: TestClient, services: Services) -> None:
    run = services.store.submit(COUNT, 3, visitor="pupil")
    seen: list[float] = []
    since = 0
    while True:
        response = client.get(f"/api/runs/{run}", params={"since": since})
        header, pictures = decode(response.content)
        assert response.headers["cache-control"] == "no-store"
        seen += header["series"].get("step", [])
        assert len(pictures) <= header["seq"] - since
        since = header["seq"]
        if header["status"] == "done":
            break
        assert header["status"] in {"queued", "running"}
    assert seen == sorted(seen)
    assert len(seen) == 3
    assert header["has_result"]
    assert services.store.result(run) == b"result 1"
    assert client.post(f"/api/runs/{run}/stop").json() == {"status": "done"}
    assert client.get(f"/api/runs/{run}", params={"since": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/runs/guessed", 404),
        ("POST", "/api/runs/guessed/stop", 404),
        ("POST", "/api/runs/guessed/explode", 404),
        ("POST", "/api/runs/guessed/keep", 404),
        ("GET", "/api/floor", 404),
    ],
)
def test_what_is_not_there(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert "Traceback" not in response.text


def test_health(client: TestClient) -> None:
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["workers"] == 1


def test_every_question_has_an_address_that_leads_back_to_it() -> None:
    for name, (kind, *_) in QUESTIONS.items():
        path, _, query = address(name, kind()).partition("?")
        assert path == f"api/{name}"
        assert kind.from_query(dict(parse_qsl(query))) == kind()
    assert address("sample", SampleSettings(eta=0.5)) != address("sample", SampleSettings())
    assert "zero_terminal_snr=false" in address("forward", ForwardSettings())
    with pytest.raises(TypeError, match="SampleSettings are not the settings of forward"):
        address("forward", SampleSettings())
