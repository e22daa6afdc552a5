"""What the routes share: bounded bodies and addresses, plain refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from explainer.jobs import Busy, CalculationFailed, CalculationTimeout

Answer = dict[str, Any]
CONTAINER = "application/vnd.diffusion-explainer.frames"  # the media type of explainer.frames
VISITOR = re.compile(r"[0-9-]{4,64}")  # how a page names its visitor
MAX_QUERY = 2000  # characters; the longest honest address has a few hundred


class TooLarge(ValueError):
    """More bytes than a route takes."""


# The first that fits.
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (TooLarge, 413),
    (ValueError, 422),
    (Busy, 503),
    (CalculationTimeout, 504),
    (CalculationFailed, 500),
)


async def read_body(request: Request, limit: int, what: str) -> bytes:
    """Read the body, but never more than the limit, whatever the header promises.

    Parameters
    ----------
    request : Request
    limit : int
        Bytes.
    what : str
        What the body is called: "file", "drawing".

    Returns
    -------
    bytes

    Raises
    ------
    TooLarge
        With one sentence.
    """
    refusal = TooLarge(f"The {what} is too large: at most {limit / 1e6:g} MB are taken.")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > limit:
        raise refusal
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            raise refusal
    return bytes(data)


def read_json(data: bytes) -> Answer:
    """Read strict JSON: an object, and no NaN or Infinity in it.

    Raises
    ------
    ValueError
        With one sentence.
    """

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        value = json.loads(data, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise ValueError("The body must be JSON, without NaN or Infinity.") from None
    if not isinstance(value, dict):
        raise ValueError("The body must be a JSON object.")
    return value


def posted(path: str, limit: int, what: str, answer: Callable[[bytes], Awaitable[Answer]]) -> Route:
    """Make a route of a function from the bytes that are posted to a JSON answer.

    Parameters
    ----------
    path : str
    limit : int
        Bytes.
    what : str
        What the body is called.
    answer : callable
        May raise ValueError, and what a calculation raises, with a sentence each.

    Returns
    -------
    Route
    """

    async def handle(request: Request) -> Response:
        try:
            return JSONResponse(await answer(await read_body(request, limit, what)))
        except ClientDisconnect:
            return refusal(400, "The upload was broken off.")
        except tuple(kind for kind, _ in STATUS) as error:
            status = next(status for kind, status in STATUS if isinstance(error, kind))
            # What is too large is left unread, so the connection cannot be used again.
            return refusal(status, str(error), {"Connection": "close"} if status == 413 else None)

    return Route(path, handle, methods=["POST"])


def in_thread(answer: Callable[[bytes], Answer]) -> Callable[[bytes], Awaitable[Answer]]:
    """Let a function that computes run in a thread, so that the server goes on meanwhile."""

    async def threaded(data: bytes) -> Answer:
        return await run_in_threadpool(answer, data)

    return threaded


def refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """Return a refusal, ``{"error": sentence}``."""
    # A lone surrogate in the input would make the refusal impossible to encode.
    text = sentence.encode(errors="replace").decode()
    return JSONResponse({"error": text}, status_code=status, headers=headers)
