"""The floors that lie ready are those that would be computed."""

from __future__ import annotations

import json
from typing import get_args

import numpy as np
import pytest

from explainer.experiments.floors import DIGITS, KNOWN, compute_curve, curve_of
from explainer.metrics import NODES
from explainer.settings import DATASET_NAMES, Scaling


def test_there_is_a_curve_for_every_data_set_and_scaling() -> None:
    known = json.loads(KNOWN.read_text(encoding="utf-8"))
    scalings = get_args(Scaling)
    assert set(known) == {f"{name} {scaling}" for name in DATASET_NAMES for scaling in scalings}
    assert all(len(v) == len(NODES) for v in known.values())


def test_what_lies_ready_is_what_would_be_computed() -> None:
    ready, fresh = curve_of("gaussians", "tutorial"), compute_curve("gaussians", "tutorial")
    np.testing.assert_array_equal(ready.decibels, fresh.decibels)
    np.testing.assert_allclose(ready.v, fresh.v, rtol=1e-3, atol=10.0**-DIGITS)


def test_ones_own_points_have_a_curve_of_their_own(own_points: str) -> None:
    found = curve_of(own_points, "standard")
    assert found.v == pytest.approx(compute_curve(own_points, "standard").v)
