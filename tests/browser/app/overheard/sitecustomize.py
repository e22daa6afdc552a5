"""Loaded by every Python process whose path has this folder: writes down whom it calls.

The process's own machine is no one; a name that is looked up counts as a call.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

LIST = os.environ.get("OVERHEARD")


def _is_here(host: object) -> bool:
    if host in (None, "", b"", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _overhear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _is_here(host):
        with Path(str(LIST)).open("a", encoding="utf-8") as file:
            file.write(f"{event} {host}\n")


if LIST:
    sys.addaudithook(_overhear)
