"""What a learner made is offered everywhere, and what a page forges is not."""

from __future__ import annotations

from typing import Any

import pytest

from explainer.own import keep_curve, keep_model
from explainer.ui.handlers import choices
from explainer.ui.made import LONGEST_LABEL, MOST_MODELS, made, models_made
from explainer.ui.offers import Offered, models_updates, points_updates, schedule_updates
from explainer.ui.tabs.forward import _way_out
from explainer.ui.text import en
from tests.made_models import SMALL, model_bytes

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


def points(*current: object, use: bool, offered: Offered | None = None) -> list[Any]:
    event = Event({"name": NAME, "label": "My drawing"})
    offered = {} if offered is None else offered
    *updates, after = points_updates(event, current, MODELS, offered, use=use)  # type: ignore[arg-type]
    assert after is offered
    return updates


def models(
    *named: tuple[str, str], current: object, use: bool = False, offered: Offered | None = None
) -> Any:
    event = Event({"models": [{"name": name, "label": label} for name, label in named]})
    offered = {} if offered is None else offered
    update, after = models_updates(event, current, MODELS, offered, use=use)  # type: ignore[arg-type]
    assert after is offered
    return update


def kept(seed: int) -> str:
    return keep_model(model_bytes(SMALL.replace(seed=seed)))


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


def test_new_points_leave_a_chosen_model_alone() -> None:
    chosen = kept(1)
    assert "value" not in points("s_curve", "moons", chosen, use=True)[-1]


def test_models_are_offered_and_the_first_is_taken_when_it_is_used() -> None:
    first, second = kept(1), kept(2)
    update = models((first, "mine"), (second, "older"), current="a-model")
    assert update["choices"] == [*MODELS, ("mine", first), ("older", second)]
    assert "value" not in update
    assert models((second, "x"), (first, "y"), current="a-model", use=True)["value"] == second
    assert "value" not in models(current=first, use=True)


def test_points_and_models_do_not_erase_each_other() -> None:
    offered: Offered = {}
    model = kept(1)
    exact = (en.EXACT_LABEL.format(dataset="My drawing"), f"exact-{NAME}")
    assert models((model, "mine"), current="", offered=offered)["choices"][1:] == [("mine", model)]
    after = points("s_curve", "", use=False, offered=offered)[-1]
    assert after["choices"] == [*MODELS, ("mine", model), exact]
    after = models((model, "renamed"), current="", offered=offered)
    assert after["choices"] == [*MODELS, ("renamed", model), exact]
    assert models(current="", offered=offered)["choices"] == [*MODELS, exact]


def test_a_model_that_is_dropped_stays_as_long_as_it_is_chosen() -> None:
    offered: Offered = {}
    first, second = kept(1), kept(2)
    models((first, "mine"), current="a-model", offered=offered)
    update = models((second, "new"), current=first, offered=offered)
    assert update["choices"] == [*MODELS, ("new", second), ("mine", first)]
    update = models((second, "new"), current="a-model", offered=offered)
    assert update["choices"] == [*MODELS, ("new", second)]


@pytest.mark.parametrize(
    "listed",
    [None, 3, "own", {}, [None], [[]], [{}], [{"name": NAME}], [{"name": [NAME]}],
     [{"name": "a-model"}], [{"name": "../../etc/passwd", "label": "x"}]],
    ids=repr,
)  # fmt: skip
def test_models_that_are_none_are_not_offered(listed: object) -> None:
    assert not models_made(Event({"models": listed}))  # type: ignore[arg-type]


def test_of_the_models_only_a_few_are_read_and_each_once() -> None:
    curve = keep_curve([0, 1], [1, 0.5], "handles")
    names = [kept(0), curve, kept(0), *(kept(seed) for seed in range(1, 20))]
    label = "x" * 500 + "\ud83d"
    event = Event({"models": [{"name": name, "label": label} for name in names]})
    found = models_made(event)  # type: ignore[arg-type]
    assert found is not None
    assert [name for _, name in found] == [kept(seed) for seed in range(MOST_MODELS - 2)]
    assert {label for label, _ in found} == {"x" * LONGEST_LABEL}


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
    updates = points_updates(forged, ["s_curve", "moons", "a-model"], MODELS, {}, use=use)
    updates += schedule_updates(forged, [["linear"], "cosine"], BASES, use=use)
    updates += models_updates(forged, "a-model", MODELS, {}, use=use)
    assert len(updates) == 9
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
