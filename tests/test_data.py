"""Data sets against scikit-learn and their own promises."""

import numpy as np
import pytest
import torch
from sklearn.datasets import make_s_curve
from torch.testing import assert_close

from explainer.data import S_CURVE_NOISE, make_dataset, s_curve_centreline, spread
from explainer.folder import FOLDER_VARIABLE
from explainer.own import keep_points
from explainer.settings import DATASET_NAMES


@pytest.mark.parametrize("name", DATASET_NAMES)
@pytest.mark.parametrize("n", [2, 501])
def test_shapes_types_and_colours(name, n):
    data = make_dataset(name, n, seed=3)
    assert data.name == name
    for tensor, shape in ((data.x, (n, 2)), (data.color, (n,))):
        assert tensor.shape == shape
        assert tensor.dtype == torch.float32
        assert torch.isfinite(tensor).all()
    assert data.mean.shape == data.scale.shape == (2,)
    assert data.mean.dtype == data.scale.dtype == torch.float64
    assert 0 <= data.color.min() <= data.color.max() <= 1


@pytest.mark.parametrize("name", DATASET_NAMES)
def test_standard_scaling_has_mean_zero_and_variance_one(name):
    x = make_dataset(name, 2000, seed=0).x.double()
    assert_close(x.mean(0), torch.zeros(2).double(), rtol=0, atol=1e-6)
    assert_close(x.var(0, correction=0), torch.ones(2).double(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", DATASET_NAMES)
def test_both_scalings_hold_the_same_points(name):
    standard = make_dataset(name, 300, seed=5)
    tutorial = make_dataset(name, 300, seed=5, scaling="tutorial")
    assert_close(standard.to_data_units(standard.x), tutorial.x * 10, rtol=0, atol=2e-5)
    assert_close(tutorial.to_data_units(tutorial.x), tutorial.x * 10, rtol=0, atol=0)
    assert_close(standard.color, tutorial.color, rtol=0, atol=0)
    batch = tutorial.x.reshape(3, 100, 2)
    assert tutorial.to_data_units(batch).shape == (3, 100, 2)


@pytest.mark.parametrize("name", DATASET_NAMES)
def test_a_seed_is_all_that_decides(name):
    first, again, other = (make_dataset(name, 100, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.x, again.x)
    assert torch.equal(first.color, again.color)
    assert not torch.equal(first.x, other.x)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_tutorial_scaling_is_the_tutorials_data(seed):
    points, _ = make_s_curve(500, noise=0.1, random_state=seed)
    expected = torch.from_numpy(points[:, [0, 2]] / 10).float()
    assert torch.equal(make_dataset("s_curve", 500, seed=seed, scaling="tutorial").x, expected)


def test_the_centreline_is_the_s_without_noise():
    points, _ = make_s_curve(500, noise=0.0, random_state=0)
    clean = torch.from_numpy(points[:, [0, 2]]).float()
    line = s_curve_centreline()
    assert line.shape == (2001, 2)
    step = (line[1:] - line[:-1]).norm(dim=1)
    assert_close(step, torch.full_like(step, 3 * np.pi / 2000), rtol=0, atol=1e-5)
    assert torch.cdist(clean, line).amin(dim=1).max() <= step.max() / 2


def test_colour_runs_along_the_s():
    data = make_dataset("s_curve", 3000, seed=0)
    at = s_curve_centreline()[(data.color * 2000).round().long()]
    off = (data.to_data_units(data.x) - at).norm(dim=1)
    assert off.max() < 5.5 * S_CURVE_NOISE
    assert off.square().mean().sqrt().item() == pytest.approx(S_CURVE_NOISE * 2**0.5, rel=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "blob"}, r"^dataset must be one of s_curve, .*, not 'blob'$"),
        ({"scaling": "log"}, r"^scaling must be one of standard, tutorial, not 'log'$"),
        ({"n": 1}, r"^n must be .* not 1$"),
        ({"n": 1_000_001}, r"^n must be .* not 1000001$"),
        ({"n": 20.0}, r"^n must be .* not 20.0$"),
        ({"n": True}, r"^n must be .* not True$"),
    ],
)
def test_what_make_dataset_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        make_dataset(**{"name": "moons", "n": 100, "seed": 0, **change})


def test_spread_covers_the_cube_evenly_and_touches_no_edge():
    u = spread(1024, 3, seed=1)
    assert u.shape == (1024, 3)
    assert u.min() > 0
    assert u.max() < 1
    cells = (u * 4).long() @ torch.tensor([16, 4, 1])
    assert (cells.bincount(minlength=64) == 16).all()  # each of 64 cells alike
    assert torch.equal(u, spread(1024, 3, seed=1))
    assert not torch.equal(u, spread(1024, 3, seed=2))


# --- one's own points ---


@pytest.fixture
def keep(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    def kept(points):
        points = np.asarray(points, dtype=float)
        return keep_points(points, np.linspace(0, 1, len(points)))

    return kept


def test_own_points_are_standardised_and_come_back(keep):
    points = np.random.RandomState(0).normal([5e4, -3], [200, 0.01], size=(500, 2))
    data = make_dataset(keep(points), 1000, seed=0)
    assert data.x.shape == (500, 2)
    torch.testing.assert_close(data.x.mean(dim=0), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(data.x.std(dim=0, correction=0), torch.ones(2), atol=1e-4, rtol=0)
    back = data.to_data_units(data.x)
    torch.testing.assert_close(back, torch.from_numpy(points).float(), rtol=1e-6, atol=2e-2)


def test_fewer_own_points_are_a_sample_in_order(keep):
    name = keep(np.random.RandomState(0).normal(size=(500, 2)))
    few, again, other = (make_dataset(name, 100, seed=seed) for seed in (1, 1, 2))
    assert len(few.x) == 100
    assert (few.color.diff() > 0).all()
    assert torch.equal(few.x, again.x)
    assert not torch.equal(few.x, other.x)


@pytest.mark.parametrize("axis", [0, 1])
def test_points_on_a_line_along_an_axis_have_a_safe_scale(keep, axis):
    points = np.full((50, 2), 3.0)
    points[:, axis] = np.linspace(-2, 2, 50)
    data = make_dataset(keep(points), 50, seed=0)
    assert torch.isfinite(data.x).all()
    assert data.scale[0] == data.scale[1] > 1
    assert (data.x[:, 1 - axis] == 0).all()


def test_points_that_are_gone_are_told(keep):
    with pytest.raises(ValueError, match="no longer here"):
        make_dataset("own-0123456789abcdef", 10, seed=0)
