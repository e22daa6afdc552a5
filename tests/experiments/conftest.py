"""Points and a schedule of one's own, as a learner would leave them."""

from __future__ import annotations

import numpy as np
import pytest

from explainer.own import keep_curve, keep_points


@pytest.fixture
def own_points() -> str:
    """A ring, far from the origin and wide in one direction."""
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    points = np.stack([50 + 3 * np.cos(angle), -7 + 0.4 * np.sin(angle)], axis=1)
    return keep_points(points, np.linspace(0, 1, 300))


@pytest.fixture
def own_schedule() -> str:
    return keep_curve([0, 0.25, 0.6, 1], [1, 0.8, 0.3, 0.01], "handles")
