"""The guard around an application that answers everything and writes down what it sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from explainer.room import HOLDER
from explainer.ui import guard as guard_module
from explainer.ui.guard import BODY, Guard
from explainer.ui.limits import Sessions
from explainer.ui.options import Options

HOST = "school.example:7860"
HERE = f"http://{HOST}"
FRIEND = "https://friend.example"
RUN, HEARTBEAT = "/gradio_api/run/predict", "/gradio_api/heartbeat/"
EVENT = {"data": [1, 2], "event_data": {}, "fn_index": 0, "session_hash": "abc"}


@dataclass
class Answer:
    """What came back.

    Attributes
    ----------
    status : int
    headers : dict of str to str
    body : bytes
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"])


class Inside:
    """The application that is guarded: reads the body, and says it back."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []
        self.hold: asyncio.Event | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)
        if self.hold is not None:
            await self.hold.wait()
        headers = [(b"content-type", b"text/html"), (b"x-own", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<script>1</script>"})

    @property
    def seen(self) -> dict[str, str]:
        """The headers of the last request."""
        return {name.decode(): value.decode() for name, value in self.scopes[-1]["headers"]}


class Server:
    """A guard around Inside, and a way to ask it."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("allowed_hosts", ("school.example",))
        self.inside = Inside()
        self.guard = Guard(self.inside, Options(**options), {0: 2})

    def ask(self, method: str = "GET", path: str = "/api/x", **settings: Any) -> Answer:
        return asyncio.run(self.asked(method, path, **settings))

    async def asked(
        self,
        method: str = "GET",
        path: str = "/api/x",
        headers: dict[str, str] | Iterable[tuple[str, str]] = (),
        body: Iterable[bytes] = (b"",),
        host: str | None = HOST,
        client: str = "9.9.9.9",
        query: bytes = b"",
    ) -> Answer:
        listed = list(headers.items() if isinstance(headers, dict) else headers)
        listed = [*([("host", host)] if host is not None else []), *listed]
        parts = iter([*body])
        waiting = next(parts, None)

        async def receive() -> Message:
            nonlocal waiting
            if waiting is None:
                return {"type": "http.disconnect"}
            now, waiting = waiting, next(parts, None)
            return {"type": "http.request", "body": now, "more_body": waiting is not None}

        answer = Answer()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                for name, value in message["headers"]:
                    assert name.decode() not in answer.headers, name
                    answer.headers[name.decode()] = value.decode()
            else:
                answer.body += message.get("body", b"")

        scope = {
            **{"type": "http", "method": method, "path": path, "query_string": query},
            **{"scheme": "http", "client": (client, 5), "http_version": "1.1"},
            "headers": [
                (name.encode("latin-1"), value.encode("latin-1")) for name, value in listed
            ],
        }
        await self.guard(scope, receive, send)
        return answer

    def event(self, event: object, **settings: Any) -> Answer:
        return self.ask("POST", RUN, body=[json.dumps(event).encode()], **settings)


# Hosts


@pytest.mark.parametrize("host", [HOST, "localhost", "127.0.0.1:7860", "[::1]:7860"])
def test_our_names_are_answered(host: str) -> None:
    assert Server().ask(host=host).status == 200


