"""Pupils without a screen: each asks the server for what a page would, when it would."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from benchmarks.recording import EVENT, Recording
from explainer.frames import decode
from explainer.settings import DATASET_NAMES

CONNECTIONS = 6  # that a browser opens to one server
FIRST, EVERY = 0.04, 0.18  # seconds between two questions, see static/feed.js
ADDRESS = re.compile(r'"(api/(?!strip)[^"]+)"')  # the picture to take home waits for a click
LIVE = ("queued", "running", "paused")
PATIENCE = 60.0  # seconds that a page waits for an answer
NONE = "no answer"


@dataclass
class Measured:
    """What all pupils together have seen; times are in seconds.

    Attributes
    ----------
    times : dict of str to list of float
        By what was waited for.
    statuses : Counter
        Of all answers.
    wrong : list of str
        What was no answer, or a refusal.
    """

    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """All answers, and what was none."""
        return sum(self.statuses.values()) + sum(one.startswith(NONE) for one in self.wrong)


@dataclass
class Trained:
    """One run, as its pupil saw it; moments are of the clock that all share.

    Attributes
    ----------
    pressed, began, ended : float
        When Start was pressed, when the run left the queue, and when it was over.
    positions : list of int
        Places in the queue, in the order in which they were told.
    status : str
        How it ended.
    """

    pressed: float
    began: float = 0.0
    ended: float = 0.0
    positions: list[int] = field(default_factory=list)
    status: str = ""


class Pupil:
    """One page.

    Parameters
    ----------
    number : int
        Of this pupil; it draws from it what it chooses.
    session : aiohttp.ClientSession
        Of its own, as a browser has.
    recording : Recording
    measured : Measured
        Shared by all.
    """

    def __init__(
        self, number: int, session: aiohttp.ClientSession, recording: Recording, measured: Measured
    ) -> None:
        self._session, self._recording, self._measured = session, recording, measured
        self._random = Random(number)
        self._visitor = f"{secrets.randbelow(2**32)}-{secrets.randbelow(2**32)}"
        self._hash = ""
        self._heartbeat: asyncio.Task[None] | None = None
        self._tags: dict[str, str] = {}  # what the browser's cache knows
        self._forever: set[str] = set()
        self.number = number
        self.dataset, self.T = "s_curve", 100

    async def open(self) -> None:
        """Open the page, or reload it: its scripts, its first picture, and a heartbeat."""
        await self.close()
        self._hash = secrets.token_hex(5)
        begun = time.perf_counter()
        page, *rest = self._recording.opening
        await self._fetch(page)
        self._heartbeat = asyncio.create_task(self._beat())
        await asyncio.gather(*map(self._fetch, rest))
        self._measured.times["page"].append(time.perf_counter() - begun)

    async def close(self) -> None:
        """Close the page; what was running goes on."""
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            await asyncio.gather(self._heartbeat, return_exceptions=True)

    async def change(self) -> None:
        """Choose other data or another T, and wait for the picture and all beside it."""
        begun = time.perf_counter()
        if self._random.random() < 0.5:
            self.dataset = self._random.choice(DATASET_NAMES)
            body = self._recording.choose
        else:
            self.T = 10 * self._random.randint(5, 30)
            body = self._recording.slide
        data = [self.dataset, body["data"][1], self.T, *body["data"][3:]]
        answer = await self._event({**body, "data": data})

        async def fetch(address: str) -> None:
            await self._fetch(f"/{address}")
            if address.startswith("api/forward?"):
                self._measured.times["picture after it"].append(time.perf_counter() - begun)

        await asyncio.gather(*map(fetch, ADDRESS.findall(answer)))
        self._measured.times["all after it"].append(time.perf_counter() - begun)

    async def look_at_training(self) -> None:
        """Open the tab "Train live"."""
        await asyncio.gather(*map(self._fetch, self._recording.training))

    async def train(self) -> Trained:
        """Press Start and follow the run to its end."""
        body = self._recording.start
        detail = {**body["event_data"], "visitor": self._visitor}
        trained = Trained(time.perf_counter())
        data = [*body["data"][:-1], self.number]  # the seed
        answer = await self._event({**body, "data": data, "event_data": detail})
        found = re.search(r'"run":"([^"]+)"', answer)
        if found is None:
            self._measured.wrong.append("no run was started")
            return trained
        since, seen, heard = 0, False, trained.pressed
        while trained.status in ("", *LIVE):
            content = await self._get(f"/api/runs/{found[1]}?since={since}", "snapshot")
            if content is None:
                if time.perf_counter() - heard > PATIENCE:
                    self._measured.wrong.append("a run was not found again")
                    return trained
                await asyncio.sleep(2)
                continue
            header, arrays = decode(content)
            since, trained.status = header["seq"], header["status"]
            heard = time.perf_counter()
            if trained.status == "queued":
                trained.positions.append(header["queue_position"])
            elif not trained.began:
                trained.began = heard
            if arrays and not seen:
                seen = True
                self._measured.times["first picture"].append(heard - trained.pressed)
            await asyncio.sleep(max(header.get("again", 0.0), EVERY if seen else FIRST))
        trained.ended = time.perf_counter()
        self._measured.times["trained"].append(trained.ended - trained.pressed)
        if trained.status != "done":
            self._measured.wrong.append(f"a run ended as {trained.status}: {header['error']}")
        return trained

    async def _event(self, body: dict[str, Any]) -> str:
        begun = time.perf_counter()
        content = await self._ask("POST", EVENT, json={**body, "session_hash": self._hash})
        self._measured.times["event"].append(time.perf_counter() - begun)
        answer = (content or b"").decode()
        if '{"error":' in answer:
            self._measured.wrong.append(answer[:200])
        return answer

    async def _get(self, path: str, what: str) -> bytes | None:
        begun = time.perf_counter()
        content = await self._ask("GET", path)
        self._measured.times[what].append(time.perf_counter() - begun)
        return content

    async def _fetch(self, path: str) -> None:
        """Fetch a file as a browser does that may have it already."""
        if path in self._forever:
            return
        tag = self._tags.get(path)
        await self._ask("GET", path, headers={"If-None-Match": tag} if tag else None)

    async def _ask(self, method: str, path: str, **more: Any) -> bytes | None:
        try:
            try:
                response, content = await self._answer(method, path, **more)
            except aiohttp.ServerDisconnectedError:
                # An idle connection was closed just when it was to be used: browsers ask anew.
                response, content = await self._answer(method, path, **more)
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            kind = path.split("/")[1].split("?")[0]
            self._measured.wrong.append(f"{NONE}: {type(error).__name__}, {method} /{kind}")
            return None
        self._measured.statuses[response.status] += 1
        if response.status >= 400:
            self._measured.wrong.append(f"{response.status} {path[:40]} {content[:120]!r}")
            return None
        if "ETag" in response.headers:
            self._tags[path] = response.headers["ETag"]
        if "immutable" in response.headers.get("Cache-Control", ""):
            self._forever.add(path)
        return content

    async def _answer(
        self, method: str, path: str, **more: Any
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self._session.request(method, path, **more) as response:
            return response, await response.read()

    async def _beat(self) -> None:
        """Keep Gradio's heartbeat open, as the page does."""
        endless = aiohttp.ClientTimeout(total=None)
        try:
            path = f"/gradio_api/heartbeat/{self._hash}"
            async with self._session.get(path, timeout=endless) as response:
                async for _ in response.content:
                    pass
        except aiohttp.ClientError:
            self._measured.wrong.append("the heartbeat broke off")


@asynccontextmanager
async def pupil(
    number: int, address: str, recording: Recording, measured: Measured
) -> AsyncIterator[Pupil]:
    """Make a pupil with a browser of its own, closed at the end."""
    async with aiohttp.ClientSession(
        address,
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=PATIENCE),
        headers={"Accept-Encoding": "gzip, deflate"},
    ) as session:
        one = Pupil(number, session, recording, measured)
        try:
            yield one
        finally:
            await one.close()
