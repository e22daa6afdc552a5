"""The controls of a training run and the settings that they stand for."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import gradio as gr
import pytest

from explainer.config import TrainConfig
from explainer.cost import BUDGET, check_budget, multiply_adds
from explainer.presets import PRESETS
from explainer.settings import InvalidSetting
from explainer.ui.form import (
    DATA,
    FIELDS,
    GROUPS,
    PICTURES,
    POINTS,
    PREVIEW_POINTS,
    Form,
    as_watched,
    settings_of,
    train_form,
    values_of,
)
from explainer.ui.live import WATCHING
from explainer.ui.text import train as text

every_preset = pytest.mark.parametrize("preset", PRESETS)


def values(preset: str = "fast", **changes: Any) -> list[Any]:
    """Return what the controls show of a recipe, some of them changed."""
    fields = dict(zip(FIELDS, values_of(PRESETS[preset]), strict=True))
    assert changes.keys() <= fields.keys()
    return list({**fields, **changes}.values())


def refused(*args: Any, **changes: Any) -> str:
    with pytest.raises(InvalidSetting) as refusal:
        settings_of(values(*args, **changes))
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


# --- there and back ---


@every_preset
def test_values_and_settings_are_each_others_inverse(preset: str) -> None:
    config = PRESETS[preset]
    shown = values_of(config)
    found = settings_of(shown)
    assert found.model_dump(exclude=WATCHING) == config.model_dump(exclude=WATCHING)
    assert found.preview_eta == config.preview_eta
    assert values_of(found) == shown
    assert settings_of(values_of(found)) == found


def test_every_setting_has_a_control_but_these() -> None:
    assert len(set(FIELDS)) == len(FIELDS)
    # No recipe changes these two, and how a run is looked at is one choice, of the sampler.
    hidden = {"zero_terminal_snr", "weight_decay"}
    assert {*FIELDS, *hidden, *WATCHING} - {"preview"} == set(TrainConfig.model_fields)
    assert all(getattr(c, field) == getattr(TrainConfig(), field)
               for c in PRESETS.values() for field in hidden)  # fmt: skip


def test_values_may_come_as_a_page_sends_them() -> None:
    sent = values(width="64", depth=3.0, learning_rate="0.01", seed="7", clip_norm=2)
    config = settings_of(sent)
    assert (config.width, config.depth, config.learning_rate) == (64, 3, 0.01)
    assert (config.seed, config.clip_norm) == (7, 2.0)


@pytest.mark.parametrize("off", [0, 0.0, -0.0])
def test_a_bound_of_zero_on_the_gradient_is_none(off: float) -> None:
    assert settings_of(values(clip_norm=off)).clip_norm is None
    assert settings_of(values(clip_norm=0.5)).clip_norm == 0.5
    shown = dict(zip(FIELDS, values_of(TrainConfig(clip_norm=None)), strict=True))
    assert shown["clip_norm"] == 0


@pytest.mark.parametrize(("preview", "steps", "eta"), [("ddim", 20, 0.0), ("ddpm", 100, 1.0)])
def test_samples_are_drawn_with_either_sampler(preview: str, steps: int, eta: float) -> None:
    config = settings_of(values(preview=preview))
    assert (config.preview_steps, config.preview_eta) == (steps, eta)


@pytest.mark.parametrize(("steps", "every"), [(1, 1), (19, 1), (400, 20), (316_000, 15_800)])
def test_a_run_has_some_twenty_pictures(steps: int, every: int) -> None:
    config = settings_of(values("tutorial", steps=steps))
    assert config.snapshot_every == every
    assert config.steps // every <= PICTURES * 2


def test_a_run_from_elsewhere_is_looked_at_as_this_page_does() -> None:
    greedy = TrainConfig(
        snapshot_every=1, preview_points=10_000, preview_steps=1000, preview_eta=0.5, T=1000
    )
    found = as_watched(greedy)
    assert found.model_dump(exclude=WATCHING) == greedy.model_dump(exclude=WATCHING)
    assert (found.snapshot_every, found.preview_points) == (400 // PICTURES, PREVIEW_POINTS)
    assert (found.preview_steps, found.preview_eta) == (100, 1.0)
    assert as_watched(found) == found


# --- what is refused ---

NAN, INFINITE = math.nan, math.inf


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("dataset", "donut", "dataset must be one of 's_curve', 'moons'"),
        ("dataset", "own-123", "dataset must be one of"),
        ("schedule", None, "schedule must be one of 'tutorial', 'linear'"),
        ("n_points", 1, "n_points must be at least 2, not 1."),
        ("n_points", 10**6, "n_points must be at most 100000, not 1000000."),
        ("scaling", "none", "scaling must be one of 'standard' or 'tutorial', not 'none'."),
        ("T", 1, "T must be at least 2, not 1."),
        ("T", 10.5, "T must be a whole number, not 10.5."),
        ("objective", "score", "objective must be one of 'eps', 'x0' or 'v', not 'score'."),
        ("preview", "heun", "preview must be one of ddim, ddpm."),
        ("network", 3, "network must be one of 'fourier' or 'tutorial', not 3."),
        ("width", 7, "width must be at least 8, not 7."),
        ("width", True, "width must be a number, not true or false."),
        ("depth", 6, "depth must be at most 5, not 6."),
        ("time_embedding", "fourier", "time_embedding must be one of 'learned', 'sinusoidal'"),
        ("activation", "sine", "activation must be one of 'relu', 'silu', 'gelu' or 'tanh'"),
        ("steps", 0, "steps must be at least 1, not 0."),
        ("steps", None, "steps must be a whole number; it is empty."),
        ("steps", NAN, "steps must be a"),
        ("batch_size", 8193, "batch_size must be at most 8192, not 8193."),
        ("batch_size", INFINITE, "batch_size must be a"),
        ("learning_rate", 0, "learning_rate must be greater than 0, not 0."),
        ("learning_rate", 11, "learning_rate must be at most 10, not 11."),
        ("learning_rate", NAN, "learning_rate must be a finite number, not nan."),
        ("learning_rate", "fast", "learning_rate must be a number, not 'fast'."),
        ("learning_rate", None, "learning_rate must be a number; it is empty."),
        ("lr_schedule", "step", "lr_schedule must be one of 'constant', 'linear' or 'cosine'"),
        ("optimizer", "sgd", "optimizer must be one of 'adam' or 'adamw', not 'sgd'."),
        ("ema", 1, "ema must be less than 1, not 1."),
        ("ema", -0.1, "ema must be at least 0, not -0.1."),
        ("clip_norm", -1, "clip_norm must be greater than 0, not -1."),
        ("clip_norm", False, "clip_norm must be a number, not true or false."),
        ("clip_norm", None, "clip_norm must be a number; it is empty."),
        ("clip_norm", NAN, "clip_norm must be a finite number, not nan."),
        ("clip_norm", "0", "clip_norm must be greater than 0, not '0'."),
        ("t_sampling", [], "t_sampling must be one of 'stratified', 'antithetic' or 'uniform'"),
        ("seed", -1, "seed must be at least 0, not -1."),
        ("seed", 2**31, "seed must be at most 2147483647, not 2147483648."),
    ],
)  # fmt: skip
def test_a_bad_value_gets_one_sentence_that_names_its_field(
    field: str, value: object, says: str
) -> None:
    assert refused(**{field: value}).startswith(says)


def test_every_field_is_held_to_a_sentence() -> None:
    for field in FIELDS:
        assert refused(**{field: [["x"]]}).startswith(f"{field} must be "), field


JUNK = [
    None, True, False, NAN, INFINITE, -INFINITE, -1, 0, 0.5, 10**400, -(10**400), 1e308, "", " ",
    "nan", "1e999", "9" * 5000, "\ud800", "drop table", [], [[]], [1, 2], {}, {"a": 3}, (), b"x",
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_nonsense_is_refused_or_understood_and_raises_nothing_else(field: str) -> None:
    for junk in JUNK:
        sentence = f"{field} is understood"
        try:
            config = settings_of(values(**{field: junk}))
            assert settings_of(values_of(config)) == config
        except InvalidSetting as refusal:
            sentence = str(refusal)
        assert sentence.startswith(f"{field} ")
        assert len(sentence) < 250


def test_what_does_not_fit_together_is_told() -> None:
    sentence = refused("tutorial", batch_size=127)
    assert sentence == "batch_size must be even with antithetic t_sampling."


def test_a_run_that_costs_too_much_is_told_how_many_steps_there_may_be() -> None:
    large = {"width": 256, "depth": 5, "batch_size": 8000}
    sentence = refused(**large, steps=10**6)
    assert sentence.startswith("steps must be at most ")
    most = int(sentence.split()[5].replace(",", ""))
    assert "with this width, depth and batch_size" in sentence
    allowed = settings_of(values(**large, steps=most))
    assert multiply_adds(allowed) * most <= BUDGET
    assert refused(**large, steps=most + 1).startswith(f"steps must be at most {most:,} ")
    with pytest.raises(InvalidSetting, match="steps must be at most"):
        as_watched(allowed.replace(steps=10**6))


@every_preset
def test_every_recipe_is_within_what_a_run_may_cost(preset: str) -> None:
    check_budget(settings_of(values(preset)))


# --- the controls ---


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> Form:
    # Controls can be made by themselves; what folds them away needs a page around it.
    monkeypatch.setattr(gr, "Accordion", lambda *said, **more: nullcontext())
    return train_form(PRESETS["memory"])


def test_controls_stand_in_the_order_of_their_fields_and_show_the_recipe(form: Form) -> None:
    assert tuple(form.controls) == FIELDS
    assert form.components == list(form.controls.values())
    assert [component.value for component in form.components] == values("memory")
    assert {*DATA, "seed", *(f for fields in GROUPS.values() for f in fields)} == set(FIELDS)
    assert set(GROUPS) == set(text.GROUPS)
    assert set(text.CONTROLS) == set(FIELDS)


def test_every_choice_is_allowed(form: Form) -> None:
    for field, control in form.controls.items():
        for _, choice in getattr(control, "choices", None) or []:
            settings_of(values(**{field: choice}))
        if isinstance(control, gr.Slider):
            for end in (control.minimum, control.maximum):
                settings_of(values(**{field: end}))


def test_choices_are_all_that_a_config_knows() -> None:
    for field, words in text.CHOICES.items():
        if field == "preview":
            continue
        said = refused(**{field: "x"}).partition(", not")[0]
        assert said.split("'")[1::2] == list(words), field


@every_preset
def test_the_points_of_every_recipe_can_be_chosen(preset: str) -> None:
    assert PRESETS[preset].n_points in POINTS
