"""The tab "Train live": what the learner chooses and asks for, and what is started."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from explainer.config import TrainConfig
from explainer.experiments.learning import PACES as KNOWN_PACES
from explainer.jobs import Event, JobStore
from explainer.jobs.reports import resolve
from explainer.own import keep_model
from explainer.presets import BROKEN, PRESETS
from explainer.trainer import Trainer
from explainer.ui.form import FIELDS, settings_of, values_of
from explainer.ui.services import Services
from explainer.ui.tabs import train
from explainer.ui.tabs.train import PACES, TARGET, acting, choose, look
from tests.jobs.helpers import FakeRunner
from tests.made_models import SMALL, model_bytes

VISITOR = "1234-5678"
OWN = "own-0123456789abcdef"
SKIPPED = {"__type__": "update"}
FAST = PRESETS["fast"]


def values(preset: str = "fast", **changes: Any) -> list[Any]:
    fields = dict(zip(FIELDS, values_of(PRESETS[preset]), strict=True))
    assert changes.keys() <= fields.keys()
    return list({**fields, **changes}.values())


# --- choosing ---


def test_what_is_chosen_is_planned_and_shown_if_it_was_trained_before() -> None:
    shown = look("fast", *values())
    assert shown["plan"]["title"] == "S-curve · Fast · seed 0"
    assert shown["shipped"]["src"].startswith("api/shipped-run?")
    assert TrainConfig(**shown["plan"]["config"]) == settings_of(values())
    changed = look("fast", *values(width=8))
    assert (changed["plan"]["config"]["width"], changed["shipped"]) == (8, None)
    assert json.dumps([shown, changed])


@pytest.mark.parametrize("T", [0, 2, 9])
def test_a_T_that_is_being_typed_changes_nothing(T: int) -> None:
    assert look("fast", *values(T=T)) == SKIPPED


@pytest.mark.parametrize(
    ("preset", "changes", "says"),
    [
        ("fast", {"learning_rate": None}, "learning_rate must be a number; it is empty."),
        ("fast", {"T": 5000}, "T must be at most 1000, not 5000."),
        ("fast", {"steps": 10**6, "width": 256, "depth": 5}, "steps must be at most"),
        ("slow", {}, "preset must be one of fast, tutorial, rate"),
        (None, {}, "preset must be one of"),
        ([], {}, "preset must be one of"),
        ({}, {}, "preset must be one of"),
    ],
)
def test_a_bad_choice_gets_one_sentence(preset: Any, changes: dict[str, Any], says: str) -> None:
    shown = look(preset, *values(**changes))
    assert set(shown) == {"error"}
    assert shown["error"].startswith(says)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_recipe_sets_all_controls_but_the_seed_and_no_puzzle_keeps_the_data(preset: str) -> None:
    *controls, view = choose(preset, *values("tutorial", dataset="moons", seed=7, T=50, width=16))
    dataset = "s_curve" if preset in BROKEN else "moons"
    expected = values_of(PRESETS[preset].replace(dataset=dataset, seed=7))
    assert controls == [*expected[:-1], SKIPPED]  # another seed may have been typed since
    assert view == look(preset, *expected)
    assert "changed" not in view["plan"]["title"]
    assert (view["plan"]["puzzle"] is not None) == (preset in BROKEN)


def test_a_recipe_mends_values_that_cannot_be() -> None:
    *controls, view = choose("fast", *values(width=None, T=3, steps=-1))
    assert controls == [*values_of(FAST)[:-1], SKIPPED]
    assert "plan" in view


@pytest.mark.parametrize(
    ("preset", "changes", "says"),
    [("x", {}, "preset must be"), ("fast", {"dataset": "donut"}, "dataset must be one of"),
     ("fast", {"seed": None}, "seed must be a whole number; it is empty.")],
)  # fmt: skip
def test_a_recipe_that_cannot_be_leaves_the_controls(
    preset: str, changes: dict[str, Any], says: str
) -> None:
    *controls, view = choose(preset, *values(**changes))
    assert controls == [SKIPPED] * len(FIELDS)
    assert view["error"].startswith(says)


# --- asking ---


class Asked:
    """What a store was asked for, and what the page is told."""

    def __init__(self) -> None:
        self.runner = FakeRunner(places=5)
        self.store = JobStore(self.runner, sweep_seconds=3600)
        self._act = acting(Services(self.store, None))  # type: ignore[arg-type]

    def act(self, data: object, preset: Any = "fast", chosen: list[Any] | None = None) -> list[Any]:
        event = type("Event", (), {"_data": data})()
        outputs = self._act(event, preset, *(values() if chosen is None else chosen))
        assert len(outputs) == len(FIELDS) + 2  # the recipe before them, the view after them
        return outputs

    def ask(
        self, verb: str, preset: str = "fast", chosen: list[Any] | None = None, **more: Any
    ) -> tuple[list[Any], dict[str, Any]]:
        """Ask as the page does, which knows that the controls show the recipe."""
        detail = {"do": verb, "visitor": VISITOR, "pace": "pace-full", "recipe": preset, **more}
        *controls, view = self.act(detail, preset, chosen)
        return controls, view

    @property
    def started(self) -> tuple[dict[str, Any], bool]:
        """The argument of the latest run, and whether it is held."""
        starts = [told for told in self.runner.told if told[0] == "start"]
        assert starts[-1][1] == TARGET
        return starts[-1][2], "held" in starts[-1]

    @property
    def nothing(self) -> bool:
        return not self.runner.told


@pytest.fixture
def asked() -> Iterator[Asked]:
    asked = Asked()
    yield asked
    asked.store.close()


STILL = [SKIPPED] * (len(FIELDS) + 1)


def test_the_target_is_there_and_knows_the_paces() -> None:
    assert callable(resolve(TARGET))
    assert set(PACES) == set(KNOWN_PACES)
    assert PACES[-1] == "pace-full"


@pytest.mark.parametrize(
    ("verb", "held", "then"),
    [("start", False, None), ("step", True, "step"), ("reset", True, None)],
)
def test_start_step_and_reset_begin_a_run_with_what_is_chosen(
    asked: Asked, verb: str, held: bool, then: str | None
) -> None:
    chosen = values(width=16, seed=9, dataset="moons")
    controls, view = asked.ask(verb, chosen=chosen)
    assert controls == STILL
    config = settings_of(chosen)
    assert asked.started == ({"config": config.model_dump(), "pace": "pace-full"}, held)
    assert set(view) == {"run", "plan", "then"}
    assert view["then"] == then
    assert TrainConfig(**view["plan"]["config"]) == config
    assert view["plan"]["title"] == "Moons · Fast, changed · seed 9"
    assert asked.store.poll(view["run"]).status == ("paused" if held else "running")
    assert [facts.label for facts in asked.store.overview()] == [view["plan"]["title"]]
    assert json.dumps(view)


def test_reset_has_the_first_weights_of_the_run_whatever_else_is_changed(asked: Asked) -> None:
    def first_weights(chosen: list[Any]) -> dict[str, Any]:
        asked.ask("reset", chosen=chosen)
        config = TrainConfig(**asked.started[0]["config"]).replace(preview_points=0)
        return Trainer(config).network.state_dict()

    small = {"n_points": 100, "width": 8, "depth": 1}
    before = first_weights(values(**small))
    for changes in ({"learning_rate": 1.0, "optimizer": "adamw"}, {"batch_size": 20, "ema": 0},
                    {"schedule": "linear", "objective": "x0", "dataset": "moons"}):  # fmt: skip
        again = first_weights(values(**small, **changes))
        assert all((again[name] == tensor).all() for name, tensor in before.items())
    other = first_weights(values(**small, seed=1))
    assert any((other[name] != tensor).any() for name, tensor in before.items())


def test_a_new_seed_is_drawn_and_shown(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda most: most - 1)
    chosen = values(width=16)
    controls, view = asked.ask("new seed", chosen=chosen)
    argument, held = asked.started
    expected = settings_of(chosen).replace(seed=2**31 - 2)
    assert held
    assert TrainConfig(**argument["config"]) == expected
    assert controls == ["fast", *values_of(expected)]
    assert view["plan"]["config"]["seed"] == 2**31 - 2


@pytest.mark.parametrize("preset", BROKEN)
def test_mending_is_the_fast_recipe_on_the_same_data(asked: Asked, preset: str) -> None:
    chosen = values(preset, dataset="circles", seed=3, width=256)
    controls, view = asked.ask("mend", preset, chosen)
    argument, held = asked.started
    expected = settings_of(values_of(FAST.replace(dataset="circles", seed=3)))
    assert not held
    assert TrainConfig(**argument["config"]) == expected
    assert controls == ["fast", *values_of(expected)]
    assert (view["plan"]["preset"], view["plan"]["puzzle"]) == ("fast", None)


@pytest.mark.parametrize("verb", ["start", "step", "reset", "new seed"])
@pytest.mark.parametrize("recipe", ["fast", None, ["tiny"], "nonsense"])
def test_a_recipe_that_is_chosen_but_not_yet_shown_counts(
    asked: Asked, verb: str, recipe: Any
) -> None:
    # The controls are still those of the recipe before, with the data and the seed of now.
    chosen = values("fast", dataset="moons", seed=5, width=16)
    controls, view = asked.ask(verb, "tiny", chosen, recipe=recipe)
    config = TrainConfig(**asked.started[0]["config"])
    expected = settings_of(values_of(PRESETS["tiny"].replace(seed=config.seed)))
    assert config == expected
    assert (config.seed == 5) == (verb != "new seed")
    assert controls == ["tiny", *values_of(expected)]
    assert view["plan"]["preset"] == "tiny"


@pytest.mark.parametrize("pace", ["pace-1", "pace-10", "pace-full"])
def test_a_run_begins_at_the_pace_of_the_page(asked: Asked, pace: str) -> None:
    asked.ask("start", pace=pace)
    assert asked.started[0]["pace"] == pace


@pytest.mark.parametrize("pace", [None, "pace-7", 3, [], {}, "step"])
def test_another_pace_is_full_speed(asked: Asked, pace: Any) -> None:
    asked.ask("start", pace=pace)
    assert asked.started[0]["pace"] == "pace-full"


def test_a_visitor_has_one_run_at_a_time(asked: Asked) -> None:
    first, second = (asked.ask("start")[1]["run"] for _ in range(2))
    other = asked.ask("start", visitor="8765-4321")[1]["run"]
    assert [asked.store.poll(run).status for run in (first, second, other)] == [
        "stopped", "running", "running",
    ]  # fmt: skip


# --- restoring ---


def test_a_kept_model_goes_on_and_the_controls_show_its_settings(asked: Asked) -> None:
    config = SMALL.replace(seed=4, dataset="moons", preview_points=10_000, snapshot_every=1)
    name = keep_model(model_bytes(config, state=True))
    controls, view = asked.ask("restore", "tutorial", values("tutorial"), model=name)
    argument, held = asked.started
    seen = TrainConfig(**argument["config"])
    assert held
    assert argument["goes_on_from"] == name
    # Looked at as this page looks at runs, and else just as it was.
    assert (seen.preview_points, seen.snapshot_every) == (1000, 5)
    assert seen.replace(preview_points=10_000, snapshot_every=1) == config
    assert controls == ["fast", *values_of(seen)]
    assert view["plan"]["title"] == "Moons · Fast, changed · seed 4"
    assert view["then"] is None
    assert asked.store.poll(view["run"]).status == "paused"


def test_what_there_is_no_control_for_is_not_silently_kept(asked: Asked) -> None:
    config = SMALL.replace(zero_terminal_snr=True)
    name = keep_model(model_bytes(config, state=True))
    _, view = asked.ask("restore", model=name)
    assert view["plan"]["config"]["zero_terminal_snr"]
    assert not view["next"]["config"]["zero_terminal_snr"]  # what Start would train


@pytest.mark.parametrize("preset", PRESETS)
def test_a_kept_model_is_named_after_the_recipe_it_is_nearest_to(asked: Asked, preset: str) -> None:
    config = PRESETS[preset].replace(dataset="spiral", seed=8, steps=50)
    name = keep_model(model_bytes(config, state=True))
    controls, view = asked.ask("restore", "fast", model=name)
    assert controls[0] == view["plan"]["preset"] == preset


@pytest.mark.parametrize("model", [None, OWN, "s_curve-fast", "", 3, [], "../../secret"])
def test_what_was_never_kept_cannot_go_on(asked: Asked, model: Any) -> None:
    controls, view = asked.ask("restore", model=model)
    assert controls == STILL
    assert view["error"].startswith("This model is no longer on the server")
    assert asked.nothing


def test_a_model_of_a_run_that_costs_too_much_does_not_go_on(asked: Asked) -> None:
    config = TrainConfig(width=256, depth=5, batch_size=8192, steps=10**6, n_points=100_000)
    name = keep_model(model_bytes(config, state=True))
    _, view = asked.ask("restore", model=name)
    assert view["error"].startswith("steps must be at most")
    assert asked.nothing


# --- after a reload ---


def test_the_controls_are_as_they_were_before_a_reload_and_nothing_runs(asked: Asked) -> None:
    chosen = values("tutorial", width=16, seed=9, dataset="moons", preview="ddpm", T=50)
    before = look("tutorial", *chosen)["plan"]
    controls, view = asked.ask("again", recipe="tutorial", config=before["config"])
    assert controls == ["tutorial", *chosen]
    assert view == {"plan": before, "shipped": None, "again": True}
    assert asked.nothing


def test_what_the_settings_of_before_once_led_to_is_shown_again(asked: Asked) -> None:
    before = look("tutorial", *values("tutorial"))
    _, view = asked.ask("again", recipe="tutorial", config=before["plan"]["config"])
    assert view == {**before, "again": True}
    assert view["shipped"]


@pytest.mark.parametrize(
    "changes",
    [{"recipe": "donut"}, {"recipe": None}, {"config": None}, {"config": []}, {"config": {"T": 0}},
     {"config": {"T": "many"}}, {"config": {"depth": 99}}, {"config": {"nonsense": 1}}],
)  # fmt: skip
def test_settings_of_before_that_cannot_be_leave_all_as_it_is(
    asked: Asked, changes: dict[str, Any]
) -> None:
    detail = {"recipe": "fast", "config": FAST.model_dump(), **changes}
    assert asked.act({"do": "again", "visitor": VISITOR, **detail}) == [*STILL, SKIPPED]
    assert asked.nothing


# --- what is refused ---


@pytest.mark.parametrize("data", [None, 3, "start", [], ["do"], True])
def test_an_event_that_is_none_of_ours_does_nothing(asked: Asked, data: object) -> None:
    assert asked.act(data) == [SKIPPED] * (len(FIELDS) + 2)
    assert asked.nothing


@pytest.mark.parametrize("verb", [None, "", "stop", "explode", "START", 3, [], {}, ["start"]])
def test_a_verb_that_is_not_known_is_told(asked: Asked, verb: Any) -> None:
    controls, view = asked.ask(verb)
    assert controls == STILL
    assert view == {"error": "The page asked for something that the server does not know."}
    assert asked.nothing


@pytest.mark.parametrize(
    "visitor",
    [None, "", "123", "1" * 65, "12 34", "1234\n", "abcd", "١٢٣٤", 12345, ["1234"], {}],
    ids=repr,
)
def test_who_asks_must_be_told(asked: Asked, visitor: Any) -> None:
    controls, view = asked.ask("start", visitor=visitor)
    assert controls == STILL
    assert view == {"error": "The page's own name is missing; please reload the page."}
    assert asked.nothing
    assert asked.act({"do": "start"})[-1] == view


@pytest.mark.parametrize(
    ("verb", "preset", "changes", "says"),
    [
        ("start", "fast", {"learning_rate": 0}, "learning_rate must be greater than 0, not 0."),
        ("reset", "fast", {"steps": float("nan")}, "steps must be a"),
        ("step", "fast", {"dataset": ["x"]}, "dataset must be one of"),
        ("new seed", "donut", {}, "preset must be one of"),
        ("mend", "fast", {"seed": True}, "seed must be a number, not true or false."),
        ("start", None, {}, "preset must be one of"),
        ("start", "fast", {"width": 256, "depth": 5, "steps": 10**6}, "steps must be at most"),
    ],
)
def test_a_bad_setting_gets_one_sentence_and_starts_nothing(
    asked: Asked, verb: str, preset: Any, changes: dict[str, Any], says: str
) -> None:
    controls, view = asked.ask(verb, preset, values(**changes))
    assert controls == STILL
    assert set(view) == {"error"}
    assert view["error"].startswith(says)
    assert asked.nothing


def test_a_full_server_says_so(asked: Asked) -> None:
    asked.runner.places = 0
    asked.store._max_queued = 1
    assert "run" in asked.ask("start")[1]
    _, view = asked.ask("start", visitor="0000-1111")
    assert view == {"error": "Too many runs are waiting here; please try again in a few minutes."}


def test_a_run_that_ends_makes_room(asked: Asked) -> None:
    asked.runner.places = 1
    first = asked.ask("start")[1]["run"]
    second = asked.ask("start", visitor="0000-1111")[1]["run"]
    assert asked.store.poll(second).status == "queued"
    asked.runner.emit(Event("done", first))
    assert asked.store.poll(second).status == "running"


def test_seeds_are_drawn_from_all_that_are_allowed() -> None:
    assert FAST.replace(seed=train.MOST_SEED).seed == train.MOST_SEED == 2**31 - 1