@pytest.mark.parametrize("host", [None, "", "evil.example", "school.example.evil.example", "a b"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", RUN), ("OPTIONS", "/api/x")])
def test_other_names_are_not(host: str | None, method: str, path: str) -> None:
    server = Server()
    answer = server.ask(method, path, host=host)
    assert answer.status == 403
    assert "--allowed-host" in answer.error
    assert server.inside.scopes == []


def test_two_hosts_are_none() -> None:
    assert Server().ask(headers=[("host", HOST)]).status == 403


def test_a_public_link_has_its_own_names() -> None:
    assert Server(share=True).ask(host="ab12.gradio.live").status == 200
    assert Server().ask(host="ab12.gradio.live").status == 403


def test_the_name_that_is_served_is_allowed() -> None:
    assert Server(host="my.own.example").ask(host="my.own.example:7860").status == 200


# Origins


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://school.example:1"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_another_site_cannot_send(origin: str, method: str) -> None:
    server = Server()
    answer = server.ask(method, "/api/runs/1/stop", headers={"origin": origin})
    assert answer.status == 403
    assert "--allow-origin" in answer.error
    assert server.inside.scopes == []


def test_another_site_cannot_ask_whether_it_may() -> None:
    asks = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    answer = Server().ask("OPTIONS", headers=asks)
    assert answer.status == 403
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_another_site_gets_an_answer_that_it_cannot_read() -> None:
    server = Server(allow_origins=(FRIEND,))
    answer = server.ask(headers={"origin": "http://evil.example"})
    assert answer.status == 200
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert "evil" not in str(answer.headers)
    assert "origin" not in server.inside.seen


def test_a_cross_site_form_without_an_origin_is_refused() -> None:
    assert Server().ask("POST", headers={"sec-fetch-site": "cross-site"}).status == 403
    assert Server().ask("GET", headers={"sec-fetch-site": "cross-site"}).status == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": HERE}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
)
def test_our_own_page_and_programs_can_send(headers: dict[str, str]) -> None:
    server = Server()
    answer = server.ask("POST", headers=headers)
    assert answer.status == 200
    assert "origin" not in server.inside.seen
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_an_allowed_site_may_ask_send_and_read() -> None:
    server = Server(allow_origins=(FRIEND,))
    asks = {"origin": FRIEND, "access-control-request-method": "POST"}
    asked = server.ask(
        "OPTIONS", headers={**asks, "access-control-request-headers": "content-type"}
    )
    assert asked.status == 200
    assert asked.headers["access-control-allow-origin"] == FRIEND
    assert server.inside.scopes == []
    sent = server.ask("POST", headers={"origin": FRIEND, "sec-fetch-site": "cross-site"})
    assert sent.status == 200
    assert sent.headers["access-control-allow-origin"] == FRIEND
    assert sent.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in sent.headers
    assert "origin" not in server.inside.seen
    refused = server.ask("POST", "/nothing", headers={"origin": FRIEND})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (404, FRIEND)


# Forwarded headers

CLAIMS = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-for": "8.8.8.8",
    "x-forwarded-prefix": "/evil",
    "x-forwarded-port": "99",
    "x-forwarded-server": "evil.example",
    "forwarded": "for=8.8.8.8;host=evil.example",
    "x-real-ip": "8.8.8.8",
    "x-original-url": "/evil",
    "x-original-host": "evil.example",
    "x-rewrite-url": "/evil",
    "x-gradio-server": "http://evil.example",
}


def test_what_a_client_says_in_a_proxys_name_is_dropped() -> None:
    server = Server()
    server.ask(headers={**CLAIMS, "accept": "text/html", "x-requested-with": "us"})
    assert server.inside.seen == {"host": HOST, "accept": "text/html", "x-requested-with": "us"}
    scope = server.inside.scopes[-1]
    assert (scope["scheme"], scope["client"]) == ("http", ("9.9.9.9", 5))


def test_a_proxy_is_believed_where_it_is_said_to_be() -> None:
    server = Server(behind_proxy=True)
    server.ask(headers={**CLAIMS, "x-forwarded-host": "School.example, evil.example"})
    assert server.inside.seen == {
        "host": HOST,
        "x-forwarded-host": "School.example",
        "x-forwarded-proto": "https",
        "x-forwarded-for": "8.8.8.8",
        "x-forwarded-prefix": "/evil",
    }
    scope = server.inside.scopes[-1]
    assert (scope["scheme"], scope["client"]) == ("https", ("8.8.8.8", 0))


def test_a_proxy_cannot_forward_for_a_name_that_is_not_ours() -> None:
    server = Server(behind_proxy=True)
    assert server.ask(headers={"x-forwarded-host": "evil.example"}).status == 200
    assert server.inside.seen == {"host": HOST}
    assert server.ask(host="evil.example", headers={"x-forwarded-host": HOST}).status == 403


