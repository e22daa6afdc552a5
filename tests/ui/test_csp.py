"""The policy, and the page that it is for: nonces, and compression that Gradio leaves out."""

from __future__ import annotations

import asyncio
import gzip
import re

import brotli
import pytest
from starlette.types import Message

from explainer.ui.csp import SHARED, Headers, PageSender, policy, with_nonces

PAGE = b"<!doctype html><script>a</script><SCRIPT>b</SCRIPT><script type=module src=x></script>"


def rules(**settings: object) -> dict[str, list[str]]:
    text = policy(**settings).decode()  # type: ignore[arg-type]
    return {
        name: sources.split(" ")
        for name, _, sources in (r.partition(" ") for r in text.split("; "))
    }


def test_the_page_runs_no_inline_script_without_a_nonce() -> None:
    assert rules(page=True)["script-src"] == ["'self'", "'nonce-NONCE'", "'unsafe-eval'"]


def test_everything_else_runs_no_inline_script_at_all() -> None:
    assert rules(page=False, shared=True, on_space=True)["script-src"] == ["'self'"]


@pytest.mark.parametrize("page", [True, False])
def test_nothing_comes_from_elsewhere(page: bool) -> None:
    found = rules(page=page)
    assert found["default-src"] == ["'self'"]
    assert found["object-src"] == ["'none'"]
    sources = {source for listed in found.values() for source in listed}
    assert sources <= {
        *("'self'", "'none'", "data:", "blob:"),
        *("'nonce-NONCE'", "'unsafe-eval'", "'unsafe-inline'"),
    }
    assert [name for name, listed in found.items() if "'unsafe-inline'" in listed] == ["style-src"]


def test_a_public_link_loads_from_gradios_storage() -> None:
    assert SHARED in rules(page=True, shared=True)["script-src"]
    assert SHARED not in policy(page=True).decode()


def test_who_may_show_it_in_a_frame() -> None:
    assert rules(page=True)["frame-ancestors"] == ["'self'"]
    assert rules(page=True, on_space=True)["frame-ancestors"] == [
        *("'self'", "https://huggingface.co", "https://*.hf.space")
    ]
    school = rules(page=True, frames=["https://school.example"])["frame-ancestors"]
    assert school == ["'self'", "https://school.example"]


def test_every_script_gets_the_nonce() -> None:
    body = with_nonces(b'<script>1</script><script src="x"></script><p>script</p>', "abc")
    assert body == (
        b'<script nonce="abc">1</script><script nonce="abc" src="x"></script><p>script</p>'
    )


def send(accepted: bytes, parts: list[bytes], headers: Headers) -> tuple[dict[bytes, bytes], bytes]:
    """Send a page in parts; return the headers that arrive, and the body."""
    arrived: list[Message] = []

    async def receive(message: Message) -> None:
        arrived.append(message)

    async def page() -> None:
        sender = PageSender(receive, policy(page=True), [(b"x-more", b"1")], accepted)
        await sender({"type": "http.response.start", "status": 200, "headers": headers})
        for part in parts[:-1]:
            await sender({"type": "http.response.body", "body": part, "more_body": True})
        await sender({"type": "http.response.body", "body": parts[-1]})

    asyncio.run(page())
    start, body = arrived
    assert start["status"] == 200
    names = [name for name, _ in start["headers"]]
    assert len(set(names)) == len(names)
    return dict(start["headers"]), body["body"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [(b"", None), (b"gzip, deflate, br, zstd", b"br"), (b"gzip, deflate", b"gzip"), (b"x", None)],
)
def test_the_page_is_sent_whole_with_a_nonce_that_fits(accepted: bytes, coding: bytes) -> None:
    parts = [PAGE[:17], PAGE[17:], b"<p>" + b" " * 10_000]  # "<scr" + "ipt"
    headers, body = send(accepted, parts, [(b"content-length", b"7"), (b"content-type", b"t")])
    assert int(headers[b"content-length"]) == len(body)
    assert headers.get(b"content-encoding") == coding
    assert headers[b"vary"] == b"Accept-Encoding"
    assert headers[b"content-type"] == b"t"
    assert headers[b"x-more"] == b"1"
    plain = {None: bytes, b"br": brotli.decompress, b"gzip": gzip.decompress}[coding](body)
    nonces = re.findall(rb'<script nonce="([\w-]{22})"', plain)
    assert len(nonces) == plain.count(b"<script") == 2
    assert len(set(nonces)) == 1
    assert b"'nonce-%s'" % nonces[0] in headers[b"content-security-policy"]
    assert plain == with_nonces(b"".join(parts), nonces[0].decode())


def test_every_load_has_another_nonce() -> None:
    loads = {send(b"", [PAGE], [])[0][b"content-security-policy"] for _ in range(20)}
    assert len(loads) == 20


def test_a_short_answer_is_not_compressed() -> None:
    headers, body = send(b"br", [b'{"error": "no"}'], [])
    assert b"content-encoding" not in headers
    assert body == b'{"error": "no"}'
