"""What the benchmark of uploads draws, counts and finds fault with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import uploads
from benchmarks.hostile_uploads import ALL_SHARES, KINDS, PATHS, SMALL, Upload, model
from benchmarks.uploads import Desk, Outcome, by_kind, each, problem
from explainer.folder import FOLDER_VARIABLE
from explainer.table import MAX_BYTES

TABLE = PATHS["table"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    desk = Desk()
    yield desk
    desk.close()


def test_every_route_for_uploads_is_drawn() -> None:
    assert {route for _, _, routes in KINDS.values() for route in routes} == set(PATHS)
    assert ALL_SHARES == 200


def test_the_same_chance_draws_the_same_uploads() -> None:
    first, again, other = (each(uploads.uploads("table"), 20, chance) for chance in (1, 1, 2))
    assert len(first) == 20
    assert first == again != other


def test_a_good_and_a_bad_upload_are_told_apart(desk: Desk) -> None:
    good = desk.measure(Upload("table", TABLE, b"1,2\n3,4\n"))
    bad = desk.measure(Upload("table", TABLE, b"1,2\n3,x\n"))
    assert (good.status, good.trouble) == (200, None)
    assert (bad.status, bad.trouble) == (422, None)
    assert good.ms > 0
    assert "b'1,2" in good.body


def test_a_body_comes_whole_and_in_pieces(desk: Desk) -> None:
    body = model(SMALL, state=True)
    status, answer = desk.post(Upload("model", PATHS["model"], body))
    assert (status, json.loads(answer)["has_state"]) == (200, True)
    too_much = Upload("table", TABLE, b"1,2\n" * (MAX_BYTES // 4 + 1))
    assert desk.post(too_much)[0] == 413


def test_what_is_held_is_counted_also_in_the_helper(desk: Desk) -> None:
    if not desk.memory.exact:
        pytest.skip("this system does not tell the most that was resident")
    desk.memory.begin()
    held = b"1" * 30_000_000
    assert 25 < desk.memory.grown() < 40
    del held
    desk.measure(Upload("model", PATHS["model"], model(SMALL, state=False)))
    assert len(desk.peaks) == 2, "before the helper, and the helper's own"


def test_an_error_that_nobody_expected_is_a_failure(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(uploads, "resolve", fail)
    outcome = desk.measure(Upload("picture", PATHS["picture"], b"any"))
    assert outcome.trouble is not None
    assert outcome.trouble.startswith("KeyError")


def told(error: object) -> bytes:
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "wrong"),
    [
        (200, b'{"name": "own-0123456789abcdef"}', None),
        (200, b'{"name": "own"}', "200 without a name"),
        (422, told("It is empty."), None),
        (507, told("The disk is full."), None),
        (500, told("It failed."), "500: {'error': 'It failed.'}"),
        (422, told("It is\nempty."), "422 without a sentence"),
        (422, told("It is empty"), "422 without a sentence"),
        (422, told(["It is empty."]), "422 without a sentence"),
        (422, b'{"error": "It is empty.", "trace": 1}', "422 without a sentence"),
        (500, b"Internal Server Error", "500 without JSON"),
    ],
)
def test_only_a_name_or_one_sentence_is_an_answer(
    status: int, answer: bytes, wrong: str | None
) -> None:
    found = problem(status, answer)
    assert found is None if wrong is None else (found or "").startswith(wrong)


def test_the_table_counts_what_is_late_large_and_wrong() -> None:
    outcomes = [
        Outcome("a", 200, 10.0, 1.0, None, ""),
        Outcome("a", 422, 300.0, 2.0, None, ""),
        Outcome("a", 0, 20.0, 60.0, "KeyError", ""),
    ]
    (row,) = by_kind(outcomes, exact=True).rows
    assert row == {
        "upload": "a", "count": 3, "accepted": 1, "refused": 2, "ms p50": 20.0, "ms p95": 20.0,
        "ms max": 300.0, "MB max": 60.0, "late": 1, "large": 1, "failures": 1,
    }  # fmt: skip
