"""How many pages an address may open, and how many streams may stay open."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from explainer.ui.text import guard as text

BURST = 400  # pages: several classes behind one address
PER_SECOND = 10.0
MAX_ADDRESSES = 10_000
MAX_SESSIONS = 20_000
STREAMS_OF_ONE = 2
STREAMS_OF_ADDRESS = 500
STREAMS_IN_ALL = 1000
RETRY = 60  # seconds, for a stream


class TooMany(Exception):
    """One sentence, and when to try again.

    Attributes
    ----------
    status : int
        429 if it is one visitor's doing, 503 if the server is full.
    seconds : int
    """

    def __init__(self, status: int, sentence: str, seconds: int) -> None:
        super().__init__(sentence)
        self.status, self.seconds = status, seconds


def household(address: str) -> str:
    """Take all IPv6 addresses of a network for one: everybody has 2**64 of them."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped:  # as a server that listens on both writes an IPv4 address
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class Sessions:
    """Lets an address open many pages at once, and then some every second.

    Gradio keeps something for each page, under a name that the page chooses itself.

    Parameters
    ----------
    clock : callable
        Seconds that never go backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, float] = OrderedDict()  # and when it was last heard of
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # pages left, and when

    def see(self, session: str, address: str) -> None:
        """Take note of a page.

        Raises
        ------
        TooMany
            If it is new, and its address has opened too many.
        """
        now = self._clock()
        if session in self._known:
            self._known[session] = now
            self._known.move_to_end(session)
            return
        address = household(address)
        left, when = self._left.pop(address, (float(BURST), now))
        left = min(BURST, left + (now - when) * PER_SECOND)
        self._left[address] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MAX_ADDRESSES:
            self._left.popitem(last=False)
        if left < 1:
            raise TooMany(429, text.SESSIONS, 1)
        self._known[session] = now
        if len(self._known) > MAX_SESSIONS:
            self._known.popitem(last=False)

    def quiet(self, session: str) -> float:
        """Return the seconds since a page was last heard of; infinity for one that is not known."""
        return self._clock() - self._known.get(session, -math.inf)


class Streams:
    """Counts the streams that are open: of a page, of an address, and in all."""

    def __init__(self) -> None:
        self._pages: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()
        self._all = 0

    def enter(self, session: str, address: str) -> None:
        """Count one more.

        Raises
        ------
        TooMany
            If that is more than may be open; it is not counted then.
        """
        address = household(address)
        if self._all >= STREAMS_IN_ALL:
            raise TooMany(503, text.STREAMS_IN_ALL.format(most=STREAMS_IN_ALL), RETRY)
        if self._pages[session] >= STREAMS_OF_ONE:
            raise TooMany(429, text.STREAMS.format(most=STREAMS_OF_ONE), RETRY)
        if self._addresses[address] >= STREAMS_OF_ADDRESS:
            raise TooMany(429, text.STREAMS_HERE.format(most=STREAMS_OF_ADDRESS), RETRY)
        self._all += 1
        self._pages[session] += 1
        self._addresses[address] += 1

    def open(self, session: str) -> int:
        """Return how many a page has."""
        return self._pages[session]

    def leave(self, session: str, address: str) -> None:
        """Count one less."""
        self._all -= 1
        for counter, key in ((self._pages, session), (self._addresses, household(address))):
            counter[key] -= 1
            if counter[key] <= 0:
                del counter[key]
