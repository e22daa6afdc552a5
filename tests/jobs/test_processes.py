import os
import subprocess
import sys

import pytest

from explainer.jobs.processes import AUTOGROUP

STEP_BACK = """
import os
from explainer.jobs.processes import AUTOGROUP, step_back
step_back(7)
print(os.nice(0), os.getsid(0) == os.getpid(), AUTOGROUP.read_text() if AUTOGROUP.exists() else "")
"""


@pytest.mark.skipif(not hasattr(os, "nice"), reason="the system knows no niceness")
def test_a_process_steps_back_behind_everything_else() -> None:
    run = [sys.executable, "-c", STEP_BACK]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split(maxsplit=2)
    assert int(told[0]) == os.nice(0) + 7
    if os.access(AUTOGROUP, os.W_OK):
        assert told[1] == "True"  # in a session of its own, whose niceness counts for all
        assert told[2].rstrip().endswith("nice 7")
