"""What the routes share: bounded bodies and addresses, plain refusals."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from explainer.jobs import Busy, CalculationFailed, CalculationTimeout
from explainer.own import StorageFull

Answer = dict[str, Any]
CONTAINER = "application/vnd.diffusion-explainer.frames"  # the media type of explainer.frames
VISITOR = re.compile(r"[0-9-]{4,64}")  # how a page names its visitor
MAX_QUERY = 2000  # characters; the longest honest address has a few hundred


class TooLarge(ValueError):
    """More bytes than a route takes."""


class NotOneFile(ValueError):
    """A form, which may hold many files, where one file is taken as it is."""


# The first that fits.
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (TooLarge, 413),
    (NotOneFile, 415),
    (StorageFull, 507),
    (ValueError, 422),
    (Busy, 503),
    (CalculationTimeout, 504),
    (CalculationFailed, 500),
)


async def body_parts(request: Request, limit: int, what: str) -> AsyncIterator[bytes]:
    """Yield the body as it comes, but never more than the limit, whatever the header promises.

    Parameters
    ----------
    request : Request
    limit : int
        Bytes.
    what : str
        What the body is called: "file", "drawing".

    Yields
    ------
    bytes

    Raises
    ------
    TooLarge, NotOneFile
        With one sentence.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise NotOneFile(f"Send one {what} as the body itself, not a form with files in it.")
    refusal = TooLarge(f"The {what} is too large: at most {limit / 1e6:g} MB are taken.")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > limit:
        raise refusal
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise refusal
        yield part


async def read_body(parts: AsyncIterator[bytes]) -> bytes:
    """Put a body together."""
    data = BytesIO()  # it hands out what it holds without a copy
    async for part in parts:
        data.write(part)
    return data.getvalue()


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

    async def whole(parts: AsyncIterator[bytes]) -> Answer:
        return await answer(await read_body(parts))

    return streamed(path, limit, what, whole)


def streamed(
    path: str, limit: int, what: str, answer: Callable[[AsyncIterator[bytes]], Awaitable[Answer]]
) -> Route:
    """Make a route as :func:`posted` does, of a function that takes the bytes as they come."""

    async def handle(request: Request) -> Response:
        try:
            return JSONResponse(await answer(body_parts(request, limit, what)))
        except ClientDisconnect:
            return refusal(400, "The upload was broken off.")
        except tuple(kind for kind, _ in STATUS) as error:
            return refused(error)

    return Route(path, handle, methods=["POST"])


def in_thread(answer: Callable[[bytes], Answer]) -> Callable[[bytes], Awaitable[Answer]]:
    """Let a function that computes run in a thread, so that the server goes on meanwhile."""

    async def threaded(data: bytes) -> Answer:
        return await run_in_threadpool(answer, data)

    return threaded


def refused(error: Exception) -> Response:
    """Return the refusal that an error of those in STATUS stands for."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    # What is not taken is left unread, so the connection cannot be used again.
    unread = isinstance(error, TooLarge | NotOneFile | StorageFull)
    return refusal(status, str(error), {"Connection": "close"} if unread else None)


def refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """Return a refusal, ``{"error": sentence}``."""
    # A lone surrogate in the input would make the refusal impossible to encode.
    text = sentence.encode(errors="replace").decode()
    return JSONResponse({"error": text}, status_code=status, headers=headers)
