"""What a learner brings is read whole before it is offered."""

from __future__ import annotations

import pytest

from explainer.experiments.models import check_model
from explainer.own import keep_curve, keep_model
from tests.made_models import SMALL, model_bytes


@pytest.mark.parametrize("state", [True, False])
def test_a_good_model_is_found_to_be_one(state: bool) -> None:
    assert check_model({"name": keep_model(model_bytes(state=state))})


def test_what_cannot_be_used_is_told_in_a_sentence(own_schedule: str) -> None:
    data = model_bytes()
    with pytest.raises(ValueError, match=r"^The file is not a \.safetensors file, or it is dam"):
        check_model({"name": keep_model(data[:-4])})
    with pytest.raises(ValueError, match=r"has values that are not finite\.$"):
        check_model({"name": keep_model(model_bytes(grown=float("inf")))})
    lost = SMALL.replace(schedule="own-0123456789abcdef")
    with pytest.raises(ValueError, match="This schedule is no longer here"):
        check_model({"name": keep_model(model_bytes(lost))})
    with pytest.raises(ValueError, match="This model is no longer on the server"):
        check_model({"name": keep_curve([0, 1], [1, 0.5], "handles")})
    assert check_model({"name": keep_model(model_bytes(SMALL.replace(schedule=own_schedule)))})
