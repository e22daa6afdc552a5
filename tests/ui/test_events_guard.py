"""What is sent to an event: checked, and written anew with what Gradio needs and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.ui.events_guard import DEPTH, Refused, read_event, read_strictly

EVENTS = {0: 2, 7: 0}
GOOD: dict[str, Any] = {
    **{"data": [1, "ü"], "event_data": {"name": "x"}},
    **{"fn_index": 0, "session_hash": "ab-C_9"},
}


def sent(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def refusal(body: bytes) -> tuple[int, str]:
    with pytest.raises(Refused) as error:
        read_event(body, EVENTS)
    return error.value.status, str(error.value)


def test_an_event_passes() -> None:
    session, body = read_event(sent(), EVENTS)
    assert session == "ab-C_9"
    assert json.loads(body) == GOOD


def test_what_no_event_needs_is_left_out() -> None:
    more = {"batched": True, "event_id": "x", "simple_format": 1, "trigger_id": 3, "oauth_token": 1}
    _, body = read_event(sent(data=[1, "ü", 3, 4], **more), EVENTS)
    assert json.loads(body) == GOOD


@pytest.mark.parametrize("told", [None, 5, "x", [1], True])
def test_what_a_component_says_is_an_object(told: object) -> None:
    assert json.loads(read_event(sent(event_data=told), EVENTS)[1])["event_data"] == {}


def test_of_two_equal_keys_the_one_that_was_checked_is_passed_on() -> None:
    twice = b'{"fn_index": 99, "data": [1, 2], "session_hash": "s", "fn_index": 7}'
    assert json.loads(read_event(twice, EVENTS)[1])["fn_index"] == 7


@pytest.mark.parametrize("session", ["", None, 5, "a" * 65, "a b", "a/b", "ä", ["a"], "a\n", True])
def test_a_page_must_say_its_name(session: object) -> None:
    status, sentence = refusal(sent(session_hash=session))
    assert (status, sentence.partition(" ")[0]) == (400, "session_hash")


@pytest.mark.parametrize("number", [99, -1, None, True, False, "0", 0.0, [], {}, 10**30])
def test_an_event_must_be_known(number: object) -> None:
    status, sentence = refusal(sent(fn_index=number))
    assert (status, sentence.partition(" ")[0]) == (404, "fn_index")


@pytest.mark.parametrize("data", [None, "ab", {"0": 1}, 5, True])
def test_data_must_be_a_list(data: object) -> None:
    assert refusal(sent(data=data)) == (422, "data must be a list of values.")


def test_too_few_values() -> None:
    assert refusal(sent(data=[1])) == (422, "data must have 2 values for this event, not 1.")


@pytest.mark.parametrize(
    "value",
    [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1" * 5000, b"'a'", b"\xff", b"01"],
)
def test_values_must_be_strict_json(value: bytes) -> None:
    body = b'{"data": [1, %s], "fn_index": 0, "session_hash": "s"}' % value
    status, sentence = refusal(body)
    assert (status, sentence.partition(",")[0]) == (400, "The body must be JSON")


@pytest.mark.parametrize("body", [b"", b"{", b"\x00", b"{} {}", b'{"a"}', b"\xef\xbb\xbf{}"])
def test_what_is_no_json(body: bytes) -> None:
    assert refusal(body)[0] == 400


@pytest.mark.parametrize("body", [b"[]", b"1", b'"a"', b"null", b"true"])
def test_what_is_no_object(body: bytes) -> None:
    assert refusal(body) == (400, "The body must be a JSON object.")


@pytest.mark.parametrize("half", [rb"\ud800", rb"\uDFFF", rb"a\ud83db"])
def test_half_a_character_is_refused(half: bytes) -> None:
    body = b'{"data": [1, "%s"], "fn_index": 0, "session_hash": "s"}' % half
    assert refusal(body) == (400, "The body must be JSON whose text is proper Unicode.")


def test_a_whole_character_in_two_halves_passes() -> None:
    body = rb'{"data": [1, "\ud83d\ude00"], "fn_index": 0, "session_hash": "s"}'
    assert json.loads(read_event(body, EVENTS)[1])["data"][1] == "\U0001f600"


def nested(levels: int, kind: str) -> bytes:
    """Return an object with so many levels in all."""
    inner = "1"
    for _ in range(levels - 1):
        inner = f"[{inner}]" if kind == "list" else f'{{"a": {inner}}}'
    return f'{{"wide": [[], [], {{}}], "deep": {inner}}}'.encode()


@pytest.mark.parametrize("kind", ["list", "object"])
def test_the_deepest_that_is_taken(kind: str) -> None:
    assert read_strictly(nested(DEPTH, kind))
    with pytest.raises(Refused, match="at most 64 levels") as error:
        read_strictly(nested(DEPTH + 1, kind))
    assert error.value.status == 400


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 50_000, nested(80_000, "list")])
def test_very_deep_bodies(body: bytes) -> None:
    assert refusal(body)[0] == 400


def test_many_brackets_that_are_not_deep_pass() -> None:
    wide = {"a": [[]] * 1000, "b": "[[[{{{" * 100}
    _, body = read_event(sent(event_data=wide), EVENTS)
    assert json.loads(body)["event_data"] == wide


@pytest.mark.parametrize(
    "value",
    [
        {"path": "http://127.0.0.1:9/x", "meta": {"_type": "gradio.FileData"}},
        [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}],
        [["nested"]],
    ],
)
def test_a_value_that_gradio_might_take_for_a_file_is_refused(value: object) -> None:
    with pytest.raises(Refused, match="data must be a list of values") as caught:
        read_event(sent(data=[value, 1]), EVENTS)
    assert caught.value.status == 422


@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=4),
    max_leaves=10,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_anything_is_passed_or_refused(body: bytes) -> None:
    try:
        session, passed = read_event(body, EVENTS)
    except Refused as error:
        status, sentence = error.status, str(error)
    else:
        event = json.loads(passed)
        assert event["session_hash"] == session
        assert len(event["data"]) == EVENTS[event["fn_index"]]
        return
    assert status in (400, 404, 422)
    assert sentence.endswith(".")
