"""What a run has told so far, in bounded memory and readable from any report on."""

from __future__ import annotations

from array import array
from bisect import bisect_right

from explainer.jobs.reports import Report


class FrameLog:
    """Pictures of a run, at most so many, spread evenly over all of it.

    The first and the latest are always there. When there are too many, every other one is
    dropped, and from then on only every other new one stays: so the whole course of a training
    can be scrubbed after a reload, however long it was.

    Parameters
    ----------
    max_frames : int
        At least two.
    """

    def __init__(self, max_frames: int) -> None:
        if max_frames < 2:
            raise ValueError("the first and the latest frame are always kept: two at least")
        self._max = max_frames
        self._stride = 1
        self._count = 0
        self._kept: list[tuple[int, int, bytes]] = []  # number of the frame, of its report, bytes
        self.bytes = 0

    def add(self, seq: int, frame: bytes) -> None:
        """Keep one more frame.

        Parameters
        ----------
        seq : int
            Number of the report that it came with, growing.
        frame : bytes
            The picture.
        """
        if self._kept and self._kept[-1][0] % self._stride:
            del self._kept[-1]  # was there only because it was the latest
        self._kept.append((self._count, seq, frame))
        self._count += 1
        while len(self._kept) > self._max:
            self._stride *= 2
            last = self._kept[-1]
            self._kept = [kept for kept in self._kept[:-1] if kept[0] % self._stride == 0]
            self._kept.append(last)
        self.bytes = sum(len(kept[2]) for kept in self._kept)

    def since(self, seq: int) -> list[tuple[int, bytes]]:
        """Return the frames of all reports after one.

        Parameters
        ----------
        seq : int
            Number of a report; 0 for all.

        Returns
        -------
        list of (int, bytes)
            Number of the report and picture, in order.
        """
        return [(number, frame) for _, number, frame in self._kept if number > seq]


class History:
    """All that a run has told: series in full, frames thinned out, the latest of the rest.

    Parameters
    ----------
    max_frames : int
        Frames to keep.
    """

    def __init__(self, max_frames: int) -> None:
        self.seq = 0
        self.progress = 0.0
        self.note = ""
        self.result: bytes | None = None
        self.frames = FrameLog(max_frames)
        self._values: dict[str, array[float]] = {}
        self._seqs: dict[str, array[int]] = {}  # for each value, the report that it came with

    def add(self, report: Report) -> None:
        """Take in one more report.

        Parameters
        ----------
        report : Report
            The next.
        """
        self.seq += 1
        self.progress = report.progress
        self.note = report.note
        if report.result is not None:
            self.result = report.result
        if report.frame is not None:
            self.frames.add(self.seq, report.frame)
        for name, values in report.series.items():
            self._values.setdefault(name, array("d")).extend(values)
            self._seqs.setdefault(name, array("q")).extend([self.seq] * len(values))

    def series_since(self, seq: int) -> dict[str, list[float]]:
        """Return the values of all reports after one.

        Parameters
        ----------
        seq : int
            Number of a report; 0 for all.

        Returns
        -------
        dict of str to list of float
            Only series that have new values.
        """
        new = {
            name: values[bisect_right(self._seqs[name], seq) :].tolist()
            for name, values in self._values.items()
        }
        return {name: values for name, values in new.items() if values}

    @property
    def bytes(self) -> int:
        """What all this weighs."""
        values = sum(16 * len(values) for values in self._values.values())
        return values + self.frames.bytes + len(self.result or b"")
