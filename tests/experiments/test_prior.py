"""The prior meter, as the page gets it."""

from __future__ import annotations

import pytest

from explainer.experiments.prior import perfect_network, prior_meter
from explainer.page_settings import NoisingSettings
from explainer.schedules import make_schedule


def test_the_tutorials_schedule_is_told_and_has_ways_out() -> None:
    found = prior_meter({"schedule": "tutorial"})
    assert found["level"] == "far"
    assert found["verdict"].startswith("At t = 100, 78 % of the data's power is left")
    assert "starts where the data never went" in found["verdict"]
    numbers = {name: value for name, value, _ in found["numbers"]}
    assert numbers["ᾱ at T"] == "0.778"
    assert numbers["mean of x · y"] == "0.00 · 0.00"
    assert numbers["std of x · y"] == "1.00 · 1.00"
    assert float(numbers["KL, moments"]) < float(numbers["KL, shape"]) / 10
    labels = [way["label"] for way in found["ways_out"]]
    assert labels == ["Cosine schedule", "Zero terminal SNR", "T = 1000"]


def test_every_way_out_leads_where_it_says() -> None:
    here = prior_meter({"schedule": "tutorial"})
    for way in here["ways_out"]:
        settings = NoisingSettings(**way["settings"])
        there = prior_meter(settings.model_dump())
        assert there["level"] == way["level"]
        assert there["share"] < here["share"]
        abar = make_schedule(
            settings.schedule, settings.T, zero_terminal_snr=settings.zero_terminal_snr
        ).alpha_bar(settings.T - 1)
        shown = float(way["alpha_bar"].split(" · ")[0])
        mantissa = abar if abar == 0 or abar >= 1e-3 else float(f"{abar:.1e}".split("e")[0])
        assert shown == pytest.approx(mantissa, rel=0.05)


@pytest.mark.parametrize("schedule", ["cosine", "sigmoid"])
def test_a_good_end_needs_no_way_out(schedule: str) -> None:
    found = prior_meter({"schedule": schedule})
    assert found["level"] == "good"
    assert found["ways_out"] == []
    assert found["share"] < 1 / 3
    assert "sampling may start there" in found["verdict"]


def test_nothing_left_is_said_so() -> None:
    found = prior_meter({"schedule": "linear", "zero_terminal_snr": True})
    assert "nothing of the data's power is left" in found["verdict"]
    assert {name: value for name, value, _ in found["numbers"]}["ᾱ at T"] == "0"


def test_the_share_of_the_gauge_grows_with_the_gap() -> None:
    shares = [
        prior_meter({"schedule": name, "T": T})["share"]
        for name, T in (("cosine", 100), ("linear", 300), ("linear", 100), ("tutorial", 10))
    ]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] <= 1


def test_a_perfect_network_fails_with_the_tutorials_schedule_alone() -> None:
    tutorial, cosine = (perfect_network({"schedule": name}) for name in ("tutorial", "cosine"))
    assert tutorial["steps"] == cosine["steps"] == 20
    assert float(cosine["from_prior"]) == pytest.approx(float(cosine["from_data"]), rel=0.02)
    assert float(tutorial["from_prior"]) > 4 * float(tutorial["from_data"])


def test_own_points_have_a_prior_too(own_points: str, own_schedule: str) -> None:
    found = prior_meter({"dataset": own_points, "schedule": own_schedule})
    assert found["level"] in {"good", "close"}
    perfect = perfect_network({"dataset": own_points, "schedule": own_schedule, "T": 10})
    assert perfect["steps"] == 10
    assert 0 < float(perfect["from_data"]) < 0.1


@pytest.mark.parametrize(
    ("schedule", "T", "says"),
    [
        ("tutorial", 100, "about 30 points are enough"),
        ("tutorial", 100, "no network can mend that"),
        ("scaled_linear", 90, "starts beside the way"),
        ("linear", 100, "starts a little beside the way"),
        ("tutorial", 2, "a handful of points is enough"),
    ],
)
def test_words_are_no_stronger_than_the_gap(schedule: str, T: int, says: str) -> None:
    assert says in prior_meter({"schedule": schedule, "T": T})["verdict"]
