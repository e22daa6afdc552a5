"""What learners make, over the wire: names for what is good, one sentence for what is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.folder import FOLDER_VARIABLE
from explainer.own import is_own, keep_model, keep_picture, keep_upload, load_curve, load_points
from explainer.ui.own_routes import MAX_JSON, own_routes

KEYS = {"name", "n", "notes", "header", "preview", "separator", "decimal", "thumbnail",
        "thumbnail_color"}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("own")))
        with TestClient(Starlette(routes=own_routes())) as client:
            yield client


def post(client: TestClient, what: str, body: bytes | str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(body, dict):
        body = json.dumps(body)
    response = client.post(f"/api/own/{what}", content=body)
    assert response.status_code == 200, response.text
    return dict(response.json())


def refusal(client: TestClient, what: str, body: bytes | str | dict[str, Any]) -> str:
    if isinstance(body, dict):
        body = json.dumps(body)
    response = client.post(f"/api/own/{what}", content=body)
    assert response.status_code == 422, response.text
    assert set(response.json()) == {"error"}
    sentence = str(response.json()["error"])
    assert "\n" not in sentence
    return sentence


def test_a_table_gets_a_name_and_a_preview(client: TestClient) -> None:
    answer = post(client, "table", "a;b\n1,5;2\n3;4\n;7\n5;0\n")
    assert set(answer) == KEYS
    assert answer["n"] == 3
    assert answer["header"] == ["a", "b"]
    assert answer["preview"] == [["1,5", "2"], ["3", "4"], ["", "7"], ["5", "0"]]
    assert (answer["separator"], answer["decimal"]) == ("semicolon", "comma")
    assert answer["notes"] == ["Line 4 lacks a number and was left out."]
    points, color = load_points(answer["name"])
    assert points.tolist() == [[1.5, 2], [3, 4], [5, 0]]
    assert sorted(color.tolist()) == [0, 0.5, 1]


def test_the_thumbnail_keeps_the_shape_and_is_small(client: TestClient) -> None:
    rows = "".join(f"{1e6 + 4 * np.cos(a)},{np.sin(a)}\n" for a in np.linspace(0, 6, 5000))
    answer = post(client, "table", rows)
    thumbnail = np.array(answer["thumbnail"])
    assert thumbnail.shape == (600, 2)
    assert len(answer["thumbnail_color"]) == 600
    np.testing.assert_allclose(np.ptp(thumbnail, axis=0), [1, 0.25], atol=0.01)
    np.testing.assert_allclose((thumbnail.min(axis=0) + thumbnail.max(axis=0)) / 2, 0.5, atol=0.01)


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.0])
def test_neighbours_have_similar_colours(client: TestClient, turn: float) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 400)) * [[3], [1]]
    points = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], 1)
    answer = post(client, "table", "\n".join(f"{a:.6f},{b:.6f}" for a, b in points))
    _, color = load_points(answer["name"])
    assert (color.min(), color.max()) == (0, 1)
    order = np.argsort(x)
    assert abs(np.corrcoef(np.argsort(order), color)[0, 1]) > 0.99


def test_points_that_share_a_place_along_the_axis_share_a_colour(client: TestClient) -> None:
    rows = "".join(f"{3 * (i % 2)},{(i * 7 % 10) / 10}\n" for i in range(40))
    points, color = load_points(post(client, "table", rows)["name"])
    for x in (0, 3):
        assert np.ptp(color[points[:, 0] == x]) < 0.5, "the two columns must not mix"


def test_a_bad_table_is_named_with_its_line(client: TestClient) -> None:
    assert refusal(client, "table", "x,y\n1,2\nabc,3") == "Line 3: 'abc' is not a number."
    assert refusal(client, "table", b"") == "The file is empty."


def test_a_drawing_is_coloured_in_the_order_of_drawing(client: TestClient) -> None:
    answer = post(client, "drawing", {"points": [[0.5, -1], [0, 0], [10, -10]]})
    assert set(answer) == KEYS
    assert answer["n"] == 3
    points, color = load_points(answer["name"])
    assert points.tolist() == [[0.5, -1], [0, 0], [10, -10]]
    assert color.tolist() == [0, 0.5, 1]
    again = post(client, "drawing", {"points": [[0.5, -1], [0, 0], [10, -10]]})
    assert again["name"] == answer["name"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "The body must be JSON, without NaN or Infinity."),
        ("{", "The body must be JSON"),
        (b"\xff\xfe{}", "The body must be JSON"),
        ('{"points": [[NaN, 1], [0, 1]]}', "The body must be JSON, without NaN"),
        ("[" * 100_000, "The body must be JSON"),
        ('{"points": [[' + "9" * 5000 + ", 1], [0, 1]]}", "The body must be JSON"),
        ("[]", "The body must be a JSON object."),
        ("{}", "points must be a list of pairs of numbers."),
        ('{"points": {}}', "points must be a list of pairs of numbers."),
        ('{"points": [[0, 0], [1, 2, 3]]}', "Point 2 must be a pair of finite numbers."),
        ('{"points": [[0, 0], [1, "2"]]}', "Point 2 must be a pair"),
        ('{"points": [[0, true], [1, 2]]}', "Point 1 must be a pair"),
        ('{"points": [[0, null], [1, 2]]}', "Point 1 must be a pair"),
        ('{"points": [[1e999, 0], [1, 2]]}', "Point 1 must be a pair of finite numbers."),
        ('{"points": [[' + "9" * 400 + ", 0], [1, 2]]}", "Point 1 must be a pair of finite"),
        ('{"points": [[0, 0], [10.5, 2]]}', "Point 2 lies outside the pad: at most 10 is"),
        ('{"points": []}', "The drawing has no point; at least 2 are needed."),
        (
            '{"points": [[1, 2], [1, 2]]}',
            "All points lie at the same place; at least 2 must differ.",
        ),
        ('{"points": [' + "[0,1]," * 20_000 + "[1,1]]}", "A drawing has at most 20,000 points,"),
    ],
    ids=range(19),
)
def test_bad_drawings_are_refused(client: TestClient, body: bytes | str, says: str) -> None:
    assert refusal(client, "drawing", body).startswith(says)


def test_handles_are_kept_with_the_data_end_before_them(client: TestClient) -> None:
    answer = post(client, "schedule", {"handles": [[0.5, 0.4], [1, 1e-6]]})
    assert answer["T"] is None
    assert (answer["u"], answer["alpha_bar"]) == ([0, 0.5, 1], [1, 0.4, 1e-6])
    curve = load_curve(answer["name"])
    assert (curve.kind, curve.alpha_bar.tolist()) == ("handles", [1, 0.4, 1e-6])


@pytest.mark.parametrize("text", ["0.1 0.2;0.5", "[0.1, 0.2,\n 0.5]", "(1e-1;\t.2; .5;)\n"])
def test_betas_become_one_knot_a_step(client: TestClient, text: str) -> None:
    answer = post(client, "schedule", {"betas": text})
    assert answer["T"] == 3
    curve = load_curve(answer["name"])
    assert curve.kind == "betas"
    np.testing.assert_allclose(curve.u, [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(curve.alpha_bar, [1, 0.9, 0.72, 0.36])


def test_long_schedules_are_drawn_by_few_knots_and_kept_whole(client: TestClient) -> None:
    answer = post(client, "schedule", {"betas": "0.01," * 1000})
    assert len(answer["u"]) == len(answer["alpha_bar"]) == 101
    assert (answer["u"][0], answer["u"][-1], answer["T"]) == (0, 1, 1000)
    assert len(load_curve(answer["name"]).u) == 1001


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "A schedule is given by handles or by betas."),
        ({"handles": [], "betas": ""}, "A schedule is given by handles or by betas."),
        ({"handles": 7}, "handles must be a list of pairs of numbers."),
        ({"handles": [[1, 0.5]]}, "There must be 2 to 20 handles, not 1."),
        ({"handles": [[i / 21, 1 - i / 30] for i in range(1, 22)]}, "There must be 2 to 20 handl"),
        ({"handles": [[0.5, 0.4], "ab"]}, "Handle 2 must be a pair of finite numbers."),
        ({"handles": [[0, 0.9], [1, 0.1]]}, "Handle 1: u must be greater than 0 and at most 1,"),
        ({"handles": [[0.5, 0.9], [1.5, 0.1]]}, "Handle 2: u must be greater than 0 and at most"),
        (
            {"handles": [[0.5, 1], [1, 0.1]]},
            "Handle 1: ᾱ must be at least 1e-06 and at most 0.999999",
        ),
        (
            {"handles": [[0.5, 0.4], [1, 0]]},
            "Handle 2: ᾱ must be at least 1e-06 and at most 0.999999",
        ),
        (
            {"handles": [[0.3, 0.9], [0.5, 0.4], [0.7, 0.55], [1, 0.1]]},
            "Handle 3: ᾱ must be lower than at handle 2 (0.40), not 0.55.",
        ),
        ({"handles": [[0.5, 0.4], [1, 0.4]]}, "Handle 2: ᾱ must be lower than at handle 1"),
        (
            {"handles": [[0.5, 0.4], [0.25, 0.2], [1, 0.1]]},
            "Handle 2: u must be greater than at handle 1 (0.50), not 0.25.",
        ),
        ({"handles": [[0.5, 0.4], [0.75, 0.1]]}, "Handle 2, the last, must have u = 1, not 0.75."),
        ({"betas": [0.1, 0.2]}, "betas must be a text with numbers."),
        ({"betas": ""}, "There must be 2 to 1000 values of β, not 0."),
        ({"betas": "[0.1]"}, "There must be 2 to 1000 values of β, not 1."),
        ({"betas": "0.1 " * 1001}, "There must be 2 to 1000 values of β, not 1001."),
        ({"betas": "0.1, 0.2, abc"}, "Beta 3 is not a number: 'abc'."),
        ({"betas": "0.1 " * 6 + "1.2"}, "Beta 7 is 1.2: every β must lie between 0 and 1."),
        ({"betas": "0.1 nan"}, "Beta 2 is nan: every β must lie between 0 and 1."),
        ({"betas": "0.1 -inf"}, "Beta 2 is -inf: every β must lie between 0 and 1."),
        ({"betas": "0 0.1"}, "Beta 1 is 0: every β must lie between 0 and 1."),
        ({"betas": "0.1 1e-20"}, "Beta 2 is 1e-20: every β must lie between 1e-09"),
        ({"betas": "0.99 " * 400}, "Beta 7 leaves ᾱ = 1.0e-14: at least 1e-12 must be left."),
        ({"betas": "0.1 \ud800"}, "Beta 2 is not a number: '?'."),
        ({"betas": "0.1 " + "x" * 99}, f"Beta 2 is not a number: '{'x' * 19}…'."),
    ],
)
def test_bad_schedules_are_refused_by_name(
    client: TestClient, body: dict[str, Any], says: str
) -> None:
    assert refusal(client, "schedule", body).startswith(says)


def test_what_is_kept_can_be_looked_up(client: TestClient) -> None:
    made = post(client, "drawing", {"points": [[0, 0], [1, 2]]})
    found = client.get(f"/api/own/{made['name']}").json()
    assert found["kind"] == "points"
    assert {key: found[key] for key in ("name", "n", "thumbnail", "thumbnail_color")} == {
        key: made[key] for key in ("name", "n", "thumbnail", "thumbnail_color")
    }
    for body in ({"handles": [[0.5, 0.4], [1, 0.1]]}, {"betas": "0.1 0.2"}):
        made = post(client, "schedule", body)
        found = client.get(f"/api/own/{made['name']}").json()
        assert found == {**made, "kind": next(iter(body))}


@pytest.mark.parametrize("name", ["own-0123456789abcdef", "table", "own-%2e%2e", "%2e%2e%2fetc"])
def test_what_is_not_there_is_a_404(client: TestClient, name: str) -> None:
    response = client.get(f"/api/own/{name}")
    assert response.status_code == 404
    if "2f" not in name:  # an escaped slash is another address
        assert re.match(r"This is no longer here: .* again\.$", response.json()["error"])


@pytest.mark.parametrize(
    ("what", "limit"), [("table", 2_000_000), ("drawing", MAX_JSON), ("schedule", MAX_JSON)]
)
@pytest.mark.parametrize("honest", [True, False])
def test_bodies_are_bounded(client: TestClient, what: str, limit: int, honest: bool) -> None:
    # Without an honest header the body comes in chunks, and nobody says how many.
    content: Any = b"1" * (limit + 1) if honest else iter([b"1" * (limit // 10)] * 11)
    response = client.post(f"/api/own/{what}", content=content)
    assert response.status_code == 413
    assert re.match(
        r"The \w+ is too large: at most [\d.]+ MB are taken\.$", response.json()["error"]
    )


@pytest.mark.parametrize("what", ["table", "drawing", "schedule"])
def test_a_form_is_not_read(client: TestClient, what: str) -> None:
    response = client.post(f"/api/own/{what}", files=[("file", (f"{i}.csv", b"1,2")) for i in "ab"])
    assert response.status_code == 415
    assert re.match(r"Send one \w+ as the body itself, not a form", response.json()["error"])
    assert response.headers["connection"] == "close"


def test_a_full_disk_is_one_sentence(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    response = client.post("/api/own/drawing", content='{"points": [[0.123, 0], [1, 2]]}')
    assert response.status_code == 507
    assert response.json() == {
        "error": "This could not be kept: the server's disk is full or cannot be written."
    }


@pytest.mark.parametrize("keep", [keep_model, keep_picture, keep_upload])
def test_what_is_no_drawing_and_no_schedule_is_as_if_it_were_not_there(
    client: TestClient, keep: Callable[[bytes], str]
) -> None:
    unknown, kept = (client.get(f"/api/own/{n}") for n in ("own-0123456789abcdef", keep(b"x")))
    assert (kept.status_code, kept.content) == (unknown.status_code, unknown.content)


leaves = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@given(
    st.sampled_from(["table", "drawing", "schedule"]),
    st.binary(max_size=60)
    | st.dictionaries(st.sampled_from(["points", "handles", "betas"]), anything).map(
        lambda body: json.dumps(body).encode()
    ),
)
def test_anything_gets_a_name_or_one_sentence(client: TestClient, what: str, body: bytes) -> None:
    response = client.post(f"/api/own/{what}", content=body)
    answer = response.json()
    if response.status_code == 200:
        assert is_own(answer["name"])
    else:
        assert response.status_code == 422
        assert list(answer) == ["error"]
