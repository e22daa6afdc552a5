"""The Content-Security-Policy: what the page may load and run, and from where.

What Gradio itself needs beyond ``'self'`` (6.31):

- inline scripts in its page: each gets a nonce, a new one for every load, so that no other
  inline script runs;
- ``'unsafe-eval'``: gr.HTML makes a function of every template and of ``js_on_load``;
- inline styles, in attributes too, which cannot have a nonce;
- with a public link its page loads from Gradio's storage, see SHARED;
- on a Hugging Face Space it asks huggingface.co about the Space, for a header with pictures.

Our own pictures, takeaways and the player need ``data:`` and ``blob:``.
"""

from __future__ import annotations

import gzip
import re
import secrets
from collections.abc import Iterable

import brotli
from starlette.types import Message, Send

SHARED = "https://gradio.s3-us-west-2.amazonaws.com"
HUB = "https://huggingface.co"
SPACES = (HUB, "https://*.hf.space")  # where a Space may be shown in a frame
NONCE = "NONCE"
LEAST_COMPRESSED = 500  # bytes

Headers = list[tuple[bytes, bytes]]


def policy(
    *, page: bool, shared: bool = False, on_space: bool = False, frames: Iterable[str] = ()
) -> bytes:
    """Return a policy as the value of its header.

    Parameters
    ----------
    page : bool
        For Gradio's page, whose scripts carry a nonce; NONCE stands where it goes. Otherwise for
        everything else, which needs no inline script.
    shared : bool
        Whether there is a public link.
    on_space : bool
        Whether it is served by a Hugging Face Space.
    frames : iterable of str
        Origins that may show the page in a frame, beside itself.

    Returns
    -------
    bytes
    """
    rules = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *([f"'nonce-{NONCE}'", "'unsafe-eval'"] if page else [])],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'", *(SPACES if on_space else ()), *frames],
    }
    if page and shared:
        for name in ("script-src", "style-src", "img-src", "connect-src", "font-src"):
            rules[name].append(SHARED)
    if page and on_space:
        for name in ("img-src", "connect-src"):
            rules[name] += [HUB, "https://*.huggingface.co"]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items()).encode()


def with_nonces(body: bytes, nonce: str) -> bytes:
    """Give a nonce to every script of Gradio's page.

    What is said in the page itself cannot get one: Gradio escapes each ``<`` in what it puts in.
    """
    return body.replace(b"<script", b'<script nonce="%s"' % nonce.encode())


def _compressed(body: bytes, accepted: bytes) -> tuple[bytes, bytes]:
    """Return the body in a coding that is accepted, quickly made, and the coding's name."""
    if len(body) < LEAST_COMPRESSED:
        return body, b""
    if re.search(rb"\bbr\b", accepted):
        return brotli.compress(body, quality=1), b"br"
    if b"gzip" in accepted:
        return gzip.compress(body, compresslevel=1, mtime=0), b"gzip"
    return body, b""


class PageSender:
    """Sends Gradio's page with nonces, and compressed, which Gradio leaves it uncompressed.

    Parameters
    ----------
    send : ASGI send
    template : bytes
        The policy, with NONCE in it.
    headers : list of pairs
        Sent with the page, beside the policy.
    accepted : bytes
        The Accept-Encoding header of the request.
    """

    def __init__(self, send: Send, template: bytes, headers: Headers, accepted: bytes) -> None:
        self._send, self._template, self._accepted = send, template, accepted
        self._headers = headers
        self._start: Message = {}
        self._body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Keep what is sent until it is whole, then send it."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body.append(message.get("body", b""))
        if message.get("more_body"):
            return
        nonce = secrets.token_urlsafe(16)
        body = with_nonces(b"".join(self._body), nonce)
        body, coding = _compressed(body, self._accepted)
        ours = (b"content-length", b"cache-control")
        headers = [pair for pair in self._start.get("headers", ()) if pair[0].lower() not in ours]
        headers += self._headers
        headers += [
            (b"content-security-policy", self._template.replace(NONCE.encode(), nonce.encode())),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-cache, private"),
            (b"vary", b"Accept-Encoding"),
        ]
        if coding:
            headers.append((b"content-encoding", coding))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
