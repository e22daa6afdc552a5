import math
import pickle
from itertools import pairwise

import pytest

from explainer.jobs.history import FrameLog, History
from explainer.jobs.reports import Report, ReportMerger, failure_sentence, resolve
from tests.jobs import targets


def test_a_report_is_plain():
    class Number:
        def __float__(self):
            return 2.5

    report = Report(1.5, {"loss": [Number(), 1]})
    assert report.series == {"loss": [2.5, 1.0]}
    assert report.progress == 1.0
    assert pickle.loads(pickle.dumps(report)) == report
    with pytest.raises(TypeError, match="bytes"):
        Report(0.0, frame=Number())


def test_a_rest_is_a_number_of_seconds_from_0_on():
    assert Report(0.0).rest == Report(0.0, rest=-1.0).rest == 0.0
    assert Report(0.0, rest=2).rest == 2.0
    for rest in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="rest"):
            Report(0.0, rest=rest)


def test_merging_keeps_every_value_and_the_latest_of_the_rest():
    merger = ReportMerger()
    assert merger.take() is None
    for report in targets.count(4):
        merger.add(report)
    merger.add(Report(0.9, {"other": [7.0]}, rest=0.5))
    assert merger.take() == Report(
        0.9,
        {"step": [0, 1, 2, 3], "loss": [1, 0.5, 0.5, 0.5, 1 / 3, 0.5, 0.25, 0.5], "other": [7]},
        frame=b"frame 3",
        result=b"result 3",
        rest=0.5,
    )
    assert merger.take() is None


@pytest.mark.parametrize("name", ["", "tests.jobs.targets", ":count", "tests.jobs.targets:HERE"])
def test_a_name_that_is_no_target(name):
    with pytest.raises(TypeError):
        resolve(name)


def test_only_sentences_meant_for_the_learner_reach_the_learner():
    assert failure_sentence(ValueError("T is 2 at least.")) == "T is 2 at least."
    assert failure_sentence(FloatingPointError("The loss grew.")) == "The loss grew."
    for error in (KeyError("/secret"), RuntimeError("/secret"), ValueError()):
        assert failure_sentence(error) == (
            f"The run stopped because of an unexpected error ({type(error).__name__})."
        )


@pytest.mark.parametrize("count", [1, 2, 5, 8, 9, 16, 17, 100, 1000])
def test_frames_are_spread_evenly_over_the_whole_run(count):
    log = FrameLog(8)
    for number in range(count):
        log.add(number + 1, b"%04d" % number)
        kept = log.since(0)
        assert kept[0] == (1, b"0000")
        assert kept[-1] == (number + 1, b"%04d" % number)
        assert len(kept) <= 8
        assert log.bytes == 4 * len(kept)
    seqs = [seq for seq, _ in log.since(0)]
    gaps = [b - a for a, b in pairwise(seqs)]
    assert len(set(gaps[:-1])) <= 1  # the last one leads to the latest, wherever that is
    assert all(gap <= 2 * math.ceil(count / 7) for gap in gaps)
    assert len(seqs) >= min(count, 5)


def test_at_least_two_frames_are_kept():
    with pytest.raises(ValueError, match="two"):
        FrameLog(1)
    log = FrameLog(2)
    for seq in range(1, 50):
        log.add(seq, b"")
    assert [seq for seq, _ in log.since(0)] == [1, 49]


def test_a_history_is_read_from_any_report_on():
    history = History(64)
    for report in targets.count(5):
        history.add(report)
    assert (history.seq, history.progress, history.note) == (5, 1.0, "step 4")
    assert history.result == b"result 3"
    assert history.series_since(3) == {"step": [3.0, 4.0], "loss": [0.25, 0.5, 0.2, 0.5]}
    assert history.frames.since(3) == [(4, b"frame 3"), (5, b"frame 4")]
    assert history.series_since(-7) == history.series_since(0)
    assert len(history.series_since(0)["step"]) == 5
    assert history.series_since(5) == history.series_since(99) == {}
    assert history.bytes == 16 * 15 + 5 * len(b"frame 0") + len(b"result 3")
