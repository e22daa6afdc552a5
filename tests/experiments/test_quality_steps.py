"""Quality against steps: what is measured, what lies ready, and what is left to ask."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from explainer.config import TrainConfig
from explainer.data import make_dataset
from explainer.experiments import quality_steps
from explainer.experiments.common import load_model, step_counts
from explainer.experiments.quality_steps import (
    LINES,
    PERFECT,
    SEEDS,
    SHIPPED_SEEDS,
    Line,
    Perfect,
    digest,
    distances,
    known_quality,
    quality_cell,
)
from explainer.experiments.real import DRAWS, KNOWN, measure_real, real_distances
from explainer.experiments.reverse import sample_path
from explainer.frames import decode
from explainer.objectives import Prediction
from explainer.own import keep_model
from explainer.page_settings import SampleSettings
from explainer.quality import REFERENCE_SEED, real_against_real
from explainer.schedules import make_schedule
from explainer.settings import DATASET_NAMES
from explainer.shipped import shipped_models
from tests.made_models import SMALL, model_bytes

AGAIN = "run: python -m explainer.experiments.quality_steps"
DDPM, DDIM, HALF, ONE, DPM = LINES


def written() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return found


def kept(config: TrainConfig, **more: Any) -> str:
    return keep_model(model_bytes(config, **more))


def own(config: TrainConfig) -> dict[str, Any]:
    return known_quality({"model": kept(config)})


# What lies ready.


def test_the_file_knows_every_shipped_model_as_it_is_now() -> None:
    digests = {name: entry["digest"] for name, entry in written()["models"].items()}
    assert digests == {name: digest(m.path) for name, m in shipped_models().items()}, AGAIN


def test_the_file_has_every_cell() -> None:
    known = written()
    for name, model in shipped_models().items():
        swd, counts = known["models"][name]["swd"], step_counts(model.config.T)
        assert set(swd) == {line.name for line in LINES}
        for cells in swd.values():
            assert list(cells) == [str(steps) for steps in counts]
            assert all(len(cell) == SHIPPED_SEEDS and min(cell) > 0 for cell in cells.values())
        assert Perfect.of(model.config).key in known["exact"]
    assert {Perfect(dataset, "cosine").key for dataset in DATASET_NAMES} <= set(known["exact"])
    for swd in known["exact"].values():
        assert set(swd) == {line.name for line in PERFECT}
        assert all(len(cell) == SEEDS for cells in swd.values() for cell in cells.values())


@pytest.mark.parametrize("line", [DDPM, DDIM, DPM], ids=lambda line: line.name)
def test_what_lies_ready_of_a_network_is_what_would_be_computed(line: Line) -> None:
    ready = written()["models"]["gaussians-fast"]["swd"][line.name]["10"]
    fresh = distances(load_model("gaussians-fast"), line, 10, range(SHIPPED_SEEDS))
    assert fresh == pytest.approx(ready, rel=1e-2), AGAIN


@pytest.mark.parametrize(
    "perfect",
    [Perfect("gaussians", "cosine"), Perfect("s_curve", "tutorial", scaling="tutorial")],
    ids=lambda perfect: perfect.key,
)
def test_what_lies_ready_of_a_perfect_network_is_what_would_be_computed(perfect: Perfect) -> None:
    ready = written()["exact"][perfect.key]["ddim 0"]["5"]
    fresh = distances(perfect.load(), DDIM, 5, range(1))
    assert fresh == pytest.approx(ready[:1], rel=1e-2), AGAIN


def test_the_exact_denoiser_of_the_page_is_the_one_that_lies_ready() -> None:
    page = load_model("exact-moons", "cosine")
    assert distances(page, DDPM, 5, [0]) == distances(
        Perfect("moons", "cosine").load(), DDPM, 5, [0]
    )


# What is measured.


def test_samples_that_are_one_point_are_as_far_as_the_data_are_wide() -> None:
    """E|p · θ| over directions θ is |p| 2 / π."""

    def middle(x: Tensor, t: Tensor) -> Prediction:
        return Prediction(x0=torch.zeros_like(x), eps=torch.zeros_like(x))

    schedule, data = make_schedule("cosine", 20), make_dataset("circles", 2000, seed=0)
    real = make_dataset("circles", 10_000, seed=REFERENCE_SEED)
    radius = (real.to_data_units(real.x) - data.mean.float()).norm(dim=1).mean().item()
    for line in LINES:
        found = distances((middle, schedule, data, "circles"), line, 5, [0, 1], n=100)
        assert found == pytest.approx([radius * 2 / math.pi / 10] * 2, rel=0.03)


def test_ddim_with_eta_1_is_ddpm() -> None:
    model = load_model("moons-fast")
    ddpm, one, half = (distances(model, line, 7, [3], n=500) for line in (DDPM, ONE, HALF))
    assert one == pytest.approx(ddpm, rel=1e-3)
    assert half != pytest.approx(ddpm, rel=1e-2)


@pytest.mark.parametrize("fields", [{"sampler": "ddpm"}, {"sampler": "ddim", "eta": 0.5}])
def test_a_cell_has_the_distance_that_the_player_states(fields: dict[str, Any]) -> None:
    asked = {"model": "moons-fast", "steps": 6, **fields}
    cell = quality_cell(asked)
    assert cell["evaluations"] == 6
    assert len(cell["swd"]) == SEEDS
    for seed, swd in enumerate(cell["swd"]):
        header, _ = decode(sample_path({**asked, "seed": seed}))
        assert swd == header["cost"]["swd"]


def test_a_second_order_solver_gains_most_with_few_steps() -> None:
    model = load_model("s_curve-fast")
    (dpm,), (ddim,), (ddpm,) = (distances(model, line, 10, [0]) for line in (DPM, DDIM, DDPM))
    assert dpm < 0.7 * ddim < 0.7 * ddpm


def test_samples_beyond_all_numbers_are_told_in_a_sentence() -> None:
    model = kept(SMALL.replace(objective="x0"), grown=1e12)
    with pytest.raises(ValueError, match=r"^The samples of this model grow beyond all numbers"):
        quality_cell({"model": model, "steps": 5})


def test_real_data_lie_ready_and_are_picked_without_a_plan() -> None:
    """The generator of moons gives each just half of the points, which noise does not know."""
    ready = written()["real"]
    assert set(ready) == set(DATASET_NAMES)
    assert all(len(set(found)) == DRAWS for found in ready.values())
    assert real_distances("moons") == ready["moons"]
    assert measure_real("moons") == pytest.approx(ready["moons"], rel=1e-2), AGAIN
    assert min(ready["moons"]) > 1.3 * real_against_real("moons", 2000, 10_000)
    planless = real_against_real("s_curve", 2000, 10_000)
    assert min(ready["s_curve"]) < planless < max(ready["s_curve"])


@pytest.mark.parametrize("dataset", DATASET_NAMES)
def test_with_all_steps_a_perfect_network_is_as_good_as_real_data(dataset: str) -> None:
    """Only chance is left, twice: its points are picked, and its samples are picked of these."""
    real = written()["real"][dataset]
    for cells in written()["exact"][Perfect(dataset, "cosine").key].values():
        assert min(real) / 1.5 < min(cells["100"]) < 1.5 * max(real)


def test_of_ones_own_points_there_are_two_halves(own_points: str) -> None:
    assert real_distances(own_points) == pytest.approx(
        [real_against_real(own_points, 2000, 10_000)], rel=1e-4
    )


# What a page is told.


@pytest.mark.parametrize(
    ("T", "counts"), [(100, [5, 10, 20, 50, 100]), (20, [5, 10, 20]), (3, [3]), (5, [5])]
)
def test_the_numbers_of_steps_go_up_to_T(T: int, counts: list[int]) -> None:
    assert step_counts(T) == counts


def names(found: dict[str, Any], *, perfect: bool) -> list[str]:
    return [line["name"] for line in found["lines"] if line["perfect"] == perfect]


@pytest.mark.parametrize("model", ["s_curve-fast", "s_curve-tutorial-4000"])
def test_of_a_shipped_model_all_is_known(model: str) -> None:
    found = known_quality({"model": model})
    assert found["todo"] == found["too_many"] == []
    assert found["steps"] == [5, 10, 20, 50, 100]
    assert names(found, perfect=False) == ["ddpm", "ddim 0", "ddim 0.5", "ddim 1", "dpm"]
    assert names(found, perfect=True) == ["ddpm", "ddim 0"]
    assert all(len(line["swd"]) == 5 for line in found["lines"])
    assert found["exact"] is False
    json.dumps(found, allow_nan=False)


@pytest.fixture
def another_file(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A checkpoint's file that is not the one that was measured."""
    monkeypatch.setattr(quality_steps, "digest", lambda path: "another")
    quality_steps._of_shipped.cache_clear()
    yield
    quality_steps._of_shipped.cache_clear()


