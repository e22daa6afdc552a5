"""Bodies that cannot grow: read whole and handed on, or counted as they pass."""

from __future__ import annotations

import anyio
from starlette.types import Message, Receive

from explainer.ui.events_guard import Refused
from explainer.ui.text import guard as text

BROKEN_OFF: Message = {"type": "http.disconnect"}


class BrokenOff(Exception):
    """Whoever asked is gone; there is nobody to answer."""


def check_length(length: bytes | None, limit: int) -> None:
    """Refuse a body whose header says that it is too large.

    Raises
    ------
    Refused
        With status 413.
    """
    if length is not None and (not length.isdigit() or int(length[:12]) > limit):
        raise Refused(413, text.TOO_LARGE.format(limit=limit // 1000))


async def read_whole(receive: Receive, limit: int, seconds: float) -> bytes:
    """Read a body to its end, whether or not it said how long it is.

    Parameters
    ----------
    receive : ASGI receive
    limit : int
        Bytes.
    seconds : float
        The time it may take, so that slow bodies do not pile up.

    Returns
    -------
    bytes

    Raises
    ------
    Refused
        With status 413 or 408.
    BrokenOff
    """
    parts: list[bytes] = []
    size, more = 0, True
    try:
        with anyio.fail_after(seconds):
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise BrokenOff
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise Refused(413, text.TOO_LARGE.format(limit=limit // 1000))
                more = message.get("more_body", False)
    except TimeoutError:
        raise Refused(408, text.TOO_SLOW.format(seconds=seconds)) from None
    return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives a body in one piece, and then what really comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def counted(receive: Receive, limit: int, patience: float, seconds: float) -> Receive:
    """Return a receive that breaks a body off that is too long, or too long on its way.

    Parameters
    ----------
    receive : ASGI receive
    limit : int
        Bytes.
    patience : float
        Seconds that each piece may take.
    seconds : float
        And all of them together.
    """
    size, whole = 0, False
    end = anyio.current_time() + seconds

    async def counting() -> Message:
        nonlocal size, whole
        if whole:
            return await receive()
        message: Message = BROKEN_OFF
        with anyio.move_on_after(min(patience, end - anyio.current_time())):
            message = await receive()
        size += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        return message if size <= limit else BROKEN_OFF

    return counting
