"""How many pages and streams: generous to a class behind one address, and bounded."""

from __future__ import annotations

import pytest

from explainer.ui import limits
from explainer.ui.limits import BURST, STREAMS_IN_ALL, Sessions, Streams, TooMany, household


class Clock:
    """Seconds, as told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refused(sessions: Sessions, session: str, address: str = "9.9.9.9") -> TooMany | None:
    try:
        sessions.see(session, address)
    except TooMany as error:
        return error
    return None


def test_a_burst_of_pages_then_some_every_second() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    assert not any(refused(sessions, f"first{i}") for i in range(BURST))
    error = refused(sessions, "one-more")
    assert error is not None
    assert (error.status, error.seconds) == (429, 1)
    assert str(error).endswith("please try again in a second.")
    assert refused(sessions, "first7") is None  # who is in stays in
    assert refused(sessions, "elsewhere", "8.8.8.8") is None
    clock.now += 1
    later = [refused(sessions, f"later{i}") for i in range(11)]
    assert later[:10] == [None] * 10
    assert later[10] is not None
    clock.now += 3600
    assert not any(refused(sessions, f"next{i}") for i in range(BURST))
    assert refused(sessions, "too-many") is not None  # an hour of rest saves up no more


def test_an_ipv6_network_counts_as_one_address() -> None:
    sessions = Sessions(Clock())
    answers = [refused(sessions, f"s{i}", f"2606:4700::{i:x}") for i in range(BURST + 1)]
    assert answers[:BURST] == [None] * BURST
    assert answers[BURST] is not None
    assert refused(sessions, "other", "2606:4700:0:1::1") is None
    assert refused(sessions, "link", "fe80::1%eth0") is None


def test_an_ipv4_address_counts_as_itself_however_it_is_written() -> None:
    assert household("::ffff:9.9.9.9") == household("9.9.9.9") == "9.9.9.9"
    assert household("::ffff:9.9.9.8") == "9.9.9.8"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ADDRESSES", 50)
    monkeypatch.setattr(limits, "MAX_SESSIONS", 80)
    sessions = Sessions(Clock())
    for i in range(1000):
        assert refused(sessions, f"s{i}", f"a{i}") is None
    assert len(sessions._left) == 50
    assert len(sessions._known) == 80


def test_streams_of_a_page_of_an_address_and_in_all() -> None:
    streams = Streams()
    for _ in range(2):
        streams.enter("page", "9.9.9.9")
    with pytest.raises(TooMany, match="This page already has 2 open streams") as of_page:
        streams.enter("page", "9.9.9.9")
    for i in range(498):
        streams.enter(f"s{i}", "9.9.9.9")
    with pytest.raises(TooMany, match="This address already has 500") as of_address:
        streams.enter("another", "9.9.9.9")
    for i in range(500):
        streams.enter(f"t{i}", f"a{i}")
    with pytest.raises(TooMany, match=f"The server already has {STREAMS_IN_ALL}") as in_all:
        streams.enter("last", "8.8.8.8")
    statuses = [error.value.status for error in (of_page, of_address, in_all)]
    assert statuses == [429, 429, 503]
    assert in_all.value.seconds == 60


def test_a_stream_that_ends_makes_room_and_leaves_nothing() -> None:
    streams = Streams()
    for i in range(STREAMS_IN_ALL):
        streams.enter(f"s{i}", f"a{i}")
    for i in range(STREAMS_IN_ALL):
        streams.leave(f"s{i}", f"a{i}")
    assert (streams._all, dict(streams._pages), dict(streams._addresses)) == (0, {}, {})
    streams.enter("again", "9.9.9.9")


def test_a_refused_stream_is_not_counted() -> None:
    streams = Streams()
    for _ in range(2):
        streams.enter("page", "9.9.9.9")
    for _ in range(5):
        with pytest.raises(TooMany):
            streams.enter("page", "9.9.9.9")
    streams.leave("page", "9.9.9.9")
    streams.enter("page", "9.9.9.9")
