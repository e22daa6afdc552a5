"""Processes of this machine and what Linux tells of them, for tests that end some."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from explainer.folder import FOLDER_VARIABLE

ROOT = Path(__file__).parent.parent
PROC = Path("/proc")


def in_another_process(program: str) -> subprocess.CompletedProcess[str]:
    """Run Python code with a folder of its own for what learners made, and wait for its end."""
    environment = {k: v for k, v in os.environ.items() if k != FOLDER_VARIABLE}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def wait_until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Look again and again until something is so; fail when the time is over."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def with_mark(mark: str) -> set[int]:
    """Return the processes that were started with a text in their environment, ended ones not.

    So also those are found whose parent is gone.
    """
    found = set()
    for folder in PROC.iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if mark.encode() in (folder / "environ").read_bytes():
                    found.add(int(folder.name))
            except OSError:  # it is gone, or another's
                continue
    return {pid for pid in found if state(pid) not in "ZX"}


def state(pid: int) -> str:
    """Return the letter of a process's state; X if it is gone."""
    return _stat(pid)[0]


def niceness(pid: int) -> int:
    return int(_stat(pid)[16])


def _stat(pid: int) -> list[str]:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["X", *["0"] * 50]
