"""The outermost layer of the server: what it lets in, and what it says with every answer.

Gradio serves more than this app needs, answers any origin and believes any forwarded host. Here a
request is checked before Gradio sees it: whom it asks (Host), who asks (Origin), for what (only
the addresses that the page uses), and with what (the size of a body, the shape of an event, the
number of open pages and streams).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explainer.header import MAX_BYTES
from explainer.room import HOLDER
from explainer.ui.bodies import refusal
from explainer.ui.bounded import BrokenOff, check_length, counted, read_whole, replayed
from explainer.ui.csp import Headers, PageSender, policy
from explainer.ui.events_guard import SESSION, Refused, read_event
from explainer.ui.hosts import Hosts, same_site
from explainer.ui.limits import Sessions, Streams, TooMany, household
from explainer.ui.options import Options
from explainer.ui.request_head import read_head
from explainer.ui.text import guard as text

BODY = 256_000  # bytes
EVENT = 64_000  # Gradio keeps what each page sent last; a page's longest has a few thousand
BODY_SECONDS = 30.0  # for a body; for each piece of a large one
UPLOAD_SECONDS = 600.0  # for a large one: the largest model over a line of half a megabit
FORGET_AFTER = 300.0  # seconds without stream or event: the page is closed, or was loaded anew
# These read a large body piece by piece and refuse it themselves; here only in case one forgets.
UPLOADS = {"/api/own/table": 4_000_000, "/api/own/picture": 4_000_000, "/api/models": 2 * MAX_BYTES}
RUN, HEARTBEAT = "/gradio_api/run/predict", "/gradio_api/heartbeat/"
# What the page asks for, and ``launch`` itself. Gradio's uploads, files, proxy, login, monitoring,
# deep links and run history are not among it, nor its queue: no event of the page uses it.
OPEN = frozenset(
    {"/", "/config", "/config/", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt"}
    | {"/gradio_api/info", "/gradio_api/app_id", "/gradio_api/startup-events"}
    | {"/healthz", "/teacher", RUN}
)
OPEN_BELOW = ("/api/", "/static/", "/assets/", HEARTBEAT)
FILES = ("/static/", "/assets/")
FILE = re.compile(r"/(?:static|assets)(?:/[A-Za-z0-9_@+-][A-Za-z0-9_@+.-]{0,120}){1,8}")
# Gradio reads a page's name and a deep link from the query, and fails on a name it does not know.
WITHOUT_QUERY = frozenset({"/", "/config", "/config/", "/gradio_api/info"})
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
# Browsers heed it on https and on this machine alone, and complain of it elsewhere.
ISOLATED = (b"cross-origin-opener-policy", b"same-origin")
THIS_MACHINE = (b"localhost", b"127.", b"[::1]")


class Guard:
    """ASGI middleware that must come before every other.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    options : Options
        Names, origins and proxies that whoever runs the server allows.
    events : mapping of int to int
        How many values each event of the page takes, by its number.
    forget : callable, optional
        Called with the name of a page some time after it was closed.
    """

    def __init__(
        self,
        app: ASGIApp,
        options: Options,
        events: Mapping[int, int],
        forget: Callable[[str], None] = lambda session: None,
    ) -> None:
        self._app, self._events, self._forget = app, events, forget
        self._hosts = Hosts(options.hosts)
        self._proxied = self._hosts if options.behind_proxy else None
        self._origins = frozenset(origin.encode() for origin in options.allow_origins)
        self._for_others = CORSMiddleware(
            self._inside,
            allow_origins=options.allow_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type"],
        )
        frames, space = options.allow_origins, options.on_space
        self._page = policy(page=True, shared=options.share, on_space=space, frames=frames)
        rest = policy(page=False, on_space=space, frames=frames)
        self._headers: Headers = [*HEADERS, (b"content-security-policy", rest)]
        self._sessions, self._streams = Sessions(), Streams()
        self._leaving: set[str] = set()  # pages that are looked after once their stream has ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check where a request comes from, and pass it on or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":  # nothing here speaks it
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        behind, seen = read_head(scope, self._proxied)
        behind["guard"] = seen
        host = seen.get(b"host", b"")
        also = [ISOLATED] if behind["scheme"] == "https" or host.startswith(THIS_MACHINE) else []
        if behind["path"] == "/":
            accepted = seen.get(b"accept-encoding", b"")
            answer: Send = PageSender(send, self._page, [*HEADERS, *also], accepted)
        else:
            answer = _answering(send, [*self._headers, *also])
        origin = seen.get(b"origin")
        if not self._hosts.allows(host):
            await _refuse(behind, receive, answer, 403, text.HOST)
        elif origin in self._origins:
            await self._for_others(behind, receive, answer)
        elif self._is_foreign(behind["method"], seen):
            await _refuse(behind, receive, answer, 403, text.ORIGIN)
        else:
            await self._inside(behind, receive, answer)

    def _is_foreign(self, method: str, seen: dict[bytes, bytes]) -> bool:
        """Tell whether a request that could change something comes from another site."""
        if method in ("GET", "HEAD"):
            return False  # it is answered, but the other site's page cannot read that
        if method == "OPTIONS" and b"access-control-request-method" not in seen:
            return False
        origin = seen.get(b"origin")
        if origin is None:
            return seen.get(b"sec-fetch-site") == b"cross-site"
        hosts = (seen[b"host"], seen.get(b"x-forwarded-host", b""))
        return not any(same_site(origin, host, self._proxied is not None) for host in hosts)

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check what a request wants and brings."""
        path, seen = scope["path"], scope.pop("guard")
        if b"origin" in seen:  # or Gradio, too, would answer it with Access-Control headers
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"origin"]
        try:
            if not (path in OPEN or path.startswith(OPEN_BELOW)):
                raise Refused(404, text.CLOSED)
            if path.startswith(FILES) and not FILE.fullmatch(path):
                raise Refused(404, text.CLOSED)
            if scope["method"] not in WITHOUT_BODY:
                HOLDER.set(household(_client(scope)))  # of what may come to be kept
                receive = await self._checked(scope, receive, seen.get(b"content-length"))
            elif path in WITHOUT_QUERY:
                scope["query_string"] = b""
            if path.startswith(HEARTBEAT) and scope["method"] == "GET":
                await self._stream(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        except Refused as error:
            await _refuse(scope, receive, send, error.status, str(error))
        except TooMany as error:
            retry = {"Retry-After": str(error.seconds)}
            await _refuse(scope, receive, send, error.status, str(error), retry)
        except BrokenOff:
            pass

    async def _checked(self, scope: Scope, receive: Receive, length: bytes | None) -> Receive:
        """Read and check a body; return where it is to be had from."""
        path = scope["path"]
        if path in UPLOADS:
            return counted(receive, UPLOADS[path], BODY_SECONDS, UPLOAD_SECONDS)
        limit = EVENT if path == RUN else BODY
        check_length(length, limit)
        body = await read_whole(receive, limit, BODY_SECONDS)
        if path == RUN:
            session, body = read_event(body, self._events)
            self._sessions.see(session, _client(scope))
            scope["headers"] = [
                *(pair for pair in scope["headers"] if pair[0] not in BODY_HEADERS),
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ]
        return replayed(body, receive)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a stream that stays open, if there are not too many."""
        session, client = scope["path"].removeprefix(HEARTBEAT), _client(scope)
        if not SESSION.fullmatch(session):
            raise Refused(400, text.SESSION)
        self._sessions.see(session, client)
        self._streams.enter(session, client)
        try:
            await self._app(scope, receive, send)
        finally:
            self._streams.leave(session, client)
            if session not in self._leaving:
                self._leaving.add(session)
                asyncio.get_running_loop().call_later(FORGET_AFTER, self._forget_closed, session)

    def _forget_closed(self, session: str) -> None:
        if self._streams.open(session):
            self._leaving.discard(session)
            return
        # After a gap in the network a page goes on without its stream: Gradio never opens another.
        left = FORGET_AFTER - self._sessions.quiet(session)
        if left > 0:
            asyncio.get_running_loop().call_later(left, self._forget_closed, session)
        else:
            self._leaving.discard(session)
            self._forget(session)


BODY_HEADERS = frozenset({b"content-type", b"content-length", b"transfer-encoding"})


def _client(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _answering(send: Send, headers: Headers) -> Send:
    """Return a send that puts headers on the answer."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return answer


async def _refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    sentence: str,
    headers: dict[str, str] | None = None,
) -> None:
    if scope["method"] not in WITHOUT_BODY:
        # Its body may be unread, so the connection cannot be used again.
        headers = {**(headers or {}), "Connection": "close"}
    await refusal(status, sentence, headers)(scope, receive, send)
