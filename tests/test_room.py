"""Whose files may take how much room, through what keeps them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from explainer import room
from explainer.folder import FOLDER_VARIABLE
from explainer.keep import Draft, forget, is_kept, keep
from explainer.room import HOLDER, SHARE_USED_UP, USED_UP, StorageFull, room_in

SIZE = 100  # of each file's content; its kind is a line more


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(room, "MAX_KEPT", 8)  # six of them for one
    return tmp_path


@contextmanager
def of(holder: str) -> Iterator[None]:
    """Let what is kept be on somebody's behalf."""
    token = HOLDER.set(holder)
    try:
        yield
    finally:
        HOLDER.reset(token)


def kept(seed: int) -> str:
    return keep("note", bytes([seed]) * SIZE)


def rest(folder: Path, name: str, seconds: float) -> None:
    """Let a file be last used so long ago."""
    past = time.time() - seconds
    os.utime(folder / name, (past, past))


def test_nobody_takes_the_room_of_all() -> None:
    with of("1.1.1.1"):
        greedy = [kept(seed) for seed in range(6)]
        with pytest.raises(StorageFull, match=f"^{SHARE_USED_UP}$"):
            kept(6)
        assert kept(3) == greedy[3], "what is there already takes no more room"
    with of("2.2.2.2"):
        other = [kept(seed) for seed in range(10, 12)]
        with pytest.raises(StorageFull, match=f"^{USED_UP}$"):
            kept(12)
    assert all(map(is_kept, [*greedy, *other]))


def test_bytes_count_as_files_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_BYTES", 4 * len(b"note\n" + bytes(SIZE)))
    assert room_in(folder) == 420
    with of("1.1.1.1"):
        for seed in range(3):
            kept(seed)
        with pytest.raises(StorageFull, match=f"^{SHARE_USED_UP}$"):
            kept(3)
    with of("2.2.2.2"):
        kept(10)


def test_ones_own_new_files_push_out_what_one_left(folder: Path) -> None:
    with of("2.2.2.2"):
        other = kept(10)
        rest(folder, other, room.OWN_IN_USE + 1)
    with of("1.1.1.1"):
        names = [kept(seed) for seed in range(6)]
        rest(folder, names[4], room.OWN_IN_USE + 1)
        rest(folder, names[2], room.OWN_IN_USE + 9)
        newest = kept(6)
    assert not is_kept(names[2])
    assert all(map(is_kept, [*names[:2], *names[3:], newest, other]))


def test_room_that_was_given_back_can_be_used_again() -> None:
    with of("1.1.1.1"):
        for seed in range(60):
            forget(kept(seed))
        with Draft("note") as draft:
            draft.write(bytes(SIZE))  # and is not kept after all
        assert all(is_kept(kept(seed)) for seed in range(6))


def test_where_nobody_is_told_apart_all_room_is_there() -> None:
    names = [kept(seed) for seed in range(8)]
    assert all(map(is_kept, names))
    with pytest.raises(StorageFull, match=f"^{USED_UP}$"):
        kept(8)
