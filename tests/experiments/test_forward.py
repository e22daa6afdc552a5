"""The forward process, as the page gets it: every number on screen against theory."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch

from explainer.data import make_dataset
from explainer.experiments import field, forward
from explainer.frames import decode, dequantise
from explainer.models import ExactDenoiser
from explainer.own import keep_points
from explainer.schedules import make_schedule
from tests.experiments.clouds import clouds, in_network_units


@pytest.mark.parametrize("way", ["jump", "walk"])
def test_forward_process_has_the_marginal_of_theory(way: str) -> None:
    data = forward.forward_process({"way": way, "n": 10_000, "schedule": "linear"})
    header, arrays, x = clouds(data)
    assert x.shape == (101, 10_000, 2)
    assert arrays["color"].shape == (10_000,)
    dataset = make_dataset("s_curve", 10_000, seed=0)
    x_0, x = dataset.x, in_network_units(x, dataset)
    torch.testing.assert_close(x[0], x_0, atol=2e-4, rtol=0)
    schedule = make_schedule("linear", 100)
    for t in (0, 49, 99):
        abar = schedule.alpha_bar(t)
        residual = x[t + 1] - abar**0.5 * x_0  # sqrt(1 - abar) eps
        assert residual.mean().abs() < 0.03
        assert residual.std().item() == pytest.approx((1 - abar) ** 0.5, rel=0.03)
    assert header["labels"][0].startswith("t = 0 of 100 · signal 100 % · noise 0 %")
    assert header["labels"][-1].startswith("t = 100 of 100 · signal 36 % · noise 64 %")
    assert all(len(values) == 101 for values in header["facts"].values())


def test_points_are_drawn_in_data_units() -> None:
    header, _, x = clouds(forward.forward_process({"n": 5000}))
    # scikit-learn's S: sines between -1 and 1 over a height of 4, with noise of 0.1.
    assert x[0].amin(dim=0).tolist() == pytest.approx([-1.2, -2.3], abs=0.15)
    assert x[0].amax(dim=0).tolist() == pytest.approx([1.2, 2.3], abs=0.15)
    end = x[-1]
    assert header["prior"]["mean"] == pytest.approx(end.mean(dim=0).tolist(), abs=0.06)
    assert header["prior"]["scale"] == pytest.approx(end.std(dim=0).tolist(), rel=0.03)


def test_the_jump_keeps_its_noise_and_the_walk_does_not() -> None:
    data = make_dataset("s_curve", 500, seed=0)
    *_, jump = clouds(forward.forward_process({"n": 500, "schedule": "linear"}))
    jump = in_network_units(jump, data)
    x_0, schedule = jump[0], make_schedule("linear", 100)
    eps = [
        (jump[t + 1] - schedule.alpha_bar(t) ** 0.5 * x_0) / (1 - schedule.alpha_bar(t)) ** 0.5
        for t in (40, 90)
    ]
    torch.testing.assert_close(*eps, atol=2e-3, rtol=0)
    *_, walk = clouds(forward.forward_process({"n": 500, "schedule": "linear", "way": "walk"}))
    assert (in_network_units(walk, data)[41] - jump[41]).abs().max() > 0.5


def numbers(texts: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(text.replace("−", "-")) for text in texts])


@pytest.mark.parametrize("schedule", ["tutorial", "cosine"])
def test_jump_and_walk_have_mean_and_variance_of_theory(schedule: str) -> None:
    n = 10_000
    header, *_ = clouds(forward.forward_process({"n": n, "schedule": schedule}))
    table = header["table"]
    assert table["columns"] == ["theory", "jump", "walk"]
    rows = dict(table["rows"])
    known = make_schedule(schedule, 100)  # type: ignore[arg-type]
    abar = np.array([known.alpha_bar(t) for t in range(-1, 100)])
    assert numbers(rows["√ᾱₜ"][0]) == pytest.approx(abar**0.5, abs=6e-4)
    assert numbers(rows["1 − ᾱₜ"][0]) == pytest.approx(1 - abar, abs=6e-4)
    for axis in "xy":  # the data are standardised, and every step keeps the variance
        assert numbers(rows[f"mean of {axis}"][0]) == pytest.approx(0, abs=6e-4)
        assert numbers(rows[f"variance of {axis}"][0]) == pytest.approx(1, abs=6e-4)
    for name, (theory, *measured) in rows.items():
        # A mean of n draws is 1/sqrt(n) off, a variance sqrt(2/n); four times that is allowed.
        allowed = 4 * (1 if "mean" in name or "√" in name else 2**0.5) / n**0.5
        for column in measured:
            assert numbers(column) == pytest.approx(numbers(theory), abs=allowed), name
    assert rows["variance of x"][1] != rows["variance of x"][2]  # two draws, not one twice
    assert "−0.000" not in str(rows)


def test_the_formula_holds_the_numbers_of_the_step() -> None:
    header, *_ = clouds(forward.forward_process({"n": 50, "schedule": "linear"}))
    schedule = make_schedule("linear", 100)
    facts = {name: values[60] for name, values in header["facts"].items()}
    abar, beta = schedule.alpha_bar(59), float(schedule.betas[59])
    assert facts["xₜ ="] == f"{abar**0.5:.2f} x₀ + {(1 - abar) ** 0.5:.2f} ε"
    assert float(facts["βₜ"]) == pytest.approx(beta, rel=0.005)
    assert float(facts["αₜ = 1 − βₜ"]) == pytest.approx(1 - beta, abs=6e-5)
    assert float(facts["ᾱₜ = α₁ α₂ … αₜ"]) == pytest.approx(abar, abs=6e-5)
    decibels = 10 * np.log10(abar / (1 - abar))
    assert facts["SNR"] == f"{decibels:.1f} dB".replace("-", "−")
    formula = header["formula"]
    assert formula["signal"][60] == pytest.approx(abar**0.5)
    assert formula["noise"][60] == pytest.approx((1 - abar) ** 0.5)
    assert f"{100 * abar**0.5:.0f} % of its distance" in header["descriptions"][60]


def test_words_follow_the_noise() -> None:
    header, *_ = clouds(forward.forward_process({"n": 50}))
    texts = header["descriptions"]
    assert texts[0] == "The data: nothing has been added yet."
    seen = list(dict.fromkeys(text.rpartition(": ")[2] for text in texts[1:]))
    assert seen == [f"{words}." for _, words in forward.IMPRESSIONS]


def test_long_processes_are_shown_in_101_frames() -> None:
    header, _, x = clouds(forward.forward_process({"n": 50, "T": 1000, "way": "walk"}))
    assert len(x) == len(header["labels"]) == 101
    assert header["labels"][-1].startswith("t = 1000 of 1000")
    assert len(header["strip"]["indices"]) == len(header["strip"]["titles"]) == 20
    assert header["strip"]["titles"][1] == "q(x₅₀)"


def test_a_short_process_shows_no_snapshot_twice() -> None:
    header, *_ = clouds(forward.forward_process({"n": 50, "T": 10}))
    titles = header["strip"]["titles"]
    assert titles[:3] == ["q(x₀)", "q(x₁)", "q(x₂)"]
    assert len(set(titles)) == len(titles)


def test_no_data_left_is_no_division_by_zero() -> None:
    header, _, x = clouds(
        forward.forward_process({"n": 50, "T": 20, "zero_terminal_snr": True, "way": "walk"})
    )
    assert header["facts"]["SNR"][0] == "∞ dB"
    assert header["facts"]["SNR"][-1] == "−∞ dB"
    assert "nan" not in str(header)
    end = in_network_units(x[-1], make_dataset("s_curve", 50, seed=0))
    assert end.std() == pytest.approx(1, abs=0.25)  # NaN would lie in one corner


def test_the_last_step_of_the_cosine_agrees_with_itself() -> None:
    facts = decode(forward.forward_process({"n": 20}))[0]["facts"]
    beta, alpha = float(facts["βₜ"][-1]), float(facts["αₜ = 1 − βₜ"][-1])
    assert beta + alpha == pytest.approx(1, abs=1e-4)
    assert facts["ᾱₜ = α₁ α₂ … αₜ"][-1] == "2.4 · 10⁻⁷"


def test_years_are_not_drawn_as_a_staircase() -> None:
    seconds = 1.7e9 + np.linspace(0, 20, 200)
    name = keep_points(np.stack([seconds, np.sin(seconds)], axis=1), np.linspace(0, 1, 200))
    *_, x = clouds(forward.forward_process({"dataset": name}), exact=True)
    assert len(torch.unique(x[0, :, 0])) == 200


@pytest.mark.parametrize("size", [1e-20, 1e-7, 1e20])
def test_points_of_any_size_fill_the_picture(size: float) -> None:
    angle = np.linspace(0, 6, 100)
    points = size * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    fields = {"dataset": keep_points(points, angle / 6)}
    _, arrays = decode(forward.forward_process(fields))
    width = np.ptp(arrays["frames"][0].astype(int), axis=0)
    assert (width > 10_000).all()
    assert np.isfinite(decode(field.forward_field(fields))[1]["arrows"]).all()


def test_ones_own_points_keep_their_units(own_points: str, own_schedule: str) -> None:
    fields = {"dataset": own_points, "schedule": own_schedule, "n": 2000}
    header, arrays, x = clouds(forward.forward_process(fields))
    assert x.shape == (101, 300, 2)  # no more than were given
    assert x[0].mean(dim=0).tolist() == pytest.approx([50, -7], abs=0.01)
    assert header["prior"]["scale"] == pytest.approx([3 / 2**0.5, 0.4 / 2**0.5], rel=1e-3)
    assert header["facts"]["ᾱₜ = α₁ α₂ … αₜ"][-1] == "0.0100"
    assert arrays["color"][0] == 0
    assert arrays["color"][-1] == 255


def test_the_field_is_the_exact_score() -> None:
    fields = {"n": 500, "T": 40}
    header, arrays = decode(field.forward_field(fields))
    known, _ = decode(forward.forward_process(fields))
    assert header["limits"] == known["limits"]
    (offered,) = known["fields"]
    assert offered["address"].startswith("api/field?")
    assert "T=40" in offered["address"]
    places = torch.from_numpy(dequantise(arrays["origins"], header["limits"])).float()
    assert len(places) == field.SIDE**2
    arrows = torch.from_numpy(arrays["arrows"].copy())
    assert arrows.shape == (41, len(places), 2)
    assert (arrows[0] == 0).all()  # the data have no score

    data, schedule = make_dataset("s_curve", 500, seed=0), make_schedule("cosine", 40)
    at = in_network_units(places, data).double()
    for t in (5, 20, 39):
        # The gradient of the log density, by differences: nothing of the exact denoiser in it.
        abar = schedule.alpha_bar(t)

        def log_q(x: torch.Tensor, abar: float = abar) -> torch.Tensor:
            squared = torch.cdist(x, abar**0.5 * data.x.double()) ** 2
            return (-squared / 2 / (1 - abar)).logsumexp(dim=1)

        step = 1e-4 * torch.eye(2, dtype=torch.float64)
        score = torch.stack([(log_q(at + h) - log_q(at - h)) / 2e-4 for h in step], dim=1)
        expected = score * (1 - abar) ** 0.5
        expected = expected / expected.norm(dim=1, keepdim=True).clamp(min=1)
        unit = arrows[t + 1] / data.scale  # up to one factor, the length of a unit
        factor = (unit * expected).sum() / expected.square().sum()
        torch.testing.assert_close((unit / factor).double(), expected, atol=2e-2, rtol=0)


def test_arrows_lead_home() -> None:
    data, schedule = make_dataset("circles", 500, seed=0), make_schedule("cosine", 50)
    far = torch.tensor([[3.0, 0.0], [0.0, -3.0]])
    arrow = field.arrows(ExactDenoiser(data.x, schedule), far, [-1, 10, 40])
    assert (arrow[0] == 0).all()
    assert ((arrow[1:] * far).sum(dim=-1) < 0).all()
    assert arrow.norm(dim=-1).max() <= 1 + 1e-6


def test_the_strip_has_twenty_pictures() -> None:
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(forward.forward_strip({"n": 100, "T": 40})))
    assert picture.width == 1800
    assert len(picture.convert("RGB").getcolors(1 << 20)) > 200


def test_subscripts_are_digits() -> None:
    header, *_ = clouds(forward.forward_process({"n": 20, "T": 1000}))
    assert all(re.fullmatch("q\\(x[₀-₉]+\\)", title) for title in header["strip"]["titles"])


def test_the_walk_shows_the_formula_of_one_step() -> None:
    facts = decode(forward.forward_process({"n": 20, "way": "walk", "schedule": "linear"}))[0][
        "facts"
    ]
    schedule = make_schedule("linear", 100)
    kept, added = float(schedule.alphas[59]) ** 0.5, float(schedule.betas[59]) ** 0.5
    assert facts["xₜ ="][60] == f"{kept:.3f} xₜ₋₁ + {added:.3f} ε"
    abar = schedule.alpha_bar(59)
    assert facts["altogether"][60] == f"{abar**0.5:.2f} x₀ + {(1 - abar) ** 0.5:.2f} ε"


def test_it_is_said_how_many_of_many_points_are_drawn() -> None:
    many = np.random.RandomState(0).normal(size=(3000, 2))
    fields = {"dataset": keep_points(many, np.linspace(0, 1, 3000))}
    header, arrays = decode(forward.forward_process(fields))
    assert header["notes"] == ["2,000 of the 3,000 points are drawn, chosen at random"]
    assert arrays["frames"].shape[1] == 2000
    assert decode(forward.forward_process({"n": 50}))[0]["notes"] == []
