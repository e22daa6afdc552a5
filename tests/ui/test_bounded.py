"""Large bodies on their way: too long, stalled, endless, or just right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive

from explainer.ui.bounded import counted


def coming(pieces: Iterable[bytes | None]) -> Receive:
    """Return a receive that gives pieces, waits for ever at None, and at last says goodbye."""
    parts = list(pieces)

    async def receive() -> Message:
        await asyncio.sleep(0)
        if not parts:
            return {"type": "http.disconnect", "after": "the body"}
        part = parts.pop(0)
        if part is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    return receive


def read(pieces: Iterable[bytes | None], patience: float = 30.0, seconds: float = 600.0) -> bytes:
    """Return what comes through; it ends in a dash if it was broken off."""

    async def main() -> bytes:
        receive, got = counted(coming(pieces), 10, patience, seconds), b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return got + b"-"
            got += message["body"]
            if not message["more_body"]:
                # What comes after the body takes as long as it likes.
                assert (await receive())["after"] == "the body"
                return got

    return asyncio.run(main())


def test_what_fits_passes_and_what_is_longer_is_broken_off() -> None:
    assert read([b"12345", b"67890"]) == b"1234567890"
    assert read([b"12345", b"678901"]) == b"12345-"


def test_a_body_that_stalls_is_broken_off() -> None:
    assert read([b"12", None, b"34"], patience=0.01) == b"12-"
    assert read([None], patience=0.01) == b"-"


def test_a_body_that_trickles_for_too_long_is_broken_off() -> None:
    assert read([b"12", b"34"], seconds=0.0) == b"-"
