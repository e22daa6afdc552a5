"""A kept model tells what it is, and can be chosen like a shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from explainer.folder import FOLDER_VARIABLE
from explainer.own import keep_curve, keep_model
from explainer.own_models import OwnModel, describe, own_model
from explainer.page_settings import SampleSettings, model_levels
from explainer.settings import InvalidSetting
from tests.made_models import SMALL, model_bytes

UNKNOWN = "own-0123456789abcdef"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    own_model.cache_clear()
    return tmp_path


@pytest.mark.parametrize("state", [True, False])
def test_a_kept_model_tells_what_it_is(state: bool) -> None:
    name = keep_model(model_bytes(state=state))
    assert own_model(name) == OwnModel(name, SMALL, 40, state)


@pytest.mark.parametrize("step", [None, "40", 4.0, True, -1, 101])
def test_one_that_does_not_say_how_long_it_was_trained_is_refused(step: object) -> None:
    with pytest.raises(InvalidSetting, match=r"^The checkpoint does not say after how many steps"):
        describe(model_bytes(step=step), UNKNOWN)


def test_what_is_no_model_counts_as_gone() -> None:
    for name in (UNKNOWN, keep_curve([0, 1], [1, 0.5], "handles"), "s_curve-fast"):
        with pytest.raises(ValueError, match=r"^This model is no longer on the server"):
            own_model(name)


def test_a_kept_model_is_chosen_by_its_name() -> None:
    name = keep_model(model_bytes())
    assert model_levels(name) == SMALL.T
    settings = SampleSettings(model=name, steps=SMALL.T)
    assert SampleSettings.from_query(
        dict(pair.split("=") for pair in settings.to_query().split("&"))
    )
    with pytest.raises(InvalidSetting, match=r"^steps must be at most 20, the noise levels of"):
        SampleSettings(model=name, steps=21)
    with pytest.raises(InvalidSetting, match="schedule can be chosen for an exact denoiser only"):
        SampleSettings(model=name, steps=5, schedule="linear")


def test_a_model_that_is_gone_is_told_in_a_sentence() -> None:
    says = (
        "^This model is no longer on the server: train it again, or upload the file that you "
        r"downloaded\.$"
    )
    with pytest.raises(InvalidSetting, match=says):
        SampleSettings(model=UNKNOWN)
    with pytest.raises(InvalidSetting, match=says):
        SampleSettings(model=keep_curve([0, 1], [1, 0.5], "handles"))


@pytest.mark.parametrize("name", ["own-", "own-../../etc/passwd", UNKNOWN + "\n", "exact-", "x"])
def test_other_names_are_no_models(name: str) -> None:
    with pytest.raises(InvalidSetting, match=r"^model must be one of"):
        SampleSettings(model=name)
