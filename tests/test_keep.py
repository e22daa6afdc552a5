"""Files under their content's name: bounded, never half, and found by every process."""

from __future__ import annotations

import errno
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from explainer import keep, room
from explainer.folder import FOLDER_VARIABLE
from explainer.keep import FULL, forget, is_kept, load, name_of
from explainer.room import USED_UP, StorageFull, is_own
from tests.processes import in_another_process

GONE = "It is gone."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


def kept(seed: int = 0) -> str:
    return keep.keep("note", bytes([seed]) * 100)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def nothing_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "IN_USE", 0.0)


def test_what_was_kept_comes_back_under_the_name_of_its_content(folder: Path) -> None:
    name = keep.keep("note", b"a\nb")
    assert is_own(name)
    assert load(name, ["word", "note"], GONE) == ("note", b"a\nb")
    assert keep.keep("note", b"a\nb") == name == name_of("note", b"a\nb")
    assert keep.keep("word", b"a\nb") != name
    assert len(files(folder)) == 2


def test_another_kind_counts_as_gone() -> None:
    with pytest.raises(ValueError, match=f"^{GONE}$"):
        load(kept(), ["word"], GONE)


@pytest.mark.parametrize("content", [b"", b"note", b"\xff\xfe\n", b"no\nte"])
def test_what_somebody_else_put_there_counts_as_gone(folder: Path, content: bytes) -> None:
    name = kept()
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"^{GONE}$"):
        load(name, ["note"], GONE)


def test_it_is_there_until_it_is_forgotten(folder: Path) -> None:
    name = kept()
    assert is_kept(name)
    forget(name)
    assert not is_kept(name)
    assert files(folder) == set()
    forget(name)


@pytest.mark.parametrize("name", ["../secret", "own-../../secret", "", None, 7])
def test_no_name_leads_out_of_the_folder(folder: Path, name: object) -> None:
    kept()
    secret = folder.parent / "secret"
    secret.write_bytes(b"note\nhidden")
    forget(name)
    assert not is_kept(name)
    with pytest.raises(ValueError, match=GONE):
        load(name, ["note"], GONE)
    assert secret.exists()


def test_the_least_recently_used_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_KEPT", 3)
    names = [kept(seed) for seed in range(3)]
    for age, name in enumerate(reversed(names)):
        os.utime(folder / name, (1000 - age, 1000 - age))
    load(names[0], ["note"], GONE)  # used just now
    kept(2)  # kept again just now
    newest = kept(3)
    assert files(folder) == {names[0], names[2], newest}


@pytest.mark.usefixtures("nothing_in_use")
def test_all_files_together_stay_within_the_quota(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_BYTES", 3 * len(b"note\n" + bytes(100)))
    for seed in range(6):
        load(kept(seed), ["note"], GONE)
        assert len(files(folder)) == min(seed + 1, 3)
    monkeypatch.setattr(room, "MAX_BYTES", 10)
    with pytest.raises(StorageFull, match=f"^{USED_UP}$"):
        kept(9)
    assert not is_kept(name_of("note", bytes([9]) * 100)), "what is larger than all is not written"


def test_nobody_pushes_out_what_others_are_at_work_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_KEPT", 3)
    names = {kept(seed) for seed in range(3)}
    with pytest.raises(StorageFull, match=f"^{USED_UP}$"):
        kept(3)
    assert files(folder) == names
    idle = sorted(names)[0]
    past = time.time() - room.IN_USE - 1
    os.utime(folder / idle, (past, past))
    newest = kept(3)
    assert files(folder) == names - {idle} | {newest}


def test_a_time_to_come_counts_as_long_ago(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_KEPT", 1)
    ahead = time.time() + 1e6  # the clock was set back
    os.utime(folder / kept(0), (ahead, ahead))
    newest = kept(1)
    assert files(folder) == {newest}


def test_a_small_disk_is_never_filled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(total=500))
    names = {kept(0), kept(1)}  # 105 bytes each, of 250
    with pytest.raises(StorageFull, match=f"^{USED_UP}$"):
        kept(2)
    assert files(folder) == names


def test_what_a_killed_server_was_writing_is_cleared_away(folder: Path) -> None:
    kept(0)
    old, new, other = folder / "own-part-1", folder / "own-part-2", folder / "part-of-something"
    for path in (old, new, other):
        path.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    os.utime(other, (1000, 1000))
    kept(1)
    assert files(folder) >= {new.name, other.name}
    assert old.name not in files(folder)


@pytest.mark.usefixtures("nothing_in_use")
def test_many_threads_keep_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_KEPT", 5)
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda seed: kept(seed % 12), range(48)))
    assert len(set(names)) == 12
    assert len(files(folder)) == 5
    assert all(is_own(name) for name in files(folder)), "no part of a file is left"


@pytest.mark.parametrize(
    ("owner", "step"),
    [(Path, "replace"), (os, "fdopen"), (keep.tempfile, "mkstemp"), (Path, "mkdir")],
)
def test_a_full_disk_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = kept(1)
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, full)
        with pytest.raises(StorageFull, match=f"^{FULL}$"):
            kept()
    assert files(folder) == {before}, "nothing half is left behind, and nothing is taken"
    assert load(kept(), ["note"], GONE)[1] == bytes(100), "it goes on as soon as there is room"


LIMITED = """
import resource, signal
from explainer import keep
from explainer.folder import LOCK_NAME, open_folder
folder = open_folder()
small = keep.keep("note", bytes(1000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    keep.keep("note", bytes(3_000_000))
except keep.StorageFull as error:
    print(error)
assert keep.load(small, ["note"], "")[1] == bytes(1000)
assert sorted(path.name for path in folder.iterdir()) == sorted([small, LOCK_NAME])
"""


def test_what_the_system_cuts_off_leaves_nothing_behind() -> None:
    done = in_another_process(LIMITED)
    assert done.stdout == f"{FULL}\n", done.stderr
