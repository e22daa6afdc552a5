"""The tab "DDPM vs DDIM": what a choice of model does to the other controls."""

from __future__ import annotations

from typing import Any

import pytest

from explainer.own import keep_model
from explainer.ui.tabs.compare import TRAINED, _chosen, _ddim, _ddpm
from tests.made_models import SMALL, model_bytes

GONE = "own-0123456789abcdef"


def kept(T: int) -> str:
    return keep_model(model_bytes(SMALL.replace(T=T)))


@pytest.mark.parametrize(
    ("T", "ends", "before", "after"),
    [
        (1000, (5, 100), 100, 100),
        (100, (5, 100), 20, 20),
        (20, (5, 20), 100, 20),
        (20, (5, 20), 7, 7),
        (5, (4, 5), 20, 5),
        (2, (1, 2), 100, 2),
    ],
)
def test_the_sliders_end_where_the_model_does(
    T: int, ends: tuple[int, int], before: int, after: int
) -> None:
    model = kept(T)
    schedule, slider, other = _chosen(model, before, 10**9)
    assert (slider["minimum"], slider["maximum"]) == ends
    assert slider["value"] == after
    assert (other["maximum"], other["value"]) == (ends[1], ends[1])
    assert schedule["interactive"] is False
    # The players may ask before the sliders have moved.
    for answer in (_ddpm(model, TRAINED, before, 0), _ddim(model, TRAINED, before, 0, 0)):
        assert f"steps={after}&" in answer["src"]


def test_a_model_with_more_levels_gives_the_sliders_their_ends_back() -> None:
    _, slider, _ = _chosen("s_curve-fast", 2, 2)
    assert (slider["minimum"], slider["maximum"], slider["value"]) == (5, 100, 5)
    assert _chosen("exact-moons", 20, 20)[0]["interactive"] is True


def test_what_the_slider_never_had_is_refused_by_name() -> None:
    says = "steps must be at most 20, the noise levels of this model."
    assert _ddpm(kept(20), TRAINED, 5000, 0)["error"].startswith("steps must be at most 1000")
    assert _ddpm(kept(20), TRAINED, 500, 0) == {"error": says}


@pytest.mark.parametrize("junk", [None, True, "x", [["x"]], {"a": []}, GONE, f"exact-{GONE}"])
def test_nonsense_leaves_the_sliders_as_they_were(junk: Any) -> None:
    _, slider, other = _chosen(junk, junk, 20)
    assert (slider["minimum"], slider["maximum"]) == (5, 100)
    assert "value" not in slider
    assert other["value"] == 20
