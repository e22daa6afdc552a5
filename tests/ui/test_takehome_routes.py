"""A run taken home over the wire: a file with a name, or one sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.config import TrainConfig
from explainer.presets import PRESETS
from explainer.takehome import notebook, script
from explainer.ui.takehome_routes import MAX_QUERY, takehome_routes


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=takehome_routes())) as client:
        yield client


@pytest.mark.parametrize("preset", ["fast", "tutorial"])  # without and with clip_norm
def test_a_run_comes_as_a_script_and_as_a_notebook(client: TestClient, preset: str) -> None:
    config = PRESETS[preset].replace(seed=3)
    got = client.get(f"/api/take-home.py?{config.to_query()}")
    assert got.status_code == 200
    assert got.text == script(config)
    assert got.headers["content-type"] == "text/x-python; charset=utf-8"
    assert got.headers["content-disposition"] == (
        'attachment; filename="diffusion-s-curve-seed-3.py"'
    )
    got = client.get(f"/api/take-home.ipynb?{config.to_query()}")
    assert got.status_code == 200
    assert got.text == notebook(config)
    assert got.headers["content-type"] == "application/x-ipynb+json"
    assert got.headers["content-disposition"].endswith('"diffusion-s-curve-seed-3.ipynb"')


def test_what_is_left_out_is_the_default(client: TestClient) -> None:
    assert client.get("/api/take-home.py").text == script(TrainConfig())


@pytest.mark.parametrize("ending", ["py", "ipynb"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("width=1000", "width must be at most 256, not '1000'."),
        ("colour=red", "colour is not a setting here."),
        (
            "dataset=own-0123456789abcdef",
            "These points are no longer here: draw, upload or design it again.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    client: TestClient, ending: str, query: str, sentence: str
) -> None:
    got = client.get(f"/api/take-home.{ending}?{query}")
    assert got.status_code == 422
    assert got.json() == {"error": sentence}
    assert "content-disposition" not in got.headers


def test_an_address_that_is_too_long_is_refused(client: TestClient) -> None:
    got = client.get(f"/api/take-home.py?seed={'0' * MAX_QUERY}")
    assert got.status_code == 414
    assert str(MAX_QUERY) in got.json()["error"]
