"""Who may see the teacher's view: whoever has the token, and nobody by trying."""

from __future__ import annotations

import hmac
import math
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from explainer.ui.bodies import VISITOR, refusal
from explainer.ui.text import teacher as text

WINDOW = 60.0  # seconds
WRONG_FROM_ONE = 10  # wrong tokens that an address may try in a window
WRONG_FROM_ALL = 100  # and all addresses together: somebody may have many
MAX_PAGES = 64
PAGE = "teacher-page"  # the header in which a page says a name that only it knows

Handler = Callable[[Request], Awaitable[Response]]


class Door:
    """Lets in requests that bring the token; slows down whoever guesses it.

    A whole class often has one address. So that no pupil can lock the teacher out by guessing, a
    page that was let in before is not held up.

    Parameters
    ----------
    token : str
    clock : callable
        Seconds that never go backwards.
    """

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token.encode()
        self._clock = clock
        self._wrong: deque[tuple[float, str]] = deque()  # when and from where; bounded by refusing
        self._pages: OrderedDict[str, None] = OrderedDict()

    def refusal(self, address: str, authorization: str, page: str = "") -> Response | None:
        """Return why a request may not come in, or None.

        Parameters
        ----------
        address : str
            Where it comes from.
        authorization : str
            Its header: ``Bearer`` and the token, its UTF-8 bytes read as Latin-1.
        page : str
            The page's own name.
        """
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer" or not given:
            return refusal(401, text.NEEDED, {"WWW-Authenticate": "Bearer"})
        seconds = 0 if page in self._pages else self._wait(address)
        if seconds:
            sentence = text.TOO_OFTEN.format(seconds=seconds)
            return refusal(429, sentence, {"Retry-After": str(seconds)})
        if hmac.compare_digest(given.strip().encode("latin-1", "replace"), self._token):
            self._remember(page)
            return None
        self._pages.pop(page, None)
        self._wrong.append((self._clock(), address))
        return refusal(401, text.WRONG, {"WWW-Authenticate": "Bearer"})

    def guard(self, route: Route) -> Route:
        """Return a route that asks for the token before it does anything."""
        handle: Handler = route.endpoint

        async def asked(request: Request) -> Response:
            address = request.client.host if request.client else ""
            headers = request.headers
            refused = self.refusal(address, headers.get("authorization", ""), headers.get(PAGE, ""))
            return refused or await handle(request)

        return Route(route.path, asked, methods=list(route.methods or ()))

    def _wait(self, address: str) -> int:
        """Return the seconds until another token may be tried from there; 0 is now."""
        now = self._clock()
        while self._wrong and self._wrong[0][0] <= now - WINDOW:
            self._wrong.popleft()
        times = [when for when, where in self._wrong if where == address]
        waits = [
            counted[-most] + WINDOW - now
            for counted, most in (
                (times, WRONG_FROM_ONE),
                ([when for when, _ in self._wrong], WRONG_FROM_ALL),
            )
            if len(counted) >= most
        ]
        return math.ceil(max(waits, default=0))

    def _remember(self, page: str) -> None:
        if VISITOR.fullmatch(page):
            self._pages[page] = None
            self._pages.move_to_end(page)
            while len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
