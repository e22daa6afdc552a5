"""Which names this server answers to, and which other sites may talk to it."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from functools import cache
from threading import Thread

# A name, an IPv4 address, or an IPv6 address in brackets; then perhaps a port.
HOST = re.compile(rb"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9_.-]{1,253}))(?::([0-9]{1,5}))?")
NAME = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
ORIGIN = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?")
MAX_KNOWN = 256


@cache
def _own_names() -> set[bytes]:
    """Return the names of this machine, to which its full name is added once it is known."""
    names: set[bytes] = set()

    def add(own: str) -> None:
        name = own.lower().encode("ascii", "ignore")
        first = name.partition(b".")[0]
        if first:
            names.update((name, first, first + b".local"))

    add(socket.gethostname())
    # This asks the network, which may take seconds where there is none.
    Thread(target=lambda: add(socket.getfqdn()), daemon=True).start()
    return names


class Hosts:
    """The names that a request may be addressed to.

    A page of another site can be served from a name that suddenly means this machine ("DNS
    rebinding"), and would then count as this site to the browser. Such an attack needs a name, so
    an address written in digits is always believed, and a name only if it is known to be ours.

    Parameters
    ----------
    names : iterable of str
        Beside ``localhost`` and this machine's own; ``*.school.example`` allows all below it.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        wanted = {name.lower().rstrip(".") for name in names} | {"localhost"}
        self._ends = tuple(name[1:].encode() for name in wanted if name.startswith("*."))
        self._names = {name.encode() for name in wanted if not name.startswith("*.")}
        self._own = _own_names()
        self._known: set[bytes] = set()  # allowed before, with their ports

    def allows(self, host: bytes) -> bool:
        """Tell whether a Host header, with or without a port, is one of ours."""
        if host in self._known:
            return True
        if not self._is_ours(host):
            return False
        if len(self._known) >= MAX_KNOWN:  # every port makes another one
            self._known.clear()
        self._known.add(host)
        return True

    def _is_ours(self, host: bytes) -> bool:
        parts = HOST.fullmatch(host)
        if parts is None or int(parts[3] or 0) > 65535:
            return False
        if parts[1] is not None:
            return _is_address(parts[1], ipaddress.IPv6Address)
        name = parts[2].lower().removesuffix(b".")
        ours = name in self._names or name in self._own or name.endswith(self._ends)
        return ours or _is_address(name, ipaddress.IPv4Address)


def _is_address(text: bytes, kind: Callable[[str], object]) -> bool:
    try:
        kind(text.decode())
    except ValueError:
        return False
    return True


def same_site(origin: bytes, host: bytes, port_may_lack: bool = False) -> bool:
    """Tell whether a page of an origin belongs to a host.

    The scheme is not compared: behind a proxy the server does not see it.

    Parameters
    ----------
    origin : bytes
        The Origin header: ``https://name:port``, or ``null``.
    host : bytes
        The Host header.
    port_may_lack : bool
        Some proxies leave the port out of the Host that they pass on.
    """
    scheme, _, where = origin.lower().partition(b"://")
    host = host.lower()
    if where == host:
        return scheme in (b"http", b"https")
    usual = {b"http": b":80", b"https": b":443"}.get(scheme)
    if usual is None:
        return False
    if where.removesuffix(usual) == host.removesuffix(usual):
        return True
    return port_may_lack and HOST.fullmatch(where) is not None and where.rpartition(b":")[0] == host


def client_of(forwarded: bytes) -> str | None:
    """Return who a proxy says it forwards a request for.

    Every proxy adds whom it sees at the end, and what stands before that may be invented. The last
    ones may be proxies of the same house, so the last public address counts, or else the last.

    Parameters
    ----------
    forwarded : bytes
        The X-Forwarded-For header.
    """
    last = None
    for part in reversed(forwarded.decode("latin-1").split(",")[-8:]):
        text = part.strip()
        bare = text[1:].partition("]")[0] if text.startswith("[") else text
        if bare.count(":") == 1:  # an IPv4 address with a port
            bare = bare.partition(":")[0]
        try:
            address = ipaddress.ip_address(bare)
        except ValueError:
            continue
        address = getattr(address, "ipv4_mapped", None) or address
        if address.is_global:
            return str(address)
        last = last or str(address)
    return last
