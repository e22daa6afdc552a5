"""What the view of a training run is given: the plan, a shipped run, and the words."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from explainer.config import TrainConfig
from explainer.cost import multiply_adds
from explainer.page_settings import FloorSettings, ShippedRunSettings
from explainer.presets import BROKEN, PRESETS
from explainer.ui.form import settings_of, values_of
from explainer.ui.kept_models import kept_models
from explainer.ui.live import live_view, plan, shipped, title
from explainer.ui.text import train as text
from explainer.ui.text.puzzles import PUZZLES

OWN = "own-0123456789abcdef"
FAST = PRESETS["fast"]
every_preset = pytest.mark.parametrize("preset", PRESETS)


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(address.partition("?")[2]))


# --- the title ---


@pytest.mark.parametrize(
    ("preset", "changes", "says"),
    [
        ("fast", {}, "S-curve · Fast · seed 0"),
        ("fast", {"seed": 7, "dataset": "moons"}, "Moons · Fast · seed 7"),
        ("fast", {"dataset": OWN}, "My points · Fast · seed 0"),
        ("fast", {"snapshot_every": 3, "preview_eta": 1.0}, "S-curve · Fast · seed 0"),
        ("fast", {"steps": 300}, "S-curve · Fast, changed · seed 0"),
        ("tutorial", {}, "S-curve · Tutorial · seed 0"),
        ("tutorial", {"clip_norm": None}, "S-curve · Tutorial, changed · seed 0"),
        ("memory", {}, "S-curve · Puzzle 6 · seed 0"),
    ],
)
def test_a_run_is_called_by_its_data_its_recipe_and_its_seed(
    preset: str, changes: dict[str, Any], says: str
) -> None:
    assert title(preset, PRESETS[preset].replace(**changes)) == says


# --- the plan ---


@every_preset
def test_a_plan_is_all_that_the_page_needs(preset: str) -> None:
    config = settings_of(values_of(PRESETS[preset]))
    told = json.loads(json.dumps(plan(preset, config)))
    assert told["preset"] == preset
    assert "changed" not in told["title"]
    assert TrainConfig(**told["config"]) == config
    assert TrainConfig.from_query(dict(parse_qsl(told["takeHome"]))) == config
    assert told["work"] == multiply_adds(config)
    assert told["batch"] == {"tutorial": 128}.get(preset, 1000)
    if preset in BROKEN:
        assert told["puzzle"]["name"] == preset
        assert {"question", "answer", "look"} <= set(told["puzzle"])
    else:
        assert told["puzzle"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"T": 30, "schedule": "linear", "dataset": "moons"},
        {"objective": "x0", "scaling": "tutorial", "zero_terminal_snr": True},
        {"dataset": OWN, "schedule": OWN},
    ],
)
def test_the_floor_of_a_plan_is_that_of_its_data_and_noise(changes: dict[str, Any]) -> None:
    config = FAST.replace(**changes)
    address = plan("fast", config)["truth"]
    assert address.startswith("api/truth?")
    asked = FloorSettings.from_query(query(address))
    assert set(FloorSettings.model_fields) <= set(TrainConfig.model_fields)
    for field in FloorSettings.model_fields:
        assert getattr(asked, field) == getattr(config, field)


def test_what_decides_nothing_of_the_floor_leaves_its_address() -> None:
    other = FAST.replace(width=8, seed=4, n_points=16, steps=10)
    assert plan("fast", other)["truth"] == plan("fast", FAST)["truth"]


# --- shipped runs ---


@pytest.mark.parametrize(("preset", "dataset"), [("fast", "s_curve"), ("fast", "moons"),
                                                ("tutorial", "s_curve")])  # fmt: skip
def test_a_shipped_run_is_shown_for_its_settings(preset: str, dataset: str) -> None:
    config = settings_of(values_of(PRESETS[preset].replace(dataset=dataset)))
    found = shipped(preset, config)
    assert found is not None
    assert found["config"] == config.model_dump()
    assert found["src"].startswith("api/shipped-run?")
    asked = ShippedRunSettings.from_query(query(found["src"]))
    assert (asked.preset, asked.dataset) == (preset, dataset)
    history = found["history"]
    assert history["step"][-1] == config.steps
    assert len({len(values) for values in history.values()}) == 1
    assert {"step", "loss", "validation_loss"} <= set(history)
    assert found["seconds"] > 0
    assert json.dumps(found)


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("fast", {"learning_rate": 0.02}),
        ("fast", {"seed": 1}),
        ("fast", {"dataset": OWN}),
        ("tutorial", {"dataset": "moons"}),
        ("timeless", {}),
    ],
)
def test_no_shipped_run_is_shown_for_other_settings(preset: str, changes: dict[str, Any]) -> None:
    assert shipped(preset, PRESETS[preset].replace(**changes)) is None


# --- words ---


def test_every_recipe_and_every_puzzle_has_its_words() -> None:
    assert list(text.PRESETS) == list(PRESETS)
    assert set(PUZZLES) == set(BROKEN)


def test_the_view_is_given_its_words_as_text() -> None:
    view = live_view({"plan": plan("fast", FAST), "shipped": shipped("fast", FAST)})
    words = view.props["words"]
    assert json.loads(json.dumps(words)) == words
    assert set(text.WORDS) < set(words)
    assert "static/page/live.js" in view.js_on_load


def test_what_offers_kept_models_cannot_be_seen() -> None:
    component = kept_models()
    assert component.visible == "hidden"
    assert "static/page/offering.js" in component.js_on_load
    assert json.dumps(component.props["words"])