def test_what_makes_no_sense_is_not_believed() -> None:
    server = Server(behind_proxy=True)
    server.ask(headers={"x-forwarded-proto": "javascript", "x-forwarded-for": "me"})
    scope = server.inside.scopes[-1]
    assert (scope["scheme"], scope["client"]) == ("http", ("9.9.9.9", 5))
    assert "x-forwarded-proto" not in server.inside.seen


def test_behind_a_proxy_the_public_name_counts_as_here() -> None:
    sent = {"origin": "https://school.example", "x-forwarded-host": "school.example"}
    inner = {"host": "127.0.0.1:7860", "headers": sent}
    assert Server(behind_proxy=True).ask("POST", **inner).status == 200
    assert Server().ask("POST", **inner).status == 403


def test_a_proxy_that_leaves_out_the_port_keeps_the_page_working() -> None:
    sent = {"host": "school.example", "headers": {"origin": "http://school.example:8080"}}
    assert Server(behind_proxy=True).ask("POST", **sent).status == 200
    assert Server().ask("POST", **sent).status == 403


def test_uvicorn_believes_no_client_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    def ask() -> Scope:
        trusted = uvicorn.Config(app).forwarded_allow_ips
        headers = [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"8.8.8.8")]
        scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 5), "headers": headers}
        asyncio.run(ProxyHeadersMiddleware(app, trusted)(scope, None, None))  # type: ignore[arg-type]
        return seen[-1]

    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    assert ask()["scheme"] == "https"  # as it does by itself
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")  # as app.py sets it
    scope = ask()
    assert (scope["scheme"], scope["client"][0]) == ("http", "127.0.0.1")


