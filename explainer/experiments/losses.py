"""The losses of a run as they are drawn: raw, smoothed, and never more than a chart can show."""

from __future__ import annotations

MOST = 4000  # values of a run
SMOOTHED_OVER = 40  # so many windows in a run


class Losses:
    """Takes the loss of every step and gives what is new for the curves.

    Parameters
    ----------
    steps : int
        Of the whole run: beyond 4,000, a raw value is the mean over as many steps as it takes.

    Attributes
    ----------
    smoothed : float or None
        Exponential mean over about a fortieth of the run, without the bias of its start (Kingma &
        Ba 2015, arXiv 1412.6980, section 3); None before the first step.
    """

    def __init__(self, steps: int) -> None:
        self._every = -(-steps // MOST)
        self._decay = 1 - 1 / min(max(steps / SMOOTHED_OVER, 10), 1000)
        self._mean, self._weight = 0.0, 0.0
        self._group: list[float] = []
        self._new: dict[str, list[float]] = {"step": [], "loss": [], "smooth": []}
        self.smoothed: float | None = None

    def add(self, step: int, loss: float) -> None:
        """Take in the loss of a step, counted from 1."""
        self._mean = self._decay * self._mean + (1 - self._decay) * loss
        self._weight = self._decay * self._weight + (1 - self._decay)
        self.smoothed = self._mean / self._weight
        self._group.append(loss)
        if len(self._group) == self._every:
            self._new["step"].append(step)
            self._new["loss"].append(sum(self._group) / self._every)
            self._new["smooth"].append(self.smoothed)
            self._group = []

    def take(self) -> dict[str, list[float]]:
        """Return ``step``, ``loss`` and ``smooth`` since the last call."""
        new, self._new = self._new, {name: [] for name in self._new}
        return new
