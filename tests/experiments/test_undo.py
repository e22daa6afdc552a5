"""The shipped networks that undo noise: what they have learnt, and what is known of them."""

from __future__ import annotations

from typing import Any

import pytest

from explainer.experiments import undo
from explainer.experiments.undo import known_figures, look_at_shipped, read_known, shipped_undo
from explainer.frames import decode
from explainer.restored import PAIRS
from explainer.settings import MAIN_CORRUPTIONS


@pytest.mark.parametrize(("dataset", "network"), [("s_curve", "mlp"), ("digits", "mlp")])
def test_shipped_networks_have_learnt_what_the_page_says(dataset: str, network: str) -> None:
    header, _ = decode(shipped_undo({"dataset": dataset, "network": network}))
    assert (header["dataset"], header["network"]) == (dataset, network)
    assert header["step"] == header["steps"]
    assert header["parameters"] > 1000
    assert set(header["seconds"]) == set(MAIN_CORRUPTIONS)
    for kind in MAIN_CORRUPTIONS:
        found = header["errors"][kind]
        assert found[0] < 0.15 * header["mean_error"]
        assert found[1:] == sorted(found[1:])
        # Where nothing is left of the data, there is nothing better to say than their mean.
        assert found[-1] == pytest.approx(header["mean_error"], rel=0.06)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"dataset": "s_curve", "network": "unet"}, "No network"),
        ({"dataset": "nothing"}, "dataset must be one of"),
        ({"dataset": "own-0123456789abcdef"}, "No network"),
        ({"network": "other"}, "network must be one of"),
    ],
)
def test_what_does_not_ship_is_one_sentence(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}"):
        shipped_undo(fields)


def test_what_lies_ready_is_what_is_measured() -> None:
    """Of the fastest pair; the file must be made again whenever the networks are."""
    measured, _ = decode(look_at_shipped("digits", "mlp"))
    figures = known_figures("digits", "mlp")
    assert figures is not None
    assert figures["noise"] == measured["noise"]
    assert len(figures["quality"]) == len(measured["quality"]) == 22
    for known, found in zip(figures["quality"], measured["quality"], strict=True):
        assert [known[k] for k in ("kind", "rule", "n")] == [
            found[k] for k in ("kind", "rule", "n")
        ]
        # Rounding differs between machines, and walks with many steps carry it on.
        assert known["nearest"] == pytest.approx(found["nearest"], rel=0.02)
        assert known["recognised"] == pytest.approx(found["recognised"], abs=0.03)


@pytest.mark.parametrize(("dataset", "network"), PAIRS)
def test_all_that_ship_are_known_and_shown_with_what_is_known(dataset: str, network: str) -> None:
    figures = known_figures(dataset, network)
    assert figures is not None, "run python -m explainer.experiments.undo"
    assert set(figures["noise"]) == set(MAIN_CORRUPTIONS)
    assert len(figures["quality"]) == 22
    if network == "mlp":
        header, arrays = decode(shipped_undo({"dataset": dataset, "network": network}))
        assert (header["quality"], header["noise"]) == (figures["quality"], figures["noise"])
        assert len(arrays["x uniform again 40"]) == 11


def test_figures_of_other_networks_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**read_known()["digits mlp"], "digests": ["0" * 16] * 3}
    monkeypatch.setattr(undo, "read_known", lambda: {"digits mlp": other})
    assert known_figures("digits", "mlp") is None
    assert known_figures("moons", "mlp") is None
    header, _ = decode(shipped_undo({"dataset": "digits", "network": "mlp"}))
    assert len(header["quality"]) == 22  # measured on the spot
