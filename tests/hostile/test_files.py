"""Hostile and careless files, line by line as they were listed: each has its stated reaction.

What is sent goes through the real routes; what worker processes do is done right here.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from benchmarks.hostile_uploads import ALL_SHARES, KINDS, Upload, uploads
from benchmarks.uploads import problem
from explainer import keep, room
from explainer.data import make_dataset
from explainer.folder import FOLDER_VARIABLE, open_folder
from explainer.jobs import JobStore
from explainer.jobs.reports import resolve
from explainer.keep import FULL
from explainer.room import USED_UP, is_own
from explainer.ui.model_routes import model_routes
from explainer.ui.own_routes import own_routes
from explainer.ui.picture_routes import picture_routes
from explainer.ui.services import Services
from tests.jobs.helpers import FakeRunner
from tests.made_models import SMALL, model_bytes
from tests.test_header import pack, with_metadata

TABLE, DRAWING, SCHEDULE = (f"/api/own/{what}" for what in ("table", "drawing", "schedule"))
MODEL, PICTURE = "/api/models", "/api/own/picture"
ROUTES = (TABLE, DRAWING, SCHEDULE, MODEL, PICTURE)
PICKLED = "pickled files (.pt, .pth, .npz) are not read because they can run code: export the"
NO_PICTURE = "The file is not a PNG or JPEG picture, or it is damaged."


async def calculate(target: str, argument: dict[str, Any]) -> Any:
    return resolve(target)(argument)


class Store:
    """Stands in for the store of runs."""

    def result(self, run: str) -> bytes:
        return model_bytes()


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    services = Services(Store(), calculate)  # type: ignore[arg-type]
    routes = [*model_routes(services), *picture_routes(services), *own_routes()]
    with TestClient(Starlette(routes=routes)) as client:
        yield client


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "own"))
    return open_folder()


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def taken(client: TestClient, path: str, body: bytes) -> dict[str, Any]:
    response = client.post(path, content=body)
    assert response.status_code == 200, response.text
    answer = dict(response.json())
    assert is_own(answer["name"])
    return answer


def refused(response: Any, status: int = 422) -> str:
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error"}
    sentence = str(response.json()["error"])
    assert re.fullmatch(r"[^\n]{4,300}\.", sentence)
    return sentence


def line(number: int, what: str, *values: Any) -> Any:
    return pytest.param(*values, id=f"D6-{number} {what}")


# Tables.

POINTS = "1.5,2\n-3,0.25\n4,7\n"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        line(15, "empty file", b"", "The file is empty."),
        line(15, "blank lines alone", b"\n \r\n\t\n", "The file is empty."),
        line(18, "one column", b"1\n2\n3\n", "Line 1 has 1 column, 2 are wanted"),
        line(18, "three columns", b"1,2,3\n4,5,6\n", "Line 1 has 3 columns, 2 are wanted."),
        line(19, "text in a cell", b"x,y\n1,2\nabc,3\n", "Line 3: 'abc' is not a number."),
        line(22, "one place alone", b"1,2\n1,2\n1,2\n", "All points lie at the same place"),
        line(23, "values of 1e300", b"1,2\n3,1e300\n", "Line 2: '1e300' is too large"),
        line(23, "values beyond all", b"1,2\n3,-1e999\n", "Line 2: '-1e999' is too large"),
        line(24, "giant line", b"1," * 900_000, "Line 1 has 1,800,000 characters; at most 1,000"),
        line(24, "giant line behind", b"1,2\n" + b"9" * 10**6, "Line 2 has 1,000,000 characters"),
        line(24, ".csv.gz", b"\x1f\x8b\x08\0" + bytes(99), "it looks like a gzip archive"),
        line(24, ".xlsx", b"PK\3\4" + bytes(99), "it looks like an Excel file or a zip archive"),
        line(25, "formula", b"1,2\n3,=SUM(A1:A9)\n", "Line 2: '=SUM(A1:A9)' is not a number."),
        line(25, "command", b"1,2\n=cmd|'/c calc'!A1,3\n", "Line 2: '=cmd|'/c calc'!A1' is not a"),
    ],
)
def test_a_table_that_is_refused(client: TestClient, folder: Path, body: bytes, says: str) -> None:
    assert says in refused(client.post(TABLE, content=body))
    assert files(folder) == set()


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        line(
            16, "header, semicolons, decimal commas", b"a;b\n1,5;2\n-3;0,25\n",
            {"header": ["a", "b"], "separator": "semicolon", "decimal": "comma",
             "preview": [["1,5", "2"], ["-3", "0,25"]], "n": 2},
        ),
        line(17, "byte order mark", b"\xef\xbb\xbfx,y\n" + POINTS.encode(), {"header": ["x", "y"]}),
        line(17, "UTF-16", POINTS.encode("utf-16"), {"n": 3, "header": None}),
        line(17, "UTF-16, big end first", b"\xfe\xff" + POINTS.encode("utf-16-be"), {"n": 3}),
        line(
            20, "rows without numbers", POINTS.encode() + b"nan,1\n,\nNA,inf\n",
            {"n": 3, "notes": ["3 lines lack a number and were left out, the first is line 4."]},
        ),
        line(
            21, "more than 20,000 points", b"x,y\n" + b"1,2\n3,5\n4,6\n" * 7000,
            {"n": 20_000, "notes": [
                "The file has 21,000 points; 20,000 of them, drawn at random, are used."]},
        ),
        line(
            21, "a line a byte or two", b"x,y\n" + b"1,2\n3,5\n4,9\n7,7\n" * 100_000,
            {"n": 20_000, "notes": [
                "The file has 400,001 lines; 20,000 points of them, drawn at random, are used."]},
        ),
        line(
            22, "all on one line", b"x,y\n1,7\n2,7\n3,7\n",
            {"notes": ["All points lie on one straight line."]},
        ),
        line(25, "formula for a header", b"=A1,<b>y\n1,2\n3,4\n", {"header": ["=A1", "<b>y"]}),
    ],
)  # fmt: skip
def test_a_table_that_is_read(client: TestClient, body: bytes, facts: dict[str, Any]) -> None:
    answer = taken(client, TABLE, body)
    assert {key: answer[key] for key in facts} == facts


@pytest.mark.parametrize(
    "body",
    [
        line(22, "safe scale along an axis", b"1,7\n2,7\n3,7\n"),
        line(22, "safe scale far away", b"1e9,1e9\n1e9,1000000002\n1000000001,1e9\n"),
        line(22, "safe scale for most at one place", b"0,0\n" * 500 + b"1e-12,0\n0,1e-20\n"),
        line(23, "the largest that is read", b"1e30,-1e30\n-1e30,1e30\n0,1\n"),
    ],
)
def test_what_is_read_can_be_trained_on(client: TestClient, body: bytes) -> None:
    data = make_dataset(taken(client, TABLE, body)["name"], 1000, seed=0)
    assert torch.isfinite(data.x).all()
    assert torch.isfinite(data.scale).all()
    assert (data.scale > 0).all()
    assert data.x.abs().max() < 1000


# Checkpoints.


def npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, weights=np.zeros(10**7))
    return file.getvalue()


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10**7))
    return file.getvalue()


def pickled() -> bytes:
    file = io.BytesIO()
    torch.save({"weights": torch.zeros(3)}, file)
    return file.getvalue()


NAME = "parameters.out.weight"
WIDER = SMALL.replace(width=32).model_dump_json()


def changed(**changes: Any) -> bytes:
    """Return a checkpoint whose header says something else of one tensor."""
    data = model_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header[NAME].update(changes)
    return pack(header, data[end:])


def with_more() -> bytes:
    data = model_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    size = len(data) - end
    header["extra"] = {"dtype": "U8", "shape": [8], "data_offsets": [size, size + 8]}
    return pack(header, data[end:] + bytes(8))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        line(26, "zip bomb", zip_bomb, PICKLED),
        line(26, "NPZ bomb", npz, PICKLED),
        line(27, "header longer than the file", lambda: struct.pack("<Q", 2**62) + b"{}", PICKLED),
        line(27, "offsets beyond the end", lambda: changed(data_offsets=[0, 2**50]), PICKLED),
        line(27, "offsets before the start", lambda: changed(data_offsets=[-128, 0]), PICKLED),
        line(27, "two tensors at one place", lambda: changed(data_offsets=[0, 128]), PICKLED),
        line(27, "offsets that are none", lambda: changed(data_offsets=["0", None]), PICKLED),
        line(27, "bytes behind the tensors", lambda: model_bytes() + b"more", PICKLED),
        line(28, "objects", lambda: changed(dtype="O"), "must be torch.float32 of shape"),
        line(28, "complex", lambda: changed(dtype="C64"), "not torch.complex64 of shape (2, 16)."),
        line(28, ".npy", lambda: b"\x93NUMPY\x01\0v\0{'descr': '|O'}", PICKLED),
        line(29, ".pt", pickled, PICKLED),
        line(29, "pickle", lambda: b"\x80\x04\x95" + bytes(50) + b".", PICKLED),
        line(
            30, "another shape", lambda: changed(shape=[16, 2]),
            "must be torch.float32 of shape (2, 16), not torch.float32 of shape (16, 2).",
        ),
        line(
            30, "another network", lambda: with_metadata(config=WIDER),
            "must be torch.float32 of shape (32, ",
        ),
        line(31, "NaN weights", lambda: model_bytes(grown=float("nan")), "values that are not fin"),
        line(31, "infinite", lambda: model_bytes(grown=float("inf")), "values that are not finite"),
        line(
            32, "future version", lambda: with_metadata(version="2"),
            "The checkpoint has version 2; this program reads version 1.",
        ),
        line(
            32, "future setting", lambda: with_metadata(config='{"future": 1}'),
            "future is not a setting here.",
        ),
        line(33, "truncated", lambda: model_bytes()[:-100], PICKLED),
        line(33, "truncated header", lambda: model_bytes()[:100], PICKLED),
        line(33, "nothing", lambda: b"", PICKLED),
        line(34, "excess keys", with_more, "The tensor extra does not belong to this network."),
    ],
)  # fmt: skip
def test_a_checkpoint_that_is_refused(
    client: TestClient, folder: Path, make: Callable[[], bytes], says: str
) -> None:
    """...and the model that was there is untouched."""
    kept = taken(client, MODEL, model_bytes())["name"]
    before = files(folder)
    assert says in refused(client.post(MODEL, content=make()))
    assert files(folder) == before
    assert client.get(f"{MODEL}/{kept}").content == model_bytes()


# Pictures and files.


def picture(kind: str = "PNG", size: tuple[int, int] = (32, 24)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 10)).save(file, kind)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Return a PNG file that promises pixels, and holds a byte for each thousand."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data = b"IDAT" + zlib.compress(bytes(10**6))
    pixels = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return b"\x89PNG\r\n\x1a\n" + head + pixels


@pytest.mark.parametrize(
    ("body", "says"),
    [
        line(35, "pixel bomb", bomb(50_000, 50_000), "The picture is too large: at most 4 million"),
        line(35, "pixel bomb within PIL's own bounds", bomb(3000, 3000), "3,000 × 3,000 pixels"),
        line(35, "long and thin", bomb(2**31 - 1, 1), "The picture is too large"),
        line(36, "html", b"<!DOCTYPE html><script>alert(1)</script>", NO_PICTURE),
        line(36, "svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", NO_PICTURE),
        line(37, "GIF called .png", picture("GIF"), NO_PICTURE),
        line(37, "BMP called .jpg", picture("BMP"), NO_PICTURE),
        line(37, "TIFF called .png", picture("TIFF"), NO_PICTURE),
    ],
)
def test_a_picture_that_is_refused(
    client: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch, body: bytes, says: str
) -> None:
    def decode(self: Image.Image) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    assert says in refused(client.post(PICTURE, content=body))
    assert files(folder) == set()


@pytest.mark.parametrize("kind", [line(37, "JPEG called .png", "JPEG"), line(37, "PNG", "PNG")])
def test_what_a_picture_is_stands_in_its_bytes(client: TestClient, kind: str) -> None:
    headers = {"Content-Type": "text/html", "Content-Disposition": 'filename="a.html"'}
    response = client.post(PICTURE, content=picture(kind), headers=headers)
    assert response.json()["width"] == 32
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "name",
    [
        line(38, "path", "../../etc/passwd"),
        line(38, "path of Windows", "..\\..\\boot.ini"),
        line(38, "line break", "a\r\nSet-Cookie: x=y"),
        line(38, "quotation mark", 'a"; filename="evil.exe'),
        line(38, "very long", "x" * 5000),
        line(38, "empty", ""),
        line(38, "other scripts", "日本\u202egpj.exe"),
        line(38, "zero byte", "a\0b"),
        line(38, "device", "CON"),
    ],
)
def test_a_name_is_our_own(client: TestClient, folder: Path, name: str) -> None:
    safe = name.encode("ascii", "ignore").replace(b"\r\n", b"").replace(b"\0", b"")
    headers = {b"Content-Disposition": b'attachment; filename="' + safe + b'"'}
    response = client.post(MODEL, params={"name": name}, content=model_bytes(), headers=headers)
    kept = response.json()["name"]
    assert files(folder) == {kept}
    told = client.get(f"{MODEL}/{kept}", params={"name": name}).headers
    disposition = told["content-disposition"]
    assert re.fullmatch(r'attachment; filename="[\w-]{1,60}\.safetensors"', disposition, re.ASCII)
    assert "set-cookie" not in told


PLACES = [b"/etc/passwd", b"file:///etc/passwd", b"http://localhost/secret.csv", b"C:\\boot.ini"]


@pytest.mark.parametrize("path", [line(39, path, path) for path in ROUTES])
def test_no_place_stands_for_a_file(client: TestClient, folder: Path, path: str) -> None:
    for place in PLACES:
        for body in (
            place,
            json.dumps({"points": place.decode(), "path": place.decode()}).encode(),
        ):
            sentence = refused(client.post(path, content=body))
            assert "root:" not in sentence
    assert files(folder) == set()


@pytest.mark.parametrize("path", [line(40, path, path) for path in ROUTES])
@pytest.mark.parametrize("count", [1, 900])
def test_an_upload_is_one_file(client: TestClient, folder: Path, path: str, count: int) -> None:
    forms = [("file", (f"{i}.csv", b"1,2\n3,4\n")) for i in range(count)]
    response = client.post(path, files=forms)
    assert re.match(r"Send one \w+ as the body itself, not a form with", refused(response, 415))
    assert response.headers["connection"] == "close"
    assert files(folder) == set()


GOOD = {
    TABLE: POINTS.encode(),
    DRAWING: b'{"points": [[0, 0], [1, 2]]}',
    SCHEDULE: b'{"betas": "0.1 0.2"}',
    MODEL: model_bytes(),
    PICTURE: picture(),
    "/api/runs/any/keep": b"",
}


@pytest.mark.parametrize("path", [line(41, path, path) for path in GOOD])
def test_a_full_disk(
    client: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fdopen(handle: int, *_: object) -> Full:
        os.close(handle)
        return Full()

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", fdopen)
        assert refused(client.post(path, content=GOOD[path]), 507) == FULL
    assert files(folder) == set(), "nothing half is left"
    assert client.post(path, content=GOOD[path]).status_code == 200


@pytest.mark.parametrize("path", [line(41, path, path) for path in GOOD])
def test_a_quota_that_is_used_up(
    client: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    kept = keep.keep("note", b"of somebody at work")
    monkeypatch.setattr(room, "MAX_KEPT", 1)
    assert refused(client.post(path, content=GOOD[path]), 507) == USED_UP
    assert files(folder) == {kept}


# Nobody reads what others keep.


def test_nothing_lists_what_is_kept(client: TestClient) -> None:
    kept = {taken(client, path, GOOD[path])["name"] for path in ROUTES}
    for path in ("/api/own", "/api/own/", MODEL, f"{MODEL}/", "/api/own/own-", "/api/own/*",
                 "/api/own/own-%3F", f"{MODEL}/own-", "/api/own/table", "/api/own/."):  # fmt: skip
        response = client.get(path)
        assert response.status_code in {404, 405}, path
        assert not any(name in response.text for name in kept)


@pytest.mark.parametrize("path", ["/api/own/{}", "/api/models/{}", "/api/models/{}/facts"])
def test_unknown_and_malformed_names_are_answered_alike(client: TestClient, path: str) -> None:
    hidden = keep.keep("upload", b"of somebody else")
    names = ["own-0123456789abcdef", hidden, "own-0", "x", "own-0123456789ABCDEF", "a" * 500]
    answers = {(r.status_code, r.content) for r in (client.get(path.format(n)) for n in names)}
    assert len(answers) == 1
    assert answers.pop()[0] == 404


def test_the_id_of_a_run_has_128_bits() -> None:
    store = JobStore(FakeRunner())
    ids = {store.submit("some.module:target", 1, visitor=str(i)) for i in range(50)}
    store.close()
    assert len(ids) == 50
    assert all(re.fullmatch(r"[\w-]{22,}", run) for run in ids), "22 of 64 signs are 132 bits"
    for place in range(21):  # no sign is always the same: none of the bits is spent on a date
        assert len({run[place] for run in ids}) > 10


# Anything at all.

EXAMPLES = 300


@pytest.mark.parametrize("kind", KINDS)
def test_any_upload_gets_a_name_or_one_sentence(client: TestClient, kind: str) -> None:
    share, _, _ = KINDS[kind]

    @settings(max_examples=max(2, EXAMPLES * share // ALL_SHARES))
    @given(uploads(kind))
    def answered(upload: Upload) -> None:
        response = client.post(upload.path, content=upload.body)
        assert problem(response.status_code, response.content) is None

    answered()
