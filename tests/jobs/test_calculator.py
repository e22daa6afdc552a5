"""Short calculations in a real process."""

import asyncio
import os
import threading
import time
from queue import SimpleQueue

import pytest

from explainer.jobs import Busy, CalculationFailed, CalculationTimeout, Calculator
from tests.jobs.helpers import DEADLINE
from tests.jobs.targets import HERE, wait_for
from tests.processes import wait_until


@pytest.fixture(scope="module")
def calculator():
    calculator = Calculator()
    yield calculator
    calculator.close()


@pytest.fixture
def make():
    made = []

    def make(**options):
        made.append(Calculator(**options))
        return made[-1]

    yield make
    for calculator in made:
        calculator.close()


def ask(calculator, *questions):
    """Ask all at once; return answers and exceptions in their order."""

    async def main():
        calls = [calculator(HERE + target, argument) for target, argument in questions]
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), DEADLINE)

    return asyncio.run(main())


def test_results_come_from_another_process_and_are_ones_own(calculator):
    assert ask(calculator, ("process_id", None)) == calculator.pids() != [os.getpid()]
    first, second = ask(calculator, ("double", 21), ("double", 21))
    assert first == second == {"double": 42}
    first["double"] = 0
    assert ask(calculator, ("double", 21)) == [{"double": 42}]
    assert ask(calculator, ("as_bytes", 5)) == [bytes(5)]


def test_what_processes_share_is_not_copied_by_a_search_for_garbage(calculator):
    ((frozen, looked_at),) = ask(calculator, ("left_out_of_searches_for_garbage", None))
    assert frozen > 10 * looked_at


def test_the_same_is_computed_once_in_flight_and_later(calculator, tmp_path):
    book, gate = tmp_path / "book", tmp_path / "gate"
    question = ("tally", [str(book), str(gate)])

    async def main():
        calls = [asyncio.ensure_future(calculator(HERE + question[0], question[1])) for _ in "abc"]
        await asyncio.to_thread(wait_for, book)
        calls[0].cancel()  # must not cancel the others
        await asyncio.sleep(0)
        gate.touch()
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), DEADLINE)

    cancelled, *answers = asyncio.run(main())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert answers == [b"counted"] * 2
    assert ask(calculator, question) == [b"counted"]
    assert book.read_text() == "called\n"


def test_equal_arguments_share_a_result_however_they_are_written(calculator, tmp_path):
    (tmp_path / "gate").touch()
    for argument in ([str(tmp_path / "book"), str(tmp_path / "gate")],) * 2:
        ask(calculator, ("tally", argument), ("tally", tuple(argument)))
    assert (tmp_path / "book").read_text() == "called\n"
    entries = calculator.stats()["entries"]
    ask(calculator, ("double", [1, 2]), ("process_id", {"a": 1, "b": 2}))
    ask(calculator, ("double", (1, 2)), ("process_id", {"b": 2, "a": 1}))
    assert calculator.stats()["entries"] == entries + 2


def test_the_cache_is_bounded_in_bytes_least_recently_used_first(make):
    calculator = make(max_cache_bytes=3000)
    for length in (1000, 1001, 1000, 1002, 5000):
        ask(calculator, ("as_bytes", length))
    stats = calculator.stats()
    assert (stats["entries"], stats["bytes"]) == (2, 2002)
    assert len(calculator._cache) == 2
    assert [key.split()[-1] for key in calculator._cache] == ["1000", "1002"]


def test_a_sentence_reaches_the_caller_and_is_not_cached(calculator):
    for _ in range(2):
        error = ask(calculator, ("no_such_setting", "There is no such schedule."))[0]
        assert type(error) is ValueError
        assert str(error) == "There is no such schedule."
    assert "no_such_setting" not in "".join(calculator._cache)


def test_an_accident_is_told_without_its_text(calculator, caplog):
    error = ask(calculator, ("no_such_key", "/secret"))[0]
    assert type(error) is CalculationFailed
    assert str(error) == "The calculation stopped because of an unexpected error (KeyError)."
    assert "/secret" in caplog.text


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_cannot_hold_are_refused(calculator, number):
    assert str(ask(calculator, ("double", number))[0]) == "One of the numbers is not finite."


def test_what_takes_too_long_is_killed_and_the_next_is_served(make):
    calculator = make(timeout=0.3)
    (before,) = ask(calculator, ("process_id", 0))
    stuck, after = ask(calculator, ("hang", 0), ("process_id", 1))
    assert isinstance(stuck, CalculationTimeout)
    assert "longer than 0.3 seconds" in str(stuck)
    assert isinstance(after, int)
    assert after != before


def test_a_killed_process_is_replaced_and_the_call_tried_once_more(calculator, tmp_path):
    assert ask(calculator, ("die_once", str(tmp_path / "sign"))) == [b"survived"]
    assert int((tmp_path / "sign").read_text()) not in calculator.pids()
    failed, answer = ask(calculator, ("die", None), ("double", 5))
    assert type(failed) is CalculationFailed
    assert answer == {"double": 10}