@pytest.mark.usefixtures("another_file")
def test_of_a_changed_file_nothing_is_known() -> None:
    found = known_quality({"model": "moons-fast"})
    assert len(found["todo"]) == 5 * len(LINES)
    assert [line["swd"] for line in found["lines"][: len(LINES)]] == [{}] * len(LINES)
    assert found["lines"][-1]["swd"], "its perfect network is known all the same"


def test_cells_are_asked_as_everybody_asks_them_the_cheapest_first() -> None:
    found = own(SMALL)
    asked = [SampleSettings(**cell["ask"]) for cell in found["todo"]]
    assert {(s.seed, s.n, s.spacing) for s in asked} == {(0, 2000, "trailing")}
    assert [s.steps for s in asked] == sorted([5, 10, 20] * len(LINES))
    for cell, s in zip(found["todo"], asked, strict=True):
        assert found["lines"][cell["line"]]["name"] == Line(s.sampler, s.eta).name
        assert cell["steps"] == s.steps
    assert len({s.to_query() for s in asked}) == len(asked)
    assert quality_cell(found["todo"][0]["ask"])["evaluations"] == 5


def test_another_schedule_of_an_exact_denoiser_is_asked_for_without_a_second_one_beside() -> None:
    known = known_quality({"model": "exact-moons"})
    assert known["exact"] is True
    assert names(known, perfect=True) == []
    assert [line["name"] for line in known["lines"] if line["swd"]] == ["ddpm", "ddim 0"]
    assert len(known["todo"]) == 5 * 3
    linear = known_quality({"model": "exact-moons", "schedule": "linear"})
    assert len(linear["todo"]) == 5 * len(LINES)
    assert {cell["ask"]["schedule"] for cell in linear["todo"]} == {"linear"}


