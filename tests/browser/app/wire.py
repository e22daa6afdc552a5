"""A wire between page and app that can be cut: a small TCP proxy in threads of its own."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close is a reset, as when the network breaks


class Wire:
    """Passes bytes from a port of its own to that of an app.

    Parameters
    ----------
    app : str
        The app's address, ``http://127.0.0.1:PORT/``.

    Attributes
    ----------
    address : str
        What a page opens instead.
    """

    def __init__(self, app: str) -> None:
        self._target = int(urlsplit(app).port or 80)
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._port = 0
        self.mend()
        self.address = f"http://127.0.0.1:{self._port}/"

    def cut(self) -> None:
        """Break all connections and refuse new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
            ends = list(self._ends)
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits there
            listener.close()
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let connections through again, at the same address."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(128)
        self._port = int(listener.getsockname()[1])
        with self._lock:
            self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def lead_to(self, app: str) -> None:
        """Connect what comes from now on to another app."""
        self._target = int(urlsplit(app).port or 80)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:  # cut
                return
            threading.Thread(target=self._serve, args=(listener, near), daemon=True).start()

    def _serve(self, listener: socket.socket, near: socket.socket) -> None:
        with near, socket.socket() as far:
            try:
                far.connect(("127.0.0.1", self._target))
            except OSError:
                return  # no app there: the page's connection is closed at once
            with self._lock:
                if listener is not self._listener:
                    return
                self._ends |= {near, far}
            back = threading.Thread(target=_pass_on, args=(far, near), daemon=True)
            back.start()
            _pass_on(near, far)
            back.join()
            with self._lock:
                self._ends -= {near, far}


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    """Pass bytes on until one end is closed, then close the other."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
    for end in (source, to):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wired(app: str) -> Iterator[Wire]:
    """Give a wire to an app, and cut it in the end."""
    wire = Wire(app)
    try:
        yield wire
    finally:
        wire.cut()
