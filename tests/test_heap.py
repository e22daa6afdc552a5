"""Memory that was used for a while is the system's again."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

HAS_MALLOPT = sys.platform.startswith("linux") and hasattr(ctypes.CDLL(None), "mallopt")

# Large pieces of which one was freed before, and among them small ones that stay.
USE = """
import sys
from pathlib import Path
from explainer.heap import give_back_what_is_freed

def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

if sys.argv[1] == "steady":
    assert give_back_what_is_freed()
first = bytearray(500_000)
del first
before, large, small = megabytes(), [], []
for _ in range(100):
    large.append(bytearray(500_000))
    small.append(bytearray(2_000))
most = megabytes()
del large
print(most - before, megabytes() - before)
"""


@pytest.mark.skipif(not HAS_MALLOPT, reason="the C library is not glibc")
def test_what_is_freed_goes_back_although_something_beside_it_stays() -> None:
    left = {}
    for how in ("steady", "as it is"):
        run = [sys.executable, "-c", USE, how]
        out = subprocess.run(run, check=True, capture_output=True, text=True).stdout
        most, left[how] = map(float, out.split())
        assert most > 40
    assert left["steady"] < 2
    assert left["as it is"] > 20, "glibc has learnt to do so by itself: heap.py can go"
