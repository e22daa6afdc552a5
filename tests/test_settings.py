"""What a person can set is checked when it is made; every refusal is one sentence."""

import json
import pickle
import re
from typing import Annotated
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from explainer.settings import DATASET_NAMES, DatasetName, InvalidSetting, Real, Settings, Whole


class Example(Settings):
    shape: DatasetName = "s_curve"
    count: Annotated[Whole, Field(ge=1, le=1000)] = 10
    rate: Annotated[Real, Field(gt=0, lt=100)] = 0.5
    limit: Annotated[Real, Field(gt=0)] | None = None
    on: bool = False
    pair: Annotated[tuple[Whole, ...], Field(min_length=1, max_length=2)] = (1, 2)


class Needy(Settings):
    count: Whole


def refusal(**fields):
    with pytest.raises(InvalidSetting) as caught:
        Example(**fields)
    message = str(caught.value)
    assert re.fullmatch(r"[^\n]+\.", message)
    assert len(message) < 200
    return message


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("count", 0, "count must be at least 1, not 0."),
        ("count", 1001, "count must be at most 1000, not 1001."),
        ("count", 20.5, "count must be a whole number, not 20.5."),
        ("count", "x", "count must be a whole number, not 'x'."),
        ("count", "", "count must be a whole number, not ''."),
        ("count", None, "count must be a whole number; it is empty."),
        ("count", [1], "count must be a whole number, not [1]."),
        ("count", True, "count must be a number, not true or false."),
        ("count", float("nan"), "count must be a finite number, not nan."),
        ("count", float("-inf"), "count must be a finite number, not -inf."),
        ("count", "nan", "count must be a finite number, not nan."),
        ("rate", 0, "rate must be greater than 0, not 0."),
        ("rate", 100.0, "rate must be less than 100, not 100.0."),
        ("rate", "fast", "rate must be a number, not 'fast'."),
        ("rate", None, "rate must be a number; it is empty."),
        ("rate", False, "rate must be a number, not true or false."),
        ("rate", float("nan"), "rate must be a finite number, not nan."),
        ("rate", "inf", "rate must be a finite number, not 'inf'."),
        ("limit", -1, "limit must be greater than 0, not -1."),
        ("limit", "much", "limit must be a number, not 'much'."),
        ("limit", True, "limit must be a number, not true or false."),
        ("limit", float("inf"), "limit must be a finite number, not inf."),
        ("on", "maybe", "on must be true or false, not 'maybe'."),
        ("on", 2, "on must be true or false, not 2."),
        ("on", None, "on must be true or false; it is empty."),
        ("pair", [], "pair needs at least 1, not []."),
        ("pair", [1, 2, 3], "pair takes at most 2, not [1, 2, 3]."),
        ("pair", [1, "x"], "pair 1 must be a whole number, not 'x'."),
        ("colour", 1, "colour is not a setting here."),
        ("self", 1, "self is not a setting here."),
    ],
)
def test_refusals(field, value, message):
    assert refusal(**{field: value}) == message


def test_a_name_is_one_of_the_names():
    message = refusal(shape="blob")
    assert message.startswith("shape must be one of 's_curve', ")
    assert message.endswith(", not 'blob'.")
    assert all(f"'{name}'" in message for name in DATASET_NAMES)
    assert len(refusal(shape="x" * 10_000)) < 200


def test_a_missing_field_is_named():
    with pytest.raises(InvalidSetting, match=r"^count is missing\.$"):
        Needy()


@pytest.mark.parametrize("value", [20, 20.0, "20", "20.0", "2e1"])
def test_whole_numbers_may_arrive_as_sliders_and_addresses_send_them(value):
    count = Example(count=value).count
    assert count == 20
    assert type(count) is int


@pytest.mark.parametrize("value", [2, 2.0, "2", "2.0"])
def test_real_numbers_too(value):
    rate = Example(rate=value).rate
    assert rate == 2.0
    assert type(rate) is float


def test_settings_are_frozen_hashable_and_equal_by_value():
    one, same, other = Example(), Example(count="10"), Example(count=11)
    with pytest.raises(ValidationError, match="frozen"):
        one.count = 3
    assert one == same != other
    assert len({one, same, other}) == 2


def test_replace_checks_again():
    one = Example(count=3)
    assert one.replace(rate=2) == Example(count=3, rate=2.0)
    assert one.count == 3
    with pytest.raises(InvalidSetting, match=r"^count must be at most"):
        one.replace(count=5000)
    with pytest.raises(InvalidSetting, match=r"^colour is not a setting"):
        one.replace(colour=1)


class Flat(Settings):
    """What an address can hold: no tuples."""

    shape: DatasetName = "s_curve"
    count: Annotated[Whole, Field(ge=1, le=1000)] = 10
    rate: Annotated[Real, Field(gt=0, lt=100)] = 0.5
    limit: Annotated[Real, Field(gt=0)] | None = None
    on: bool = False


flat = st.builds(
    Flat,
    shape=st.sampled_from(DATASET_NAMES),
    count=st.integers(1, 1000),
    rate=st.floats(0, 100, exclude_min=True, exclude_max=True),
    limit=st.none() | st.floats(0, exclude_min=True, allow_infinity=False),
    on=st.booleans(),
)


@given(flat)
def test_an_address_gives_the_settings_back(settings):
    query = settings.to_query()
    assert Flat.from_query(dict(parse_qsl(query, keep_blank_values=True))) == settings
    assert re.fullmatch(r"[\w.=&%+-]*", query)


@given(flat)
def test_json_and_pickle_give_the_settings_back(settings):
    assert Flat(**json.loads(settings.model_dump_json())) == settings
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_equal_settings_have_equal_addresses():
    assert Flat(count=10.0, on="true").to_query() == Flat(on=True).to_query()
    assert "count=10" in Flat().to_query()
    assert "on=false" in Flat().to_query()


def test_what_an_address_leaves_out_keeps_its_default():
    assert Flat.from_query({}) == Flat()
    assert Flat.from_query({"count": "7"}) == Flat(count=7)


@pytest.mark.parametrize(
    "query", [{"colour": "1"}, {"count": "1e999"}, {"on": "perhaps"}, {"self": "1"}]
)
def test_an_address_is_checked_as_all_else(query):
    with pytest.raises(InvalidSetting, match=rf"^{next(iter(query))} .*\.$"):
        Flat.from_query(query)


def test_a_refusal_travels_between_processes():
    error = pickle.loads(pickle.dumps(InvalidSetting("count must be at least 1, not 0.")))
    assert isinstance(error, ValueError)
    assert str(error) == "count must be at least 1, not 0."
