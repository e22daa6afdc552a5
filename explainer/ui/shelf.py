"""Scripts and styles, Gradio's and ours: read and compressed once, then served from memory.

Opening the page asks for a hundred small files. From memory one costs a tenth of what it costs to
look for its route, read it and compress it anew, and a class opens the page in the same minute.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from threading import Lock

import brotli
from gradio.routes import BUILD_PATH_LIB
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from explainer.ui.player.component import STATIC_DIR as PLAYER_DIR

STATIC_DIR = Path(__file__).parent / "static"
FOREVER = b"public, max-age=31536000, immutable"  # the name changes with the content
ASK_AGAIN = b"no-cache"  # modules import each other without a version: they must never mix
A_DAY = b"public, max-age=86400"
TEXT = (".js", ".css", ".svg", ".json", ".html", ".map")  # worth compressing
# Not by the system's own list, which some systems have wrong.
MEDIA = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
LEVEL = {b"br": 5, b"gzip": 6}

Headers = list[tuple[bytes, bytes]]


@dataclass(eq=False)
class File:
    """A file on the shelf, in each coding that somebody has asked for.

    Attributes
    ----------
    path : Path
    caching : bytes
        What browsers are told with it.
    """

    path: Path
    caching: bytes
    ready: dict[bytes, tuple[Headers, bytes]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def coding(self, accepted: bytes) -> bytes:
        """Choose how to send it: ``br``, ``gzip``, or as it is, ``identity``."""
        if self.path.suffix in TEXT:
            for name in LEVEL:  # brotli is offered by browsers on https and localhost alone
                if name in accepted:
                    return name
        return b"identity"

    def prepare(self, coding: bytes) -> None:
        """Read and compress it, once however many ask."""
        with self.lock:
            if coding in self.ready:
                return
            body = self.path.read_bytes()
            tag = hashlib.sha256(body).hexdigest()[:16]
            media = MEDIA.get(self.path.suffix) or mimetypes.guess_type(self.path.name)[0]
            headers = [
                (b"content-type", (media or "application/octet-stream").encode()),
                (b"cache-control", self.caching),
                (b"vary", b"Accept-Encoding"),
            ]
            if coding == b"br":
                body = brotli.compress(body, quality=LEVEL[coding])
            elif coding == b"gzip":
                body = gzip.compress(body, compresslevel=LEVEL[coding], mtime=0)
            if coding != b"identity":
                headers.append((b"content-encoding", coding))
                tag += f"-{coding.decode()}"
            headers.append((b"etag", f'"{tag}"'.encode()))
            self.ready[coding] = headers, body


def _folder(
    prefix: str, folder: Path, caching: bytes, suffixes: Iterable[str] = ()
) -> dict[str, File]:
    wanted = set(suffixes)
    return {
        prefix + path.relative_to(folder).as_posix(): File(path, caching)
        for path in folder.rglob("*")
        if path.is_file() and (not wanted or path.suffix in wanted)
    }


def page_files() -> dict[str, File]:
    """List every script and style of the page by its address: Gradio's, ours, and plotly.js.

    Returns
    -------
    dict of str to File
    """
    plotly = Path(str(files("plotly").joinpath("package_data/plotly.min.js")))
    return {
        **_folder("/assets/", Path(BUILD_PATH_LIB), FOREVER),
        **_folder("/static/player/", PLAYER_DIR, ASK_AGAIN, (".js", ".css")),
        **_folder("/static/page/", STATIC_DIR, ASK_AGAIN, (".js", ".css")),
        "/static/plotly.js": File(plotly, A_DAY),  # of the installed plotly
    }


class Shelf:
    """An ASGI application that serves files from memory and passes on everything else.

    Only what is listed can be asked for, so no path leads anywhere else.

    Parameters
    ----------
    app : ASGI application
        For all other requests.
    shelves : dict of str to File
        By address.
    """

    def __init__(self, app: ASGIApp, shelves: dict[str, File]) -> None:
        self._app, self._shelves = app, shelves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        file = self._shelves.get(scope["path"]) if scope["type"] == "http" else None
        if file is None or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        accepted = known = b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":
                known = value
        coding = file.coding(accepted)
        if coding not in file.ready:
            await run_in_threadpool(file.prepare, coding)
        headers, body = file.ready[coding]
        status = 304 if known and headers[-1][1] in known else 200
        if status == 304:
            headers, body = [pair for pair in headers if pair[0] != b"content-encoding"], b""
        else:
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": body})
