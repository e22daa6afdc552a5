"""Models over the wire: kept under their content's name, checked whole, given back as they were."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.folder import open_folder
from explainer.header import MAX_BYTES
from explainer.jobs import Busy, CalculationFailed, CalculationTimeout, Calculator, UnknownJob
from explainer.own import is_kept, is_own, keep_curve, keep_model, load_model_bytes, model_name
from explainer.ui.model_routes import file_name, model_routes
from explainer.ui.services import Services
from tests.made_models import SMALL, model_bytes

UNKNOWN = "own-0123456789abcdef"
GONE = (
    "This model is no longer on the server: train it again, or upload the file that you downloaded."
)


RESULTS = {"early": None, "late": model_bytes(step=60, state=True)}


class Store:
    """Stands in for the store of runs: what each has for a result."""

    def result(self, run: str) -> bytes | None:
        if run not in RESULTS:
            raise UnknownJob
        return RESULTS[run]


@pytest.fixture(scope="module")
def calculator() -> Iterator[Calculator]:
    calculator = Calculator(workers=1)
    yield calculator
    calculator.close()


def client_of(calculator: Any) -> TestClient:
    return TestClient(Starlette(routes=model_routes(Services(Store(), calculator))))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def client(calculator: Calculator) -> Iterator[TestClient]:
    with client_of(calculator) as client:
        yield client


def files() -> set[str]:
    return {path.name for path in open_folder().iterdir()}


def refusal(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error"}
    sentence = str(response.json()["error"])
    assert re.fullmatch(r"[^\n]+\.", sentence)
    return sentence


@pytest.mark.parametrize("state", [True, False])
def test_an_uploaded_model_is_kept_and_told_of(client: TestClient, state: bool) -> None:
    data = model_bytes(SMALL.replace(seed=11), state=state)
    response = client.post("/api/models", content=data)
    assert response.status_code == 200, response.text
    facts = response.json()
    assert is_own(facts["name"])
    assert facts == {
        "name": facts["name"],
        "config": SMALL.replace(seed=11).model_dump(),
        "step": 40,
        "steps": 100,
        "has_state": state,
        "dataset": "s_curve",
        "schedule": "cosine",
        "T": 20,
    }
    assert load_model_bytes(facts["name"]) == data
    assert client.get(f"/api/models/{facts['name']}/facts").json() == facts
    assert client.post("/api/models", content=data).json() == facts


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is not a .safetensors file, or it is damaged;"),
        (b"PK\3\4" + bytes(100), "The file is not a .safetensors file"),
        (model_bytes()[:-8], "The file is not a .safetensors file, or it is damaged;"),
        (model_bytes(grown=float("nan")), "The tensor parameters."),
        (model_bytes(step=101), "The checkpoint does not say after how many steps"),
        (model_bytes(SMALL.replace(schedule=UNKNOWN)), "This schedule is no longer here"),
    ],
    ids=range(6),
)
def test_a_bad_file_gets_a_sentence_and_leaves_nothing_behind(
    client: TestClient, data: bytes, says: str
) -> None:
    before = files()
    assert refusal(client.post("/api/models", content=data), 422).startswith(says)
    assert files() <= before
    assert not is_kept(model_name(data)), "nor what others may have brought"


@pytest.mark.parametrize(
    ("error", "status"),
    [(Busy("Many ask."), 503), (CalculationTimeout("Long."), 504), (CalculationFailed("No."), 500)],
)
def test_what_could_not_be_checked_is_refused_and_checked_when_it_comes_again(
    client: TestClient, error: Exception, status: int
) -> None:
    async def refuse(target: str, argument: object) -> Any:
        raise error

    good, bad = (model_bytes(SMALL.replace(seed=21), grown=grown) for grown in (1, float("nan")))
    for content in (good, bad):
        response = client_of(refuse).post("/api/models", content=content)
        assert refusal(response, status) == str(error)
    assert client.post("/api/models", content=good).json()["name"] == model_name(good)
    assert load_model_bytes(model_name(good)) == good
    refusal(client.post("/api/models", content=bad), 422)
    assert not is_kept(model_name(bad))


def test_a_bad_moment_of_one_takes_nothing_from_another_with_the_same_file() -> None:
    data = model_bytes(SMALL.replace(seed=23))
    answers: list[Any] = [Busy("Many ask."), {}]

    async def main() -> list[int]:
        both = asyncio.Event()

        async def look(target: str, argument: object) -> Any:
            answer = answers.pop(0)
            if not answers:
                both.set()
            await both.wait()  # the two are being looked into at the same time
            if isinstance(answer, Exception):
                raise answer
            return answer

        transport = httpx.ASGITransport(app=client_of(look).app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            posts = [client.post("/api/models", content=data) for _ in range(2)]
            return sorted(answer.status_code for answer in await asyncio.gather(*posts))

    assert asyncio.run(main()) == [200, 503]
    assert load_model_bytes(model_name(data)) == data


@pytest.mark.parametrize("honest", [True, False])
def test_no_more_is_read_than_a_model_can_have(client: TestClient, honest: bool) -> None:
    # Without an honest header the body comes in chunks, and nobody says how many.
    chunk = MAX_BYTES // 10
    content: Any = bytes(MAX_BYTES + 1) if honest else iter([bytes(chunk)] * 11)
    response = client.post("/api/models", content=content)
    assert refusal(response, 413) == "The file is too large: at most 32 MB are taken."


def test_the_checkpoint_of_a_run_is_kept(client: TestClient) -> None:
    facts = client.post("/api/runs/late/keep").json()
    assert (facts["step"], facts["steps"], facts["has_state"]) == (60, 100, True)
    assert load_model_bytes(facts["name"]) == RESULTS["late"]
    early = refusal(client.post("/api/runs/early/keep"), 409)
    assert early.startswith("This run has no checkpoint yet")
    refusal(client.post("/api/runs/none/keep"), 404)


def test_a_model_is_given_back_as_a_file(client: TestClient) -> None:
    data = model_bytes(SMALL.replace(seed=31))
    name = keep_model(data)
    response = client.get(f"/api/models/{name}", params={"name": "My best: S"})
    assert response.content == data
    assert response.headers["content-type"] == "application/octet-stream"
    expected = 'attachment; filename="My-best-S.safetensors"'
    assert response.headers["content-disposition"] == expected
    plain = client.get(f"/api/models/{name}").headers["content-disposition"]
    assert plain == 'attachment; filename="model.safetensors"'


@pytest.mark.parametrize(
    ("title", "file"),
    [
        ("Grün-Köln", "Grun-Koln"),
        ("../../etc/passwd", "etc-passwd"),
        ('a"; filename="evil.exe', "a-filename-evil-exe"),
        ("x\r\nSet-Cookie: a=b", "x-Set-Cookie-a-b"),
        ("日本", "model"),
        ("...", "model"),
        ("y" * 500, "y" * 60),
    ],
)
def test_a_title_becomes_a_file_name_for_every_system(title: str, file: str) -> None:
    assert file_name(title) == f"{file}.safetensors"


@pytest.mark.parametrize("what", ["", "/facts"])
def test_what_is_not_there_is_a_404(client: TestClient, what: str) -> None:
    curve = keep_curve([0, 1], [1, 0.5], "handles")
    for name in (UNKNOWN, curve, "s_curve-fast", "own-%2e%2e"):
        assert refusal(client.get(f"/api/models/{name}{what}"), 404) == GONE
