"""Files from memory: the same bytes in every coding, read once, and nothing else."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from explainer.ui.shelf import ASK_AGAIN, FOREVER, File, Shelf, page_files

SCRIPT = b"export const words = 'to be compressed';\n" * 100


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "a.js"
    path.write_bytes(SCRIPT)
    return path


@pytest.fixture
def client(script: Path) -> TestClient:
    font = script.with_name("font.woff2")
    font.write_bytes(b"\0\1")
    shelf = Shelf(
        PlainTextResponse("beyond"),
        {"/assets/a.js": File(script, FOREVER), "/font.woff2": File(font, ASK_AGAIN)},
    )
    return TestClient(shelf)


def raw(client: TestClient, accepted: str) -> tuple[bytes, str | None]:
    with client.stream("GET", "/assets/a.js", headers={"accept-encoding": accepted}) as response:
        return b"".join(response.iter_raw()), response.headers.get("content-encoding")


def test_a_file_comes_in_the_coding_that_the_browser_takes(client: TestClient) -> None:
    body, coding = raw(client, "gzip, deflate, br, zstd")
    assert (brotli.decompress(body), coding) == (SCRIPT, "br")
    body, coding = raw(client, "gzip, deflate")
    assert (gzip.decompress(body), coding) == (SCRIPT, "gzip")
    assert raw(client, "identity") == (SCRIPT, None)


def test_what_is_compressed_already_goes_as_it_is(client: TestClient) -> None:
    response = client.get("/font.woff2", headers={"accept-encoding": "br, gzip"})
    assert response.content == b"\0\1"
    assert "content-encoding" not in response.headers
    assert response.headers["cache-control"] == "no-cache"


def test_headers_tell_what_it_is_and_how_long_it_stays(client: TestClient) -> None:
    headers = client.get("/assets/a.js").headers
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["vary"] == "Accept-Encoding"


def test_who_has_it_already_is_told_so(client: TestClient) -> None:
    first = client.get("/assets/a.js")
    tag = first.headers["etag"]
    again = client.get("/assets/a.js", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert client.get("/assets/a.js", headers={"if-none-match": '"other"'}).status_code == 200


def test_head_has_no_body_and_its_length(client: TestClient) -> None:
    response = client.head("/assets/a.js", headers={"accept-encoding": "identity"})
    assert (response.content, response.headers["content-length"]) == (b"", str(len(SCRIPT)))


@pytest.mark.parametrize("path", ["/assets/b.js", "/assets/../a.js", "/assets/%2e%2e/a.js", "/"])
def test_everything_else_is_passed_on(client: TestClient, path: str) -> None:
    assert client.get(path).text == "beyond"
    assert client.post("/assets/a.js").text == "beyond"


def test_a_class_that_asks_at_once_costs_one_reading(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path) or real(path))
    file = File(script, FOREVER)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(file.prepare, [b"br"] * 30))
    assert read == [script]


def test_all_that_the_page_needs_is_there() -> None:
    found = page_files()
    for address in ("/static/player/player.js", "/static/page/page.css", "/static/plotly.js"):
        assert address in found
    assert [path for path in found if path.startswith("/assets/index-") and path.endswith(".js")]
    assert not [path for path in found if path.endswith((".py", ".pyc"))]
    client = TestClient(Shelf(PlainTextResponse("beyond"), found))
    assert "export class Player" in client.get("/static/player/player.js").text
    css = client.get("/static/page/page.css").headers
    assert css["content-type"] == "text/css; charset=utf-8"
    assert client.get("/static/page/../api.py").text == "beyond"
    assert "plotly.js v" in client.get("/static/plotly.js").text[:300]
