"""What the guard reads from a request's headers, and what it leaves of them."""

from __future__ import annotations

from starlette.types import Scope

from explainer.ui.hosts import Hosts, client_of

Pair = tuple[bytes, bytes]

READ = frozenset(
    {b"host", b"origin", b"sec-fetch-site", b"content-length", b"accept-encoding"}
    | {b"access-control-request-method"}
)
FORWARDED = frozenset(
    {b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-for", b"x-forwarded-prefix"}
)
# What proxies of all kinds say, and x-gradio-server, which Gradio builds addresses from.
DROPPED = (b"x-forwarded", b"x-original-", b"x-rewrite-", b"x-gradio-", b"x-client-")
DROPPED_NAMES = frozenset(
    {b"forwarded", b"x-real-ip", b"x-scheme", b"x-host", b"x-url-scheme"}
    | {b"true-client-ip", b"cf-connecting-ip"}
)


def read_head(scope: Scope, hosts: Hosts | None) -> tuple[Scope, dict[bytes, bytes]]:
    """Sort a request's headers.

    Parameters
    ----------
    scope : ASGI scope
    hosts : Hosts or None
        The names that a proxy may forward for; None where no proxy is believed. For then a client
        could choose where links point to, and whom a limit counts.

    Returns
    -------
    scope : ASGI scope
        A copy for all behind the guard, without what only a proxy may say.
    seen : dict of bytes to bytes
        The values of READ that were sent. Several hosts are one that is none.
    """
    kept: list[Pair] = []
    seen: dict[bytes, bytes] = {}
    forwarded: dict[bytes, bytes] = {}
    for pair in scope["headers"]:
        name, value = pair
        if name in READ:
            seen[name] = value if name not in seen else seen[name] + b", " + value
        elif name[:2] == b"x-" or name in DROPPED_NAMES:
            if name in FORWARDED:
                forwarded[name] = forwarded[name] + b"," + value if name in forwarded else value
            if name in DROPPED_NAMES or name.startswith(DROPPED):
                continue
        kept.append(pair)
    behind = {**scope, "headers": kept}
    if hosts is not None and forwarded:
        _believe(behind, seen, forwarded, hosts)
    return behind, seen


def _believe(
    scope: Scope, seen: dict[bytes, bytes], forwarded: dict[bytes, bytes], hosts: Hosts
) -> None:
    """Put into the scope what a proxy says of the request, as far as it makes sense."""
    client = client_of(forwarded.get(b"x-forwarded-for", b""))
    if client:
        scope["client"] = (client, 0)
    proto = forwarded.get(b"x-forwarded-proto", b"").partition(b",")[0].strip().lower()
    if proto in (b"http", b"https"):
        scope["scheme"] = proto.decode()
        forwarded[b"x-forwarded-proto"] = proto
    else:
        forwarded.pop(b"x-forwarded-proto", None)
    host = forwarded.pop(b"x-forwarded-host", b"").partition(b",")[0].strip()
    if host and hosts.allows(host):
        forwarded[b"x-forwarded-host"] = seen[b"x-forwarded-host"] = host
    scope["headers"] += forwarded.items()