# Addresses


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt"),
        *("/healthz", "/teacher", "/api/runs/1", "/api/teacher", "/assets/index-D_p.js"),
        *("/static/page/dom.js", "/static/img/logo_nosize.svg", "/static/fonts/a/b-1.woff2"),
        *("/gradio_api/info", "/gradio_api/app_id", "/gradio_api/startup-events"),
        HEARTBEAT + "abc",
    ],
)
def test_what_the_page_asks_for_is_open(path: str) -> None:
    assert Server().ask(path=path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/deep_link"),
        *("/gradio_api/proxy=http://x.example", "/gradio_api/file=/etc/passwd"),
        *("/gradio_api/file/etc/passwd", "/monitoring", "/monitoring/summary", "/monitoring/key"),
        *("/gradio_api/component_server", "/gradio_api/custom_component/1/client/c/x.js"),
        *("/gradio_api/stream/e", "/gradio_api/stream/s/r/1/playlist.m3u8", "/gradio_api/runs"),
        *("/gradio_api/run-history/records", "/gradio_api/dev/reload", "/gradio_api/cancel"),
        *("/gradio_api/reset", "/gradio_api/process_recording", "/gradio_api/vibe-edit"),
        *("/gradio_api/vibe-code", "/gradio_api/queue/join", "/gradio_api/queue/data"),
        *("/gradio_api/queue/status", "/gradio_api/call/predict", "/gradio_api/call/v2/predict"),
        *("/gradio_api/api/predict", "/gradio_api/run/other", "/gradio_api/run/predict/"),
        *("/gradio_api/openapi.json", "/gradio_api/login_check", "/gradio_api/token"),
        *("/gradio_api/user", "/login", "/logout", "/login/huggingface", "/svelte/x.js"),
        *("/docs", "/redoc", "/openapi.json", "/pwa_icon/99999", "/gradio_api/profiling/traces"),
        *("/gradio_api/mcp/sse", "//", "/api", "/teacher/", "/healthz/", "", "*", "/.env"),
        *("/static/../app.py", "/static/a\x00b", "/static/" + "a" * 5000, "/static/" + "a/" * 50),
        *("/static/", "/static//etc/passwd", "/assets/.env", "/assets/a\\b", "/static/a\nb"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_everything_else_is_closed(path: str, method: str) -> None:
    server = Server()
    answer = server.ask(method, path)
    assert (answer.status, answer.error) == (404, "There is nothing at this address.")
    assert server.inside.scopes == []


@pytest.mark.parametrize(("path", "kept"), [("/", b""), ("/config", b""), ("/api/x", b"page=zz")])
def test_gradio_reads_no_query(path: str, kept: bytes) -> None:
    server = Server()
    server.ask(path=path, query=b"page=zz")
    assert server.inside.scopes[-1]["query_string"] == kept


def test_there_are_no_websockets() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/api/x", "headers": []}
    asyncio.run(Server().guard(scope, None, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]


# Bodies


def test_a_body_passes_whole() -> None:
    server = Server()
    parts = [b"a" * (BODY // 2), b"b" * (BODY // 2)]
    assert server.ask("POST", "/api/runs/1/stop", body=parts).status == 200
    assert server.inside.bodies == [b"".join(parts)]


@pytest.mark.parametrize("path", ["/api/runs/1/stop", "/api/own/drawing", RUN, "/healthz"])
@pytest.mark.parametrize("says", [{}, {"content-length": str(BODY + 1)}, {"content-length": "9e9"}])
def test_a_body_that_is_too_large(path: str, says: dict[str, str]) -> None:
    server = Server()
    answer = server.ask("POST", path, headers=says, body=[b"x" * 64_000] * 5)
    assert answer.status == 413
    limit = 64 if path == RUN else 256
    assert answer.error == f"The body is too large: at most {limit} KB are taken here."
    assert answer.headers["connection"] == "close"
    assert server.inside.scopes == []


def test_a_body_that_never_ends_is_not_read_to_its_end() -> None:
    read = 0

    def endless() -> Iterable[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"x" * 64_000

    class Lazy:
        def __iter__(self) -> Any:
            return iter(endless())

    server = Server()

    async def ask() -> None:
        parts = iter(Lazy())

        async def receive() -> Message:
            return {"type": "http.request", "body": next(parts), "more_body": True}

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            **{"type": "http", "method": "POST", "path": RUN, "query_string": b""},
            **{"scheme": "http", "client": None, "headers": [(b"host", b"localhost")]},
        }
        await server.guard(scope, receive, send)
        assert sent[0]["status"] == 413

    asyncio.run(ask())
    assert read == 2


def test_a_body_that_comes_too_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "BODY_SECONDS", 0.01)
    sent: list[Message] = []

    async def ask() -> None:
        async def receive() -> Message:
            await asyncio.sleep(60)
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            **{"type": "http", "method": "POST", "path": RUN, "query_string": b""},
            **{"scheme": "http", "client": None, "headers": [(b"host", b"localhost")]},
        }
        await Server().guard(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_who_is_gone_gets_no_answer() -> None:
    server = Server()
    assert server.ask("POST", RUN, body=[]).status == 0
    assert server.inside.scopes == []


@pytest.mark.parametrize("path", ["/api/own/table", "/api/own/picture", "/api/models"])
def test_uploads_are_left_to_their_routes(path: str) -> None:
    server = Server()
    parts = [b"x" * 1_000_000] * 2
    said = {"content-length": str(2_000_000)}
    assert server.ask("POST", path, headers=said, body=parts).status == 200
    assert server.inside.bodies == [b"".join(parts)]


def test_an_upload_that_its_route_forgets_to_count_is_broken_off() -> None:
    server = Server()
    server.ask("POST", "/api/own/table", body=[b"x" * 1_000_000] * 10)
    assert len(server.inside.bodies[0]) == 4_000_000


# Events


def test_an_event_passes_with_what_it_needs() -> None:
    server = Server()
    more = {"content-type": "text/plain", "transfer-encoding": "chunked"}
    assert server.event({**EVENT, "data": [1, 2, 3], "batched": True}, headers=more).status == 200
    assert json.loads(server.inside.bodies[0]) == EVENT
    seen = server.inside.seen
    assert seen["content-type"] == "application/json"
    assert int(seen["content-length"]) == len(server.inside.bodies[0])
    assert "transfer-encoding" not in seen


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"session_hash": ""}, 400),
        ({"fn_index": 99}, 404),
        ({"data": [1]}, 422),
        ({"data": [float("nan"), 1]}, 400),
        ({"data": "no"}, 422),
    ],
)
def test_an_event_that_gradio_would_fail_on(changes: dict[str, Any], status: int) -> None:
    server = Server()
    answer = server.event({**EVENT, **changes})
    assert answer.status == status
    assert answer.error.endswith(".")
    assert server.inside.scopes == []


