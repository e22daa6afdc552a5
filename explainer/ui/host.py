"""Where the app is served: a port and a host that are checked before anything is loaded."""

from __future__ import annotations

import argparse
import errno
import os
import socket

from explainer.ui.text import en


def port(text: str) -> int:
    """Read a port number, for argparse.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is not a whole number between 1 and 65535.
    """
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 65535:
        raise argparse.ArgumentTypeError(en.BAD_PORT)
    return int(text)


def problem(host: str, number: int) -> str | None:
    """Return one sentence if the address cannot be served, or None.

    Parameters
    ----------
    host : str
        A name or an address; an IPv6 address may stand in brackets.
    number : int
        The port.
    """
    bare = host.strip("[]")
    try:
        with socket.socket(socket.AF_INET6 if ":" in bare else socket.AF_INET) as probe:
            if os.name != "nt":  # on Windows this would let two programs share the port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((bare, number))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return en.PORT_TAKEN.format(host=host, port=number)
        return en.CANNOT_SERVE.format(host=host, port=number, why=error.strerror or str(error))
    return None


def in_brackets(host: str) -> str:
    """Write an IPv6 address as the server and addresses want it; others stay as they are."""
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare
