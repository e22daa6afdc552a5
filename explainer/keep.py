"""Small files, each under its content's name.

The web server writes them and worker processes read them. Equal content has an equal name, so
keeping twice costs nothing and answers computed for a name stay true for ever.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from typing_extensions import Self

from explainer.folder import FOLDER_VARIABLE, open_folder
from explainer.room import PART_PREFIX, StorageFull, is_own, make_room

CHUNK = 2**20  # bytes read at once

FULL = "This could not be kept: the server's disk is full or cannot be written."
_keeping = Lock()  # one at a time: making room must not take what another thread is writing


def keep(kind: str, data: bytes) -> str:
    """Keep bytes of a kind.

    Parameters
    ----------
    kind : str
        One word; equal bytes of two kinds have two names.
    data : bytes

    Returns
    -------
    str
        The name, for :func:`load`.

    Raises
    ------
    StorageFull
        If the server cannot write, or everything that fills the quota is in use.
    """
    name = name_of(kind, data)
    path = _path(name)
    if path is not None and _is_whole(path):  # also on a full disk
        touch(name)
        return name
    with Draft(kind) as draft:
        draft.write(data)
        return draft.keep()


class Draft:
    """A file that is written bit by bit, in a ``with``, and kept whole or not at all.

    Parameters
    ----------
    kind : str
        As for :func:`keep`.
    """

    def __init__(self, kind: str) -> None:
        self._head = _head(kind)

    def __enter__(self) -> Self:
        with _on_this_disk():
            handle, path = tempfile.mkstemp(dir=open_folder(), prefix=PART_PREFIX)
            self._path = Path(path)
            try:
                self._file = os.fdopen(handle, "w+b")
            except OSError:
                self._path.unlink(missing_ok=True)
                raise
        self._checksum, self._size = hashlib.sha256(), 0
        try:
            self.write(self._head)
        except StorageFull:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Add bytes at the end.

        Raises
        ------
        StorageFull
            If the server cannot write.
        """
        with _on_this_disk():
            self._file.write(data)
        self._checksum.update(data)
        self._size += len(data)

    def start(self, size: int) -> bytes:
        """Return the first so many bytes, or all if there are fewer."""
        with _on_this_disk():
            self._file.seek(len(self._head))
            data = self._file.read(size)
            self._file.seek(0, os.SEEK_END)
        return data

    @property
    def name(self) -> str:
        """The name that what is written so far has, kept or not."""
        return _named(self._checksum)

    def keep(self) -> str:
        """Keep what was written, and return its name.

        Raises
        ------
        StorageFull
            If the server cannot write, or everything that fills the quota is in use.
        """
        path = self._path.with_name(self.name)
        with _on_this_disk(), _keeping:
            self._file.close()
            if not _is_whole(path):
                make_room(path.parent, path.name, self._size)
                self._path.replace(path)
            os.utime(path)
        return path.name


@contextlib.contextmanager
def _on_this_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(FULL) from error


def load(name: object, kinds: Collection[str], gone: str) -> tuple[str, bytes]:
    """Return the kind and the bytes of what was kept.

    Parameters
    ----------
    name : str
        From :func:`keep`. It is a checksum: what was cut short or changed is refused.
    kinds : collection of str
        What is looked for.
    gone : str
        The sentence to raise if it is not there.

    Returns
    -------
    kind : str
    data : bytes

    Raises
    ------
    ValueError
        With that sentence, if it is not here any more, or something else.
    """
    path = _path(name)
    if path is None:
        raise ValueError(gone)
    try:
        with path.open("rb", buffering=0) as file:  # what is buffered would be copied
            head = file.readline(CHUNK)
            kind = head.decode(errors="replace").removesuffix("\n")
            data = file.read() if head == _head(kind) and kind in kinds else None
    except OSError:
        raise ValueError(gone) from None
    if data is None or _name(head, data) != name:
        raise ValueError(gone)
    touch(path.name)
    return kind, data


def opened(name: object, kind: str, gone: str) -> tuple[BinaryIO, int]:
    """Open what was kept, for those who pass it on piece by piece.

    Parameters
    ----------
    name : str
        From :func:`keep`.
    kind : str
        What is looked for.
    gone : str
        The sentence to raise if it is not there.

    Returns
    -------
    file : binary file
        At the beginning of the bytes that were kept; to be closed by the caller. It stays readable
        if the file is removed meanwhile.
    size : int
        How many there are.

    Raises
    ------
    ValueError
        With that sentence, if it is not here any more, or something else, or changed.
    """
    path, head = _path(name), _head(kind)
    try:
        if path is None or not _is_whole(path):
            raise ValueError(gone)
        file = path.open("rb")
    except OSError:
        raise ValueError(gone) from None
    if file.read(len(head)) != head:
        file.close()
        raise ValueError(gone)
    touch(path.name)
    return file, os.fstat(file.fileno()).st_size - len(head)


def name_of(kind: str, data: bytes) -> str:
    """Return the name that bytes of a kind have, kept or not."""
    return _name(_head(kind), data)


def is_kept(name: object) -> bool:
    """Tell whether something of this name is here, without reading it."""
    path = _path(name)
    return path is not None and path.is_file()


def forget(name: object) -> None:
    """Remove what was kept under a name, if it is here."""
    path = _path(name)
    if path is not None:
        with contextlib.suppress(OSError):
            path.unlink()


def touch(name: str) -> None:
    """Count as a use what was answered from a cache, so that it is not taken for forgotten."""
    path = _path(name)
    if path is not None:
        with contextlib.suppress(OSError):
            os.utime(path)


def _path(name: object) -> Path | None:
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) / str(name) if folder and is_own(name) else None


def _head(kind: str) -> bytes:
    return kind.encode() + b"\n"


def _name(head: bytes, data: bytes) -> str:
    checksum = hashlib.sha256(head)
    checksum.update(data)
    return _named(checksum)


def _named(checksum: Any) -> str:
    return f"own-{checksum.hexdigest()[:16]}"


def _is_whole(path: Path) -> bool:
    """Tell whether a file is there and holds what its name says, without holding it in memory."""
    checksum = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                checksum.update(chunk)
    except FileNotFoundError:
        return False
    return path.name == _named(checksum)
