"""The numbers of DDIM's derivation, held against Gaussians that are known in closed form."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from explainer.experiments.derivation import derivation, loss_weight, step_back
from explainer.own import keep_model
from explainer.sampling import ddim_weights, ddpm_weights
from explainer.schedules import NoiseSchedule, make_schedule
from tests.made_models import SMALL, model_bytes

COSINE = make_schedule("cosine", 100)
LINEAR = make_schedule("linear", 1000)
STEPS = [(COSINE, 50, 49), (COSINE, 99, 94), (COSINE, 1, 0), (LINEAR, 999, 500), (LINEAR, 3, -1)]
ETAS = [0.0, 0.3, 1.0]
steps = pytest.mark.parametrize(("schedule", "t", "t_prev"), STEPS)
etas = pytest.mark.parametrize("eta", ETAS)


@steps
@etas
def test_the_marginals_stay_as_training_knows_them(
    schedule: NoiseSchedule, t: int, t_prev: int, eta: float
) -> None:
    a, b, sigma = step_back(t, t_prev, schedule, eta=eta)
    abar, abar_prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
    assert a + b * math.sqrt(abar) == pytest.approx(math.sqrt(abar_prev), rel=1e-12)
    assert b**2 * (1 - abar) + sigma**2 == pytest.approx(1 - abar_prev, rel=1e-12, abs=1e-15)


@steps
@etas
def test_collected_it_is_the_update(
    schedule: NoiseSchedule, t: int, t_prev: int, eta: float
) -> None:
    """With x_t a mixture of x̂_0 and ε̂, a x̂_0 + b x_t has the weights of DDIM's update."""
    a, b, sigma = step_back(t, t_prev, schedule, eta=eta)
    abar = schedule.alpha_bar(t)
    weights = ddim_weights(t, t_prev, schedule, eta=eta)
    assert a + b * math.sqrt(abar) == pytest.approx(weights.x0, rel=1e-12)
    assert b * math.sqrt(1 - abar) == pytest.approx(weights.eps, rel=1e-12)
    assert sigma == weights.noise


@steps
def test_with_eta_1_it_is_ddpm(schedule: NoiseSchedule, t: int, t_prev: int) -> None:
    a, b, sigma = step_back(t, t_prev, schedule, eta=1.0)
    posterior = ddpm_weights(t, t_prev, schedule)
    assert a == pytest.approx(posterior.x0, rel=1e-9)
    assert b == pytest.approx(posterior.x_t, rel=1e-9, abs=1e-12)
    assert sigma == pytest.approx(posterior.noise, rel=1e-9)


@pytest.mark.parametrize("eta", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(("schedule", "t", "t_prev"), STEPS[:4])
def test_the_weight_is_what_a_mistake_costs_in_kl(
    schedule: NoiseSchedule, t: int, t_prev: int, eta: float
) -> None:
    """KL of the step that knows x_0 from the one that guesses it, by torch."""
    x_0, eps, eps_hat = torch.tensor([0.3, -1.2, 0.9], dtype=torch.float64)
    abar = schedule.alpha_bar(t)
    x_t = math.sqrt(abar) * x_0 + math.sqrt(1 - abar) * eps
    x0_hat = (x_t - math.sqrt(1 - abar) * eps_hat) / math.sqrt(abar)
    a, b, sigma = step_back(t, t_prev, schedule, eta=eta)
    known, guessed = Normal(a * x_0 + b * x_t, sigma), Normal(a * x0_hat + b * x_t, sigma)
    weight = loss_weight(t, t_prev, schedule, eta=eta)
    cost = float(kl_divergence(known, guessed) / (eps - eps_hat) ** 2)
    assert weight == pytest.approx(cost, rel=1e-6)


def test_with_eta_1_the_weight_is_that_of_the_ddpm_paper() -> None:
    for t in range(1, COSINE.T):
        abar, abar_prev = COSINE.alpha_bar(t), COSINE.alpha_bar(t - 1)
        alpha = abar / abar_prev
        beta = 1 - alpha
        variance = beta * (1 - abar_prev) / (1 - abar)
        paper = beta**2 / (2 * variance * alpha * (1 - abar))
        assert loss_weight(t, t - 1, COSINE, eta=1.0) == pytest.approx(paper, rel=1e-9)


def test_where_there_is_no_weight() -> None:
    assert loss_weight(50, 49, COSINE, eta=0.0) is None
    assert loss_weight(0, -1, COSINE, eta=1.0) is None
    nothing_left = make_schedule("cosine", 100, zero_terminal_snr=True)
    assert loss_weight(99, 98, nothing_left, eta=1.0) is None
    assert loss_weight(98, 97, nothing_left, eta=1.0) is not None


def test_what_the_page_gets() -> None:
    found = derivation({"model": "exact-moons", "schedule": "linear", "steps": 4})
    schedule = make_schedule("linear", 100)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["T"] == 100
    assert [(pair["t"], pair["t_prev"]) for pair in found["pairs"]] == [
        (100, 75),
        (75, 50),
        (50, 25),
        (25, 0),
    ]
    for pair in found["pairs"]:
        assert pair["abar"] == schedule.alpha_bar(pair["t"] - 1) == found["levels"][pair["t"]]
        assert pair["abar_prev"] == found["levels"][pair["t_prev"]]
    assert found["levels"][0] == 1
    assert len(found["levels"]) == 101
    assert found["ddpm"][0] is None
    assert found["ddpm"][59] == loss_weight(59, 58, schedule, eta=1.0)


def test_a_model_with_nothing_left_at_the_end() -> None:
    model = keep_model(model_bytes(SMALL.replace(zero_terminal_snr=True, objective="v")))
    found = derivation({"model": model, "steps": 20})
    assert found["pairs"][0]["abar"] == 0
    assert found["ddpm"][-1] is None
    json.dumps(found, allow_nan=False)
