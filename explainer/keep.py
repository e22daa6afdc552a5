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
import re
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from threading import Lock

FOLDER_VARIABLE = "DIFFUSION_EXPLAINER_OWN"
OWN_PATTERN = r"own-[0-9a-f]{16}"
MAX_KEPT = 2000  # files; the least recently used go first
MAX_BYTES = 2_000_000_000  # of all files together: two of the largest models for each of thirty

_creating = Lock()
_keeping = Lock()  # one at a time: making room must not take what another thread is writing


def is_own(name: object) -> bool:
    """Tell whether a name is one that this module gives."""
    return isinstance(name, str) and re.fullmatch(OWN_PATTERN, name) is not None


def open_folder() -> Path:
    """Return the folder, made if need be, and tell child processes to come where it is.

    The folder is the one that the environment names; else a fresh temporary one, which is put
    into the environment and removed when this process ends.

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
        folder = Path(tempfile.mkdtemp(prefix="diffusion-explainer-"))
        os.environ[FOLDER_VARIABLE] = str(folder)
        atexit.register(_remove, folder, os.getpid())
        return folder


def _remove(folder: Path, maker: int) -> None:
    if os.getpid() == maker:  # a forked child inherits the wish but not the right
        shutil.rmtree(folder, ignore_errors=True)


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
    ValueError
        If the server cannot write.
    """
    content = _content(kind, data)
    name = _name(content)
    try:
        with _keeping:
            folder = open_folder()
            path = folder / name
            if path.is_file() and path.read_bytes() == content:
                os.utime(path)
                return name
            _write(folder, path, content)
            _make_room(folder, newest=path)
    except OSError as error:
        raise ValueError(
            "This could not be kept: the server's disk is full or cannot be written."
        ) from error
    return name


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
        content = path.read_bytes()
    except OSError:
        raise ValueError(gone) from None
    kind = content[: content.find(b"\n") + 1].decode(errors="replace").rstrip("\n")
    if _name(content) != name or kind not in kinds:
        raise ValueError(gone)
    touch(path.name)
    return kind, content[len(kind) + 1 :]


def name_of(kind: str, data: bytes) -> str:
    """Return the name that bytes of a kind have, kept or not."""
    return _name(_content(kind, data))


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


def _content(kind: str, data: bytes) -> bytes:
    return kind.encode() + b"\n" + data


def _name(content: bytes) -> str:
    return f"own-{hashlib.sha256(content).hexdigest()[:16]}"


def _write(folder: Path, path: Path, content: bytes) -> None:
    """Write all or nothing: a reader never sees half a file."""
    handle, temporary = tempfile.mkstemp(dir=folder, prefix="part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _make_room(folder: Path, newest: Path) -> None:
    """Remove what was least recently used, until number and bytes are within bounds."""
    found = []
    for entry in folder.iterdir():
        if not is_own(entry.name):  # the folder may be somebody's, with other things in it
            continue
        with contextlib.suppress(FileNotFoundError):  # another server makes room too
            facts = entry.stat()
            found.append((facts.st_mtime_ns, facts.st_size, entry))
    found.sort(key=lambda item: item[0])
    count, total = len(found), sum(size for _, size, _ in found)
    for _, size, entry in found:
        if count <= MAX_KEPT and total <= MAX_BYTES:
            return
        if entry != newest:
            entry.unlink(missing_ok=True)
            count, total = count - 1, total - size
