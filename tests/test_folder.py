"""One folder for a server and its workers, which goes when they go."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from explainer.folder import FOLDER_PREFIX, FOLDER_VARIABLE, claim, open_folder, remove_abandoned
from tests.processes import in_another_process

ABANDONED = """
import os, signal
from explainer.folder import open_folder
print(open_folder(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_folder_of_a_killed_server_is_removed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = Path(in_another_process(ABANDONED).stdout.strip())
    mine = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    claim(mine)
    unclaimed = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    assert left.is_dir()
    remove_abandoned()
    assert not left.exists()
    assert mine.is_dir(), "in use by this process"
    assert unclaimed.is_dir(), "about to be claimed, or somebody else's"


PROGRAM = """
import os, subprocess, sys
from explainer.folder import FOLDER_VARIABLE, open_folder
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
    done = in_another_process(PROGRAM)
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip()).exists()


def test_a_named_folder_is_made_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "own"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    assert open_folder() == folder
    assert folder.is_dir()
