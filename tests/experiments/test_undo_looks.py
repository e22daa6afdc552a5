"""Looks at networks that undo noise: what they hold, against restorers whose answers are known."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from explainer.cold import rules_for
from explainer.corruptions import CORRUPTIONS
from explainer.data import make_dataset
from explainer.digits import digits
from explainer.experiments.undo_looks import FEW, MANY, errors, finished, look
from explainer.experiments.undo_scenes import (
    AMOUNTS,
    DigitScene,
    PointScene,
    Scene,
    scene_of,
)
from explainer.folder import FOLDER_VARIABLE
from explainer.frames import decode, dequantise
from explainer.own import keep_points
from explainer.restore_config import RestoreConfig
from explainer.restorers import Restorer
from explainer.settings import MAIN_CORRUPTIONS

WALKS = [(kind, rule) for kind in MAIN_CORRUPTIONS for rule in rules_for(kind)]
Look = tuple[dict[str, Any], dict[str, np.ndarray]]


def always(place: Tensor) -> Restorer:
    """A restorer that says the same (1, d) whatever it sees."""
    return lambda x, amount: place.expand(x.shape)


def told(scene: Scene, restorer: Restorer, **more: Any) -> Look:
    return decode(finished(look(scene, dict.fromkeys(MAIN_CORRUPTIONS, restorer), **more)))


@pytest.fixture(scope="module")
def points() -> PointScene:
    scene = PointScene(RestoreConfig(dataset="moons", n_points=1000))
    scene.samples = 450  # more than are drawn, and fast
    return scene


@pytest.fixture(scope="module")
def pictures() -> DigitScene:
    scene = DigitScene()
    scene.samples = 40
    return scene


@pytest.fixture(scope="module")
def of_points(points: PointScene) -> Look:
    return told(points, always(torch.tensor([[0.5, -0.25]])), dataset="moons", step=3, steps=9)


@pytest.fixture(scope="module")
def of_pictures(pictures: DigitScene) -> Look:
    return told(pictures, always(digits().train[4:5]), dataset="digits")


# --- what a look holds ---


def test_the_header_of_points(of_points: Look) -> None:
    header, _ = of_points
    assert header["data"] == "points"
    assert header["kinds"] == ["gaussian", "salt_and_pepper", "uniform"]
    assert header["amounts"] == list(AMOUNTS)
    assert (header["dataset"], header["step"], header["steps"]) == ("moons", 3, 9)
    assert len(header["limits"]) == 4
    wanted = [(kind, rule, n) for kind, rule in WALKS for n in (FEW, MANY)]
    assert [(w["kind"], w["rule"], w["n"]) for w in header["walks"]] == wanted
    assert [(q["kind"], q["rule"], q["n"]) for q in header["quality"]] == wanted
    assert {len(header["errors"][kind]) for kind in MAIN_CORRUPTIONS} == {8}
    assert set(header["real"]) == set(header["noise"]["uniform"]) == {"swd"}


def test_the_header_of_pictures_has_their_own_figures(of_pictures: Look) -> None:
    header, _ = of_pictures
    assert header["data"] == "digits"
    assert "limits" not in header
    figures = {"nearest", "recognised", "classes", "different"}
    assert set(header["real"]) == set(header["noise"]["gaussian"]) == figures
    assert all(set(q) == {"kind", "rule", "n", *figures} for q in header["quality"])


@pytest.mark.parametrize("n", [FEW, MANY])
def test_walks_are_thinned_but_never_their_ends(of_points: Look, of_pictures: Look, n: int) -> None:
    for header, arrays in (of_points, of_pictures):
        for walk in (w for w in header["walks"] if w["n"] == n):
            amounts = walk["amounts"]
            assert len(amounts) == (6 if n == FEW else 11)
            assert (amounts[0], amounts[-1]) == (1, 0)
            assert all(a > b for a, b in itertools.pairwise(amounts))
            name = f"{walk['kind']} {walk['rule']} {n}"
            shape = (400, 2) if header["data"] == "points" else (16, 8, 8)
            assert arrays[f"x {name}"].shape == arrays[f"x0 {name}"].shape == (len(amounts), *shape)
            np.testing.assert_array_equal(arrays[f"x {name}"][-1], arrays[f"x0 {name}"][-1])


def test_the_arrays_of_points(of_points: Look) -> None:
    _, arrays = of_points
    shapes = {"clean": (400, 2), "color": (400,), "mean": (1, 2)}
    for kind in MAIN_CORRUPTIONS:
        shapes |= {f"noised {kind}": (8, 400, 2), f"predicted {kind}": (8, 400, 2)}
    for kind, rule in WALKS:
        shapes |= {f"walk color {kind} {rule} {n}": (400,) for n in (FEW, MANY)}
    found = {k: v.shape for k, v in arrays.items() if not k.startswith(("x ", "x0 "))}
    assert found == shapes
    colours = {k for k, v in arrays.items() if v.dtype == np.uint8}
    assert colours == {k for k in arrays if "color" in k}
    assert {v.dtype.name for k, v in arrays.items() if k not in colours} == {"uint16"}


def test_the_arrays_of_pictures(of_pictures: Look) -> None:
    _, arrays = of_pictures
    shapes = {"clean": (8, 8, 8), "mean": (8, 8)}
    for kind in MAIN_CORRUPTIONS:
        shapes |= {f"noised {kind}": (8, 8, 8), f"predicted {kind}": (8, 8, 8)}
    assert {k: v.shape for k, v in arrays.items() if not k.startswith(("x ", "x0 "))} == shapes
    assert {v.dtype.name for v in arrays.values()} == {"uint8"}


# --- what it shows ---


def test_noise_begins_at_the_data_and_ends_without_them(
    of_points: Look, points: PointScene
) -> None:
    header, arrays = of_points
    for kind in MAIN_CORRUPTIONS:
        noised = arrays[f"noised {kind}"]
        np.testing.assert_array_equal(noised[0], arrays["clean"])
        assert noised.min() > 0  # all of it is in the picture
        assert noised.max() < 65535
    corners = np.unique(arrays["noised salt_and_pepper"][-1].reshape(-1, 2), axis=0)
    assert len(corners) == 4
    end = dequantise(arrays["noised gaussian"][-1], header["limits"])
    assert np.linalg.norm(end - end.mean(axis=0), axis=1).max() > 2


def test_each_digit_is_shown_at_its_own_amount(of_pictures: Look) -> None:
    _, arrays = of_pictures
    clean = arrays["clean"].astype(int)
    for kind in MAIN_CORRUPTIONS:
        off = np.abs(arrays[f"noised {kind}"] - clean).mean(axis=(1, 2))
        assert off[0] == 0
        assert off[1] < 0.5 * off[-1]
        assert (off[1:] > 0).all()


def test_the_eight_digits_are_different_ones_and_never_trained_on(pictures: DigitScene) -> None:
    d = digits()
    shown = pictures._clean
    found = [(d.held_out == picture).all(dim=1).nonzero()[0].item() for picture in shown]
    assert d.held_out_labels[found].tolist() == list(range(8))


def test_predictions_are_those_of_the_restorer(of_points: Look, points: PointScene) -> None:
    _, arrays = of_points
    place = points.write(torch.tensor([0.5, -0.25]))
    for kind in MAIN_CORRUPTIONS:
        assert (arrays[f"predicted {kind}"] == place).all()
    np.testing.assert_array_equal(arrays["mean"], points.write(points.mean))


def test_walks_with_one_answer_end_at_it_and_are_coloured_like_it(of_points: Look) -> None:
    _, arrays = of_points
    place = arrays["predicted uniform"][0, 0].astype(int)
    for kind, rule in WALKS:
        end = arrays[f"x {kind} {rule} {FEW}"][-1].astype(int)
        assert np.abs(end - place).max() <= 1
        assert len(set(arrays[f"walk color {kind} {rule} {FEW}"].tolist())) == 1


def test_walks_of_a_kind_start_from_the_same_noise(of_points: Look) -> None:
    _, arrays = of_points
    for kind in MAIN_CORRUPTIONS:
        starts = [
            arrays[f"x {k} {rule} {n}"][0] for k, rule in WALKS for n in (FEW, MANY) if k == kind
        ]
        assert all((other == starts[0]).all() for other in starts)


# --- figures ---


def test_always_answering_the_mean_costs_the_same_at_every_amount(points: PointScene) -> None:
    header, _ = told(points, always(points.mean), counts=(FEW,))
    spread = (points.held_out - points.mean).square().mean().item()
    assert header["mean_error"] == pytest.approx(spread, rel=1e-4)
    assert all(header["errors"][kind] == [header["mean_error"]] * 8 for kind in MAIN_CORRUPTIONS)


@pytest.mark.parametrize("kind", MAIN_CORRUPTIONS)
def test_answering_with_what_is_seen_costs_what_the_noise_is(kind: str) -> None:
    for scene in (
        scene_of(RestoreConfig(dataset="s_curve")),
        scene_of(RestoreConfig(dataset="digits")),
    ):
        found = errors(scene, kind, lambda x, amount: x)
        x_0, corrupt = scene.held_out, CORRUPTIONS[kind]
        for amount, value in zip(AMOUNTS, found, strict=True):
            off = corrupt.mean(x_0, amount, scene.box) - x_0
            expected = (corrupt.variance(x_0, amount, scene.box) + off**2).mean().item()
            assert value == pytest.approx(expected, rel=0.15 if amount < 0.2 else 0.06)


def test_good_and_bad_ends_are_told_apart(of_pictures: Look, of_points: Look) -> None:
    header, _ = of_pictures
    for q in header["quality"]:  # always the same digit
        assert q["nearest"] < 1e-6
        assert (q["recognised"], q["classes"], q["different"]) == (1, 1, 1 / 40)
    assert header["noise"]["uniform"]["recognised"] == 0 < header["real"]["recognised"]
    header, _ = of_points
    worst = min(q["swd"] for q in header["quality"])
    assert header["real"]["swd"] < 0.3 * min(n["swd"] for n in header["noise"].values()) < worst


def test_a_walk_to_real_points_is_as_good_as_real_points() -> None:
    scene = PointScene(RestoreConfig(dataset="moons"))
    fresh = torch.randperm(len(scene._data.x), generator=torch.Generator().manual_seed(0))
    real = scene._data.x[fresh[: scene.samples]]

    def knows(x: Tensor, amount: Tensor) -> Tensor:
        return real if x.shape == real.shape else x

    header, _ = told(scene, knows, counts=(FEW,))
    swd = {(q["kind"], q["rule"]): q["swd"] for q in header["quality"]}
    assert max(swd.values()) < 2 * header["real"]["swd"]


@pytest.mark.parametrize("dataset", ["moons", "gaussians"])
def test_points_never_trained_on_are_as_near_to_the_data_as_can_be(dataset: str) -> None:
    scene = PointScene(RestoreConfig(dataset=dataset))
    assert scene.measure(scene.held_out)["swd"] < 1.5 * scene.real["swd"]
    clean = dequantise(scene.arrays["clean"], scene.header["limits"])
    data = make_dataset(dataset, 5000, seed=1)  # in their own units, each of its own spread
    np.testing.assert_allclose(clean.std(axis=0), data.scale, rtol=0.1)
    np.testing.assert_allclose(clean.mean(axis=0), data.mean, atol=0.2)


# --- looks in a row ---


def test_a_look_is_the_same_again_and_comes_in_pieces(points: PointScene) -> None:
    def parts() -> Any:
        return look(points, dict.fromkeys(MAIN_CORRUPTIONS, always(points.mean)), counts=(FEW,))

    pieces = sum(1 for _ in parts())
    assert pieces == len(MAIN_CORRUPTIONS) + len(WALKS)
    assert finished(parts()) == finished(parts())


def test_the_picture_does_not_move_with_what_the_network_says(points: PointScene) -> None:
    far = told(points, always(torch.tensor([[50.0, -80.0]])), counts=(FEW,))
    near = told(points, always(points.mean), counts=(FEW,))
    assert far[0]["limits"] == near[0]["limits"]
    np.testing.assert_array_equal(far[1]["clean"], near[1]["clean"])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e30])
def test_samples_beyond_all_numbers_are_one_sentence(bad: float, points: PointScene) -> None:
    with pytest.raises(ValueError, match=r"^The samples of this model grow beyond all numbers"):
        told(points, always(torch.full((1, 2), bad)), counts=(FEW,))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    far = np.array([[1e9, 5.0], [1e9 + 2, 5.0], [1e9 + 1, 6.0], [1e9 + 1, 5.5]])
    return keep_points(far, np.linspace(0, 1, 4))


def test_a_few_points_of_ones_own_far_away_can_be_looked_at(own: str) -> None:
    scene = scene_of(RestoreConfig(dataset=own))
    header, arrays = told(scene, always(scene.mean), counts=(FEW,))
    assert arrays["clean"].shape == (4, 2)
    assert len(np.unique(arrays["clean"], axis=0)) == 4
    assert arrays["noised uniform"].shape == (8, 4, 2)
    assert arrays["x uniform again 5"].shape == (6, 400, 2)
    assert 0 < header["noise"]["uniform"]["swd"] < 1
