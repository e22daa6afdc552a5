"""A folder of small files, each under its content's name.

The web server writes them and worker processes read them, so the folder's name travels in the
environment. Equal content has an equal name, so keeping twice costs nothing and answers computed
for a name stay true for ever.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from typing_extensions import Self

from explainer.room import PART_PREFIX, StorageFull, is_own, make_room

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FOLDER_VARIABLE = "DIFFUSION_EXPLAINER_OWN"
FOLDER_PREFIX, LOCK_NAME = "diffusion-explainer-", "in-use"
CHUNK = 2**20  # bytes read at once

FULL = "This could not be kept: the server's disk is full or cannot be written."
_creating = Lock()
_keeping = Lock()  # one at a time: making room must not take what another thread is writing


def open_folder() -> Path:
    """Return the folder, made if need be, and tell child processes to come where it is.

    The folder is the one that the environment names; else a fresh temporary one, which is put
    into the environment and removed when this process ends. Those of servers that were killed,
    and could not remove theirs, are removed first.

    Returns
    -------
    Path
    """
    with _creating:
        named = os.environ.get(FOLDER_VARIABLE)
        if named:
            folder = Path(named)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return folder
        remove_abandoned()
        folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        claim(folder)
        os.environ[FOLDER_VARIABLE] = str(folder)
        atexit.register(_remove, folder, os.getpid())
        return folder


def _remove(folder: Path, maker: int) -> None:
    if os.getpid() == maker:  # a forked child inherits the wish but not the right
        shutil.rmtree(folder, ignore_errors=True)


def claim(folder: Path) -> None:
    """Hold a lock in a folder for as long as this process lives, however it ends.

    Where the system has no such locks nothing is done.
    """
    if fcntl is None:
        return
    lock = folder / LOCK_NAME
    draft = lock.with_suffix(".draft")
    with contextlib.suppress(OSError):  # a folder without a lock is merely never cleared away
        handle = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)  # closed by the process's end
        fcntl.flock(handle, fcntl.LOCK_EX)
        draft.rename(lock)  # under this name only once it is locked


def remove_abandoned() -> None:
    """Remove temporary folders that a server claimed which is no more."""
    if fcntl is None:
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):  # not there, not ours, or in use
            handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)


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
