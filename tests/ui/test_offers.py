"""What a learner made is offered everywhere, and what a page forges is not."""

from __future__ import annotations

from typing import Any

import pytest

from explainer.ui.handlers import choices
from explainer.ui.offers import LONGEST_LABEL, made, points_updates, schedule_updates
from explainer.ui.tabs.forward import _way_out
from explainer.ui.text import en

NAME, OLDER = "own-0123456789abcdef", "own-fedcba9876543210"


class Event:
    """Stands in for gr.EventData: what the page sent."""

    def __init__(self, data: object) -> None:
        self._data = data


@pytest.mark.parametrize(
    "data",
    [None, 3, [], {}, {"name": None}, {"name": "s_curve"}, {"name": "own-../../etc/passwd"},
     {"name": ["own-0123456789abcdef"]}],
    ids=repr,
)  # fmt: skip
def test_forged_events_make_nothing(data: object) -> None:
    assert made(Event(data)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("label", "shown"),
    [("My drawing", "My drawing"), ("  ", "mine"), (None, "mine"), (7, "mine"),
     ("x" * 500, "x" * LONGEST_LABEL)],
)  # fmt: skip
def test_labels_are_bounded_texts(label: object, shown: str) -> None:
    found = made(Event({"name": NAME, "label": label}))  # type: ignore[arg-type]
    assert found is not None
    assert found[:2] == (NAME, shown)


def test_half_a_character_can_be_sent_back() -> None:
    found = made(Event({"name": NAME, "label": "my \ud83d"}))  # type: ignore[arg-type]
    assert found is not None
    assert found[1].encode()


MODELS = [("a model", "a-model")]
BASES = [choices(en.SCHEDULES), choices(en.SCHEDULES)]


def points(*current: object, use: bool) -> list[Any]:
    event = Event({"name": NAME, "label": "My drawing"})
    return points_updates(event, current, MODELS, use=use)  # type: ignore[arg-type]


def schedules(*current: object, use: bool, T: object = None) -> list[Any]:
    event = Event({"name": NAME, "label": "x", "T": T})
    return schedule_updates(event, current, BASES, use=use)  # type: ignore[arg-type]


def test_used_points_are_taken_by_the_first_chooser_and_offered_by_all() -> None:
    first, second, model = points("s_curve", "moons", "a-model", use=True)
    assert first["value"] == NAME
    assert first["choices"][-1] == second["choices"][-1] == ("My drawing", NAME)
    assert len(first["choices"]) == len(en.DATASETS) + 1
    assert "value" not in second
    assert "value" not in model
    assert model["choices"][0] == MODELS[0]
    assert model["choices"][-1][1] == f"exact-{NAME}"
    assert "My drawing" in model["choices"][-1][0]


def test_points_of_before_are_offered_and_not_taken() -> None:
    updates = points("s_curve", "moons", "a-model", use=False)
    assert all("value" not in update for update in updates)
    assert all("My drawing" in update["choices"][-1][0] for update in updates)


def test_new_points_take_the_place_of_older_ones_wherever_those_are_chosen() -> None:
    _, second, model = points("s_curve", OLDER, f"exact-{OLDER}", use=True)
    assert second["value"] == NAME
    assert model["value"] == f"exact-{NAME}"


def test_a_designed_schedule_is_compared_and_offered() -> None:
    compared, schedule, T = schedules(["linear", OLDER], "cosine", use=True, T=250)
    assert compared["value"] == ["linear", NAME]
    assert compared["choices"][-1] == schedule["choices"][-1] == (en.OWN_SCHEDULE, NAME)
    assert "value" not in schedule
    assert T["value"] == 250
    compared, schedule, T = schedules(["linear"], OLDER, use=False, T=250)
    assert "value" not in compared
    assert schedule["value"] == NAME
    assert "value" not in T


@pytest.mark.parametrize("steps", [None, True, "many", 1, 2.5, 1001, 10**30])
def test_no_number_of_steps_is_taken_on_trust(steps: object) -> None:
    assert "value" not in schedules([], "cosine", use=True, T=steps)[-1]


@pytest.mark.parametrize("current", [None, 3, {"a": []}, [["x"]]], ids=repr)
def test_choosers_that_show_nonsense_get_the_offer_all_the_same(current: object) -> None:
    assert points(current, current, current, use=False)[0]["choices"][-1][1] == NAME
    assert schedules(current, current, use=False)[0]["choices"][-1][1] == NAME


@pytest.mark.parametrize("use", [True, False])
def test_what_is_forged_changes_nothing(use: bool) -> None:
    forged: Any = Event({"name": "../../etc"})
    updates = points_updates(forged, ["s_curve", "moons", "a-model"], MODELS, use=use)
    updates += schedule_updates(forged, [["linear"], "cosine"], BASES, use=use)
    assert len(updates) == 6
    assert all(set(update) == {"__type__"} for update in updates)


def test_a_way_out_sets_the_controls() -> None:
    settings = {"schedule": "cosine", "T": 1000, "zero_terminal_snr": True}
    assert _way_out(Event(settings)) == ["cosine", 1000, True]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "forged",
    [
        None,
        [],
        {},
        {"T": 100},
        {"T": -1},
        {"T": float("nan")},
        {"schedule": "x"},
        {"pizza": 1},
        {1: 2},
    ],
    ids=repr,
)
def test_a_forged_way_out_leads_nowhere(forged: object) -> None:
    updates = _way_out(Event(forged))  # type: ignore[arg-type]
    assert all(set(update) == {"__type__"} for update in updates)
