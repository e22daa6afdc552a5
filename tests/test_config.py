"""A training run's settings: their limits, and that they make sense together."""

import json
import pickle
import re
from typing import get_args
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from explainer.config import (
    Activation,
    LearningRateSchedule,
    NetworkName,
    OptimizerName,
    TimeEmbedding,
    TrainConfig,
)
from explainer.presets import PRESETS
from explainer.settings import DATASET_NAMES, SCHEDULE_NAMES, InvalidSetting, ObjectiveName, Scaling


@st.composite
def configs(draw):
    T = draw(st.integers(2, 1000))
    t_sampling = draw(st.sampled_from(["stratified", "antithetic", "uniform"]))
    batch_size = {
        "stratified": st.integers(1, 8192 // T).map(lambda k: k * T) | st.integers(2, T),
        "antithetic": st.integers(1, 4096).map(lambda half: 2 * half),
        "uniform": st.integers(2, 8192),
    }[t_sampling]
    objective = draw(st.sampled_from(get_args(ObjectiveName)))
    return TrainConfig(
        dataset=draw(st.sampled_from(DATASET_NAMES)),
        n_points=draw(st.integers(2, 100_000)),
        scaling=draw(st.sampled_from(get_args(Scaling))),
        schedule=draw(st.sampled_from(SCHEDULE_NAMES)),
        T=T,
        zero_terminal_snr=objective != "eps" and draw(st.booleans()),
        objective=objective,
        network=draw(st.sampled_from(get_args(NetworkName))),
        time_embedding=draw(st.none() | st.sampled_from(get_args(TimeEmbedding))),
        activation=draw(st.sampled_from(get_args(Activation))),
        optimizer=draw(st.sampled_from(get_args(OptimizerName))),
        weight_decay=draw(st.floats(0, 1)),
        batch_size=draw(batch_size),
        t_sampling=t_sampling,
        learning_rate=draw(st.floats(0, 10, exclude_min=True)),
        lr_schedule=draw(st.sampled_from(get_args(LearningRateSchedule))),
        clip_norm=draw(st.none() | st.floats(0, 1e9, exclude_min=True)),
        ema=draw(st.floats(0, 1, exclude_max=True)),
        seed=draw(st.integers(0, 2**31 - 1)),
        preview_steps=draw(st.integers(1, T)),
        preview_eta=draw(st.floats(0, 1)),
    )


@given(configs())
def test_a_config_comes_back_from_an_address_from_json_and_from_a_process(config):
    query = dict(parse_qsl(config.to_query(), keep_blank_values=True))
    assert TrainConfig.from_query(query) == config
    assert TrainConfig(**json.loads(config.model_dump_json())) == config
    assert pickle.loads(pickle.dumps(config)) == config


@pytest.mark.parametrize("name", PRESETS)
def test_presets_come_back_from_an_address(name):
    query = dict(parse_qsl(PRESETS[name].to_query(), keep_blank_values=True))
    assert TrainConfig.from_query(query) == PRESETS[name]


NUMBERS = {
    "n_points": [1, 100_001],
    "T": [1, 1001],
    "width": [7, 257],
    "depth": [0, 6],
    "batch_size": [1, 8193],
    "steps": [0, 1_000_001],
    "learning_rate": [0, 10.1],
    "weight_decay": [-0.1, 1.1],
    "clip_norm": [0, -1.0],
    "ema": [-0.1, 1.0],
    "seed": [-1, 2**31],
    "snapshot_every": [0, -5],
    "preview_points": [-1, 10_001],
    "preview_steps": [0, 1001],
    "preview_eta": [-0.1, 1.1],
}
NAMES = [
    "dataset", "scaling", "schedule", "objective", "network", "activation", "t_sampling",
    "optimizer", "lr_schedule",
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in NUMBERS.items() for value in values]
    + [(f, v) for f in NUMBERS for v in (True, float("nan"), float("inf"), "x", [1], {})]
    + [(f, v) for f in NAMES for v in ("other", 1, None, "")]
    + [("time_embedding", v) for v in ("other", 1, "", [1])]
    + [("zero_terminal_snr", v) for v in ("maybe", 2, None)]
    + [("rate", 0.1), ("self", 1)],
)
def test_what_is_not_allowed_is_refused_in_one_sentence_that_names_the_field(field, value):
    with pytest.raises(InvalidSetting) as caught:
        TrainConfig(**{field: value})
    assert re.fullmatch(rf"{field} [^\n]+[^.\n]\.", str(caught.value))


def test_every_field_has_a_refusal_here():
    assert set(TrainConfig.model_fields) == {
        *NUMBERS, *NAMES, "time_embedding", "zero_terminal_snr",
    }  # fmt: skip


@pytest.mark.parametrize(("network", "own"), [("tutorial", "learned"), ("fourier", "sinusoidal")])
def test_a_network_has_a_time_embedding_of_its_own(network, own):
    for fields in ({}, {"time_embedding": None}):
        assert TrainConfig(network=network, **fields).time_embedding == own
    for named in get_args(TimeEmbedding):
        assert TrainConfig(network=network, time_embedding=named).time_embedding == named
    assert TrainConfig.from_query({"network": network}).time_embedding == own


def test_without_a_word_of_the_network_the_time_embedding_is_that_of_the_default():
    assert TrainConfig().time_embedding == TrainConfig(network="fourier").time_embedding
    assert TrainConfig(time_embedding="none").network == "fourier"


def test_another_network_keeps_the_time_embedding():
    assert TrainConfig().replace(network="tutorial").time_embedding == "sinusoidal"
    own = TrainConfig().replace(network="tutorial", time_embedding=None)
    assert own == TrainConfig(network="tutorial")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"objective": "eps", "zero_terminal_snr": True},
            r"^objective must be x0 or v with zero_t",
        ),
        ({"t_sampling": "antithetic", "batch_size": 99}, r"^batch_size must be even"),
    ],
)
def test_what_does_not_fit_together_is_refused(fields, message):
    with pytest.raises(InvalidSetting, match=message + r".*\.$"):
        TrainConfig(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"objective": "v", "zero_terminal_snr": True},
        {"t_sampling": "uniform", "batch_size": 99},
        {"batch_size": 50},
        {"batch_size": 300},
        {"T": 20, "batch_size": 20, "preview_steps": 20},
    ],
)
def test_what_fits_together_is_allowed(fields):
    config = TrainConfig(**fields)
    assert {name: getattr(config, name) for name in fields} == fields


def test_numbers_may_arrive_as_text():
    config = TrainConfig.from_query({"steps": "20", "learning_rate": "1e-3", "width": "16.0"})
    assert config == TrainConfig(steps=20, learning_rate=0.001, width=16)


def test_a_config_is_frozen():
    config = TrainConfig()
    with pytest.raises(ValidationError, match="frozen"):
        config.steps = 5
    assert config.replace(steps=5).steps == 5
    assert config == TrainConfig()
