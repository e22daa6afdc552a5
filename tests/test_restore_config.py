"""What a run that learns to undo a corruption may be told."""

import pytest

from explainer.noise_settings import DIGITS
from explainer.own import keep_points
from explainer.restore_config import RestoreConfig, recipe
from explainer.settings import DATASET_NAMES, MAIN_CORRUPTIONS, InvalidSetting


def test_every_recipe_is_valid_and_says_what_was_asked():
    for kind in MAIN_CORRUPTIONS:
        for dataset, network in [(d, "mlp") for d in (*DATASET_NAMES, DIGITS)] + [(DIGITS, "unet")]:
            config = recipe(dataset, network, kind, seed=4)
            assert (config.dataset, config.network) == (dataset, network)
            assert (config.kind, config.seed) == (kind, 4)


def test_points_of_ones_own_have_a_recipe():
    name = keep_points([[0, 1], [2, 3], [4, 4]], [0, 0.5, 1])
    assert recipe(name, "mlp", "uniform").dataset == name


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"network": "unet"}, "network must be mlp for s_curve: a unet looks at neighbouring"),
        ({"dataset": DIGITS, "network": "unet", "depth": 4}, "depth must be at most 3 with unet"),
        ({"kind": "poisson"}, "kind must be one of 'gaussian', 'salt_and_pepper' or 'uniform'"),
        ({"dataset": "../digits"}, "dataset must be one of 's_curve', "),
        ({"dataset": ["digits"]}, "dataset must be one of 's_curve', "),
        ({"steps": 0}, "steps must be at least 1, not 0."),
        ({"ema": 1}, "ema must be less than 1"),
    ],
)
def test_what_is_refused(fields, sentence):
    with pytest.raises(InvalidSetting) as caught:
        RestoreConfig(**fields)
    assert str(caught.value).startswith(sentence)
