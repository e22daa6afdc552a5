"""Files under their content's name: bounded, never half, and found by every process."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from explainer import keep
from explainer.keep import forget, is_kept, is_own, load, name_of

ROOT = Path(__file__).parent.parent
GONE = "It is gone."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    monkeypatch.setenv(keep.FOLDER_VARIABLE, str(folder))
    return folder


def kept(seed: int = 0) -> str:
    return keep.keep("note", bytes([seed]) * 100)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


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
    monkeypatch.setattr(keep, "MAX_KEPT", 3)
    names = [kept(seed) for seed in range(3)]
    for age, name in enumerate(reversed(names)):
        os.utime(folder / name, (1000 - age, 1000 - age))
    load(names[0], ["note"], GONE)  # used just now
    kept(2)  # kept again just now
    newest = kept(3)
    assert files(folder) == {names[0], names[2], newest}


def test_all_files_together_stay_within_the_quota(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "MAX_BYTES", 3 * len(b"note\n" + bytes(100)))
    for seed in range(6):
        load(kept(seed), ["note"], GONE)
        assert len(files(folder)) == min(seed + 1, 3)
    monkeypatch.setattr(keep, "MAX_BYTES", 10)
    newest = kept(9)
    assert files(folder) == {newest}, "what was just kept stays"


def test_many_threads_keep_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "MAX_KEPT", 5)
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda seed: kept(seed % 12), range(48)))
    assert len(set(names)) == 12
    assert len(files(folder)) == 5
    assert all(is_own(name) for name in files(folder)), "no part of a file is left"


def test_a_full_disk_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ValueError, match=r"^This could not be kept: the server's disk is full"):
        kept()
    assert files(folder) == set(), "nothing half is left behind"


PROGRAM = """
import os, subprocess, sys
from explainer.own import FOLDER_VARIABLE, open_folder
import numpy as np
assert FOLDER_VARIABLE not in os.environ
folder = open_folder()
assert open_folder() == folder and folder.is_dir()
from explainer.own import keep_points
name = keep_points(np.eye(2), np.zeros(2))
child = "from explainer.own import load_points; print(len(load_points({!r})[0]))".format(name)
done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
assert done.stdout == "2\\n"
if hasattr(os, "fork") and os.fork() == 0:
    sys.exit()  # runs the hooks that it inherited
elif hasattr(os, "fork"):
    os.wait()
assert folder.is_dir(), "a child took the folder away"
print(folder)
"""


def test_a_folder_of_our_own_is_seen_by_children_and_removed_at_the_end() -> None:
    environment = {k: v for k, v in os.environ.items() if k != keep.FOLDER_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not Path(done.stdout.strip()).exists()


def test_a_named_folder_is_made_and_stays(folder: Path) -> None:
    assert not folder.exists()
    assert keep.open_folder() == folder
    assert folder.is_dir()
