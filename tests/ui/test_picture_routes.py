"""A learner's picture over the wire: looked into by a worker, shrunk and kept, or refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.folder import open_folder
from explainer.jobs import Busy, CalculationFailed, CalculationTimeout, Calculator
from explainer.noise_settings import PictureSettings
from explainer.own import PICTURE_BYTES, forget, is_own, kind_of, load_picture
from explainer.ui.picture_routes import picture_routes
from explainer.ui.services import Services


def photo(width: int = 600, height: int = 400, seed: int = 0, kind: str = "PNG") -> bytes:
    colours = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(colours).resize((width, height)).save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def calculator() -> Iterator[Calculator]:
    calculator = Calculator(workers=1)
    yield calculator
    calculator.close()


def client_of(calculator: Any) -> TestClient:
    return TestClient(Starlette(routes=picture_routes(Services(None, calculator))))  # type: ignore[arg-type]


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


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_shrunk_and_kept_and_nothing_else_is(client: TestClient, kind: str) -> None:
    before = files()
    response = client.post("/api/own/picture", content=photo(kind=kind))
    assert response.status_code == 200, response.text
    facts = response.json()
    assert is_own(facts["name"])
    assert facts == {"name": facts["name"], "width": 384, "height": 256}
    assert files() == before | {facts["name"]}
    assert kind_of(facts["name"]) == "picture"
    kept = Image.open(BytesIO(load_picture(facts["name"])))
    assert (kept.format, kept.size) == ("PNG", (384, 256))
    assert PictureSettings(picture=facts["name"]).picture == facts["name"]
    again = client.post("/api/own/picture", content=photo(kind=kind))
    assert again.json() == facts


def test_what_was_forgotten_meanwhile_is_kept_again(client: TestClient) -> None:
    facts = client.post("/api/own/picture", content=photo(seed=5)).json()
    forget(facts["name"])
    assert client.post("/api/own/picture", content=photo(seed=5)).json() == facts
    assert load_picture(facts["name"])  # although the answer came out of the cache


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"words in a file called photo.png", "The file is not a PNG or JPEG picture"),
        (photo(seed=6)[:-200], "The file is not a PNG or JPEG picture, or it is damaged."),
        (photo(1, 1), "The picture has only 1 × 1 pixels: at least 8 × 8 are needed."),
        (photo(2001, 2000), "The picture has 2,001 × 2,000 pixels: at most 4 million pixels"),
    ],
    ids=range(5),
)
def test_a_bad_file_gets_a_sentence_and_leaves_nothing_behind(
    client: TestClient, data: bytes, says: str
) -> None:
    before = files()
    assert refusal(client.post("/api/own/picture", content=data), 422).startswith(says)
    assert files() == before


@pytest.mark.parametrize("honest", [True, False])
def test_no_more_is_read_than_a_picture_may_have(client: TestClient, honest: bool) -> None:
    # Without an honest header the body comes in chunks, and nobody says how many.
    chunk = PICTURE_BYTES // 10
    content: Any = bytes(PICTURE_BYTES + 1) if honest else iter([bytes(chunk)] * 11)
    response = client.post("/api/own/picture", content=content)
    assert refusal(response, 413) == "The file is too large: at most 2 MB are taken."


@pytest.mark.parametrize(
    ("error", "status"),
    [(Busy("Many ask."), 503), (CalculationTimeout("Long."), 504), (CalculationFailed("No."), 500)],
)
def test_what_could_not_be_looked_into_is_not_kept(error: Exception, status: int) -> None:
    async def refuse(target: str, argument: object) -> Any:
        raise error

    before = files()
    response = client_of(refuse).post("/api/own/picture", content=photo(seed=7))
    assert refusal(response, status) == str(error)
    assert files() == before