def test_pages_of_an_address_are_limited() -> None:
    server = Server()
    server.guard._sessions = Sessions(clock=lambda: 0.0)
    statuses = [server.event({**EVENT, "session_hash": f"s{i}"}).status for i in range(400)]
    assert set(statuses) == {200}
    answer = server.event({**EVENT, "session_hash": "new"})
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    assert answer.error.startswith("Too many pages")
    assert server.ask(path=HEARTBEAT + "new").status == 429
    assert server.event({**EVENT, "session_hash": "s5"}).status == 200
    assert server.event({**EVENT, "session_hash": "new"}, client="8.8.8.8").status == 200


# Streams


def test_streams_are_limited_while_they_are_open() -> None:
    async def main() -> None:
        server = Server()
        server.inside.hold = asyncio.Event()
        held = [asyncio.create_task(server.asked(path=HEARTBEAT + "abc")) for _ in range(2)]
        while len(server.inside.scopes) < 2:
            await asyncio.sleep(0)
        third = await server.asked(path=HEARTBEAT + "abc")
        assert third.status == 429
        assert third.error == "This page already has 2 open streams."
        assert int(third.headers["retry-after"]) > 0
        server.inside.hold.set()
        assert [answer.status for answer in await asyncio.gather(*held)] == [200, 200]
        assert (await server.asked(path=HEARTBEAT + "abc")).status == 200

    asyncio.run(main())


def test_the_server_is_full_at_a_thousand_streams() -> None:
    async def main() -> None:
        server = Server()
        server.inside.hold = asyncio.Event()
        held = [
            asyncio.create_task(server.asked(path=f"{HEARTBEAT}s{i}", client=f"8.8.{i // 50}.1"))
            for i in range(1000)
        ]
        while len(server.inside.scopes) < 1000:
            await asyncio.sleep(0)
        full = await server.asked(path=HEARTBEAT + "more")
        assert full.status == 503
        assert int(full.headers["retry-after"]) > 0
        for task in held:  # as when all go away at once
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        server.inside.hold.set()
        assert (await server.asked(path=HEARTBEAT + "more")).status == 200

    asyncio.run(main())


@pytest.mark.parametrize("session", ["", "a b", "a/b", "a" * 65, "ä"])
def test_a_stream_needs_a_name(session: str) -> None:
    answer = Server().ask(path=HEARTBEAT + session)
    assert (answer.status, answer.error.partition(" ")[0]) == (400, "session_hash")


def test_a_closed_page_is_forgotten_some_time_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "FORGET_AFTER", 0)

    async def main() -> list[str]:
        forgotten: list[str] = []
        server = Server()
        server.guard._forget = forgotten.append
        await server.asked(path=HEARTBEAT + "closed")
        hold = server.inside.hold = asyncio.Event()
        stays = asyncio.create_task(server.asked(path=HEARTBEAT + "stays"))
        while len(server.inside.scopes) < 2:
            await asyncio.sleep(0)
        server.inside.hold = None
        await server.asked(path=HEARTBEAT + "stays")  # a second stream that ends
        await asyncio.sleep(0.01)
        assert forgotten == ["closed"]
        hold.set()
        await stays
        await asyncio.sleep(0.01)
        return forgotten

    assert asyncio.run(main()) == ["closed", "stays"]