def test_a_learners_model_has_its_perfect_network_where_there_is_one() -> None:
    config = SMALL.replace(T=100, dataset="moons")
    found = own(config)
    assert names(found, perfect=True) == ["ddpm", "ddim 0"]
    assert found["lines"][-1]["swd"] == known_quality({"model": "moons-fast"})["lines"][-1]["swd"]
    assert len(found["todo"]) == 5 * len(LINES)
    linear = own(config.replace(schedule="linear"))
    perfect = [cell for cell in linear["todo"] if linear["lines"][cell["line"]]["perfect"]]
    assert {(c["ask"]["model"], c["ask"]["schedule"]) for c in perfect} == {
        ("exact-moons", "linear")
    }
    assert len(perfect) == 5 * len(PERFECT)
    for other in ({"T": 20}, {"zero_terminal_snr": True}, {"scaling": "tutorial"}):
        assert names(own(config.replace(**other)), perfect=True) == []


def test_a_network_that_is_too_large_is_not_asked_for_many_steps() -> None:
    found = own(SMALL.replace(T=1000, width=256, depth=5))
    assert found["steps"] == [5, 10, 20, 50, 1000]
    assert found["too_many"] == [1000]
    assert {cell["steps"] for cell in found["todo"]} == {5, 10, 20, 50}


def test_a_model_of_ones_own_points_and_schedule(own_points: str, own_schedule: str) -> None:
    config = SMALL.replace(T=100, dataset=own_points, schedule=own_schedule)
    found = own(config)
    assert len(found["real"]) == 1
    perfect = [cell for cell in found["todo"] if found["lines"][cell["line"]]["perfect"]]
    assert quality_cell(perfect[0]["ask"])["evaluations"] == 5


def test_a_model_whose_points_are_gone_is_told_in_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"^The points that this model was trained on are no lon"):
        own(SMALL.replace(dataset="own-0123456789abcdef"))
