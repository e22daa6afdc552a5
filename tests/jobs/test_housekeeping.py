import threading

from explainer.jobs.housekeeping import Housekeeping
from tests.jobs.helpers import DEADLINE


def test_it_comes_round_again_after_a_failure_until_it_is_closed(caplog):
    calls, thrice = [], threading.Event()

    def tidy():
        calls.append(1)
        if len(calls) == 3:
            thrice.set()
        raise RuntimeError("dust")

    housekeeping = Housekeeping(0.001, tidy)
    assert thrice.wait(DEADLINE)
    housekeeping.close()
    assert not housekeeping._thread.is_alive()
    assert "dust" in caplog.text