def test_too_much_waiting_is_told_and_warming_gives_way(make, tmp_path):
    calculator = make(max_waiting=2)
    book, gate = tmp_path / "book", tmp_path / "gate"

    async def main():
        blocker = asyncio.ensure_future(calculator(HERE + "tally", [str(book), str(gate)]))
        await asyncio.to_thread(wait_for, book)
        for number in range(3):  # the third is left out
            calculator.warm(HERE + "process_id", number)
        assert calculator.stats()["waiting"] == 2
        waiting = [asyncio.ensure_future(calculator(HERE + "double", n)) for n in (1, 2, 2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="try again"):
            await calculator(HERE + "double", 3)
        gate.touch()
        return await asyncio.wait_for(asyncio.gather(blocker, *waiting), DEADLINE)

    assert asyncio.run(main()) == [b"counted", {"double": 2}, {"double": 4}, {"double": 4}]


def test_warming_needs_no_loop_and_somebody_who_asks_goes_first(make, tmp_path, caplog):
    calculator = make()
    complaints = SimpleQueue()
    caplog.handler.addFilter(lambda record: complaints.put(record.getMessage()) or True)
    book, gate, late = tmp_path / "book", tmp_path / "gate", tmp_path / "late"
    calculator.warm(HERE + "tally", [str(book), str(gate)])
    calculator.warm(HERE + "double", 1)
    calculator.warm(HERE + "tally", [str(book), str(late)])
    calculator.warm(HERE + "no_such_setting", "There is no such schedule.")
    wait_for(book)
    order = []

    async def main():
        async def note(target, argument):
            await calculator(HERE + target, argument)
            order.append(argument)

        calls = [asyncio.ensure_future(note("double", n)) for n in (2, 1)]
        await asyncio.sleep(0)
        gate.touch()
        await asyncio.wait_for(asyncio.gather(*calls), DEADLINE)

    asyncio.run(main())
    assert order == [1, 2]  # somebody asked for it at last, and it keeps its place
    late.touch()  # until now nothing could pass the second count
    assert "There is no such schedule." in complaints.get(timeout=DEADLINE)
    assert calculator.stats()["entries"] == 4


def test_setup_that_fails_is_told_and_logged(make, caplog):
    calculator = make(setup="tests.jobs.targets:refuses_to_be_found")
    assert type(ask(calculator, ("double", 1))[0]) is CalculationFailed
    assert "AttributeError" in caplog.text


def test_a_helper_that_hangs_in_its_boot_is_given_up_and_tried_anew(make, monkeypatch, caplog):
    monkeypatch.setattr("explainer.jobs.helper.BOOT_TIMEOUT", 0.3)
    calculator = make(setup=HERE + "hangs")
    for _ in range(2):  # each call has a process of its own
        assert type(ask(calculator, ("double", 1))[0]) is CalculationFailed
    assert "it ended or is late" in caplog.text
    assert calculator.pids() == []
    monkeypatch.setattr("explainer.jobs.helper.BOOT_TIMEOUT", 60.0)
    calculator._helpers[0]._setup = None  # the hindrance is gone
    assert ask(calculator, ("double", 1)) == [{"double": 2}]


def test_closing_does_not_wait_for_a_helper_that_hangs_in_its_boot(make):
    calculator = make(workers=2, setup=HERE + "hangs")
    wait_until(lambda: all(helper._process for helper in calculator._helpers), DEADLINE, "both")
    before = time.monotonic()
    calculator.close()
    assert time.monotonic() - before < 3.0


def test_what_closing_cuts_off_is_no_failure_for_the_log(make, tmp_path, caplog):
    calculator = make()
    calculator.warm(HERE + "tally", [str(tmp_path / "book"), str(tmp_path / "never")])
    wait_for(tmp_path / "book")
    calculator.warm(HERE + "double", 1)
    calculator.close()
    assert caplog.text == ""


def test_closing_ends_the_process_and_all_who_wait(make, tmp_path):
    calculator = make()
    book, gate = tmp_path / "book", tmp_path / "gate"

    async def main():
        calls = [
            asyncio.ensure_future(calculator(HERE + "tally", [str(book), str(gate)])),
            asyncio.ensure_future(calculator(HERE + "double", 1)),
        ]
        await asyncio.to_thread(wait_for, book)
        before = time.monotonic()
        threading.Thread(target=calculator.close).start()
        answers = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), DEADLINE)
        return answers, time.monotonic() - before

    (answers, seconds) = asyncio.run(main())
    assert [type(answer) for answer in answers] == [CalculationFailed] * 2
    assert seconds < 3.0
    calculator.close()
    assert type(ask(calculator, ("double", 1))[0]) is CalculationFailed
    assert calculator.pids() == []


def test_what_is_slow_leaves_a_helper_to_what_is_quick(make, tmp_path):
    calculator = make(workers=2, slow=[HERE + "tally"])
    gates = [tmp_path / f"gate {i}" for i in range(2)]
    books = [tmp_path / f"book {i}" for i in range(2)]

    async def main():
        slow = [
            asyncio.ensure_future(calculator(HERE + "tally", [str(book), str(gate)]))
            for book, gate in zip(books, gates, strict=True)
        ]
        await asyncio.to_thread(wait_for, books[0])
        quick = await asyncio.wait_for(calculator(HERE + "double", 3), DEADLINE)
        one_at_a_time = not books[1].exists()
        for gate in gates:
            gate.touch()
        return quick, one_at_a_time, await asyncio.wait_for(asyncio.gather(*slow), DEADLINE)

    assert asyncio.run(main()) == ({"double": 6}, True, [b"counted"] * 2)