def test_one_page_is_looked_after_once_however_often_it_opens_a_stream() -> None:
    async def main() -> None:
        server, timers = Server(), []
        loop = asyncio.get_running_loop()
        call_later = loop.call_later
        loop.call_later = lambda *call: timers.append(call)  # type: ignore[method-assign, assignment]
        for _ in range(20):
            await server.asked(path=HEARTBEAT + "abc")
            await server.asked("HEAD", HEARTBEAT + "abc")
        loop.call_later = call_later  # type: ignore[method-assign]
        assert len(timers) == 1
        now = 1000.0
        server.guard._sessions = Sessions(clock=lambda: now)
        _, look, session = timers[0]
        look(session)  # nobody has heard of it for long
        assert server.guard._leaving == set()
        await server.asked(path=HEARTBEAT + "abc")
        assert server.guard._leaving == {"abc"}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("client", "holder"), [("9.9.9.9", "9.9.9.9"), ("2606:4700::1", "2606:4700::/64")]
)
def test_what_comes_to_be_kept_is_known_by_its_address(client: str, holder: str) -> None:
    server, holders = Server(), []
    inside = server.guard._app

    async def keeping(scope: Scope, receive: Receive, send: Send) -> None:
        holders.append(await asyncio.to_thread(HOLDER.get))
        await inside(scope, receive, send)

    server.guard._app = keeping
    for path in ("/api/own/drawing", "/api/models", "/api/runs/some/keep"):
        assert server.ask("POST", path, client=client).status == 200
    assert holders == [holder] * 3


def test_a_page_that_lost_its_stream_and_goes_on_is_not_forgotten() -> None:
    now = 0.0

    async def main() -> None:
        nonlocal now
        forgotten: list[str] = []
        guard = Server().guard
        guard._forget = forgotten.append
        guard._sessions = Sessions(clock=lambda: now)
        guard._sessions.see("page", "1.2.3.4")
        now = 290
        guard._sessions.see("page", "1.2.3.4")  # an event
        now = 300
        guard._forget_closed("page")
        assert forgotten == []
        now = 590
        guard._forget_closed("page")  # as the loop would have called it
        assert forgotten == ["page"]

    asyncio.run(main())


# What every answer says


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"path": "/"}, 200),
        ({"path": "/nothing"}, 404),
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example", "path": "/"}, 403),
        ({"method": "POST", "headers": {"origin": "null"}}, 403),
        ({"method": "POST", "headers": {"content-length": "999999"}}, 413),
        ({"headers": {"origin": FRIEND}}, 200),
    ],
)
def test_headers_on_every_answer(asked: dict[str, Any], status: int) -> None:
    answer = Server(allow_origins=(FRIEND,)).ask(**asked)
    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; script-src 'self'")
    assert f"frame-ancestors 'self' {FRIEND}" in policy
    assert ("'unsafe-eval'" in policy) == (asked.get("path") == "/")


def test_only_the_page_is_written_anew() -> None:
    server = Server()
    assert server.ask(path="/api/x").body == b"<script>1</script>"
    page = server.ask(path="/")
    nonce = page.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
    assert page.body == f'<script nonce="{nonce}">1</script>'.encode()
    assert page.headers["x-own"] == "1"


@pytest.mark.parametrize(
    ("host", "isolated"),
    [("localhost:7860", True), ("127.0.0.1", True), ("[::1]:80", True), (HOST, False)],
)
@pytest.mark.parametrize("path", ["/", "/api/x"])
def test_a_page_is_isolated_where_browsers_heed_it(host: str, isolated: bool, path: str) -> None:
    answer = Server().ask(path=path, host=host)
    assert ("cross-origin-opener-policy" in answer.headers) is isolated


def test_a_page_by_https_is_isolated() -> None:
    answer = Server(behind_proxy=True).ask(headers={"x-forwarded-proto": "https"})
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
