"""What the tabs' event handlers share."""

from __future__ import annotations

import pytest

from explainer.ui.handlers import being_typed, one_sentence
from explainer.ui.tabs import forward, schedules


@pytest.mark.parametrize("T", [0, 1, 2, 9, 9.5])
def test_a_number_that_is_being_typed_changes_nothing(T: float) -> None:
    assert being_typed(T)
    updates = [*forward._show("s_curve", "cosine", T, False, "jump")]
    updates += schedules._show(["linear"], T, False, "linear", 1.0, "s_curve")
    assert all(set(update) == {"__type__"} for update in updates)


@pytest.mark.parametrize("T", [10, 1000, 5000, -3, True, None, "2", float("nan"), float("inf")])
def test_what_is_meant_or_forged_is_answered(T: object) -> None:
    assert not being_typed(T)
    answer, *_ = forward._show("s_curve", "cosine", T, False, "jump")
    assert set(answer) <= {"src", "error"}


def test_a_refusal_becomes_a_value() -> None:
    def refuse() -> dict[str, str]:
        raise ValueError("T must be smaller.")

    assert one_sentence(refuse)() == {"error": "T must be smaller."}
