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
        self._step = 0
        self._new: dict[str, list[float]] = {"step": [], "loss": [], "smooth": []}
        self.smoothed: float | None = None

    def add(self, step: int, loss: float) -> None:
        """Take in the loss of a step, counted from 1."""
        self._mean = self._decay * self._mean + (1 - self._decay) * loss
        self._weight = self._decay * self._weight + (1 - self._decay)
        self.smoothed = self._mean / self._weight
        self._group.append(loss)
        self._step = step
        if len(self._group) == self._every:
            self._close()

    def _close(self) -> None:
        assert self.smoothed is not None
        self._new["step"].append(self._step)
        self._new["loss"].append(sum(self._group) / len(self._group))
        self._new["smooth"].append(self.smoothed)
        self._group = []

    def take(self, *, everything: bool = False) -> dict[str, list[float]]:
        """Return ``step``, ``loss`` and ``smooth`` since the last call.

        Parameters
        ----------
        everything : bool
            Whether a mean of fewer steps than usual is given too, because more may not come soon.
        """
        if everything and self._group:
            self._close()
        new, self._new = self._new, {name: [] for name in self._new}
        return new
