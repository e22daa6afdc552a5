"""The networks' shapes, parts and seeds, and the exact denoiser against brute force."""

from typing import get_args

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.testing import assert_close

from explainer import models
from explainer.config import Activation, NetworkName, TimeEmbedding, TrainConfig
from explainer.data import make_dataset
from explainer.models import ExactDenoiser, NetworkDenoiser, _linear, make_network
from explainer.objectives import OBJECTIVES
from explainer.sampling import ddim_step, last, sample
from explainer.schedules import make_schedule
from explainer.spacing import timesteps

NETWORKS = get_args(NetworkName)
EMBEDDINGS = get_args(TimeEmbedding)
ACTIVATIONS = get_args(Activation)
SMALL = TrainConfig(T=20, width=16, depth=3, batch_size=20, preview_steps=5)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def network(kind, seed=0, **changes):
    changes = {"time_embedding": None, **changes}  # the network's own
    return make_network(SMALL.replace(network=kind, **changes), seeded(seed))


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("embedding", EMBEDDINGS)
@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize(
    ("x_shape", "t_shape"), [((9, 2), (9,)), ((20, 7, 2), (20, 1)), ((9, 2), (1,))]
)
def test_a_network_keeps_the_shape(kind, embedding, depth, x_shape, t_shape):
    x = torch.randn(x_shape, generator=seeded())
    t = torch.randint(20, t_shape, generator=seeded())
    net = network(kind, depth=depth, time_embedding=embedding)
    out = net(x, t)
    assert out.shape == x_shape
    rows = net(x.reshape(-1, 2), t.expand(x_shape[:-1]).reshape(-1))
    assert_close(out.reshape(-1, 2), rows, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_a_network_tells_points_apart_and_times_where_it_is_told_them(kind, embedding):
    net = network(kind, time_embedding=embedding)
    out = net(torch.zeros(20, 2), torch.arange(20))
    assert len(out.unique(dim=0)) == (1 if embedding == "none" else 20)
    out = net(torch.randn(20, 2, generator=seeded()), torch.zeros(1, dtype=torch.int64))
    assert len(out.unique(dim=0)) == 20


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_weights_come_from_the_generator_alone(kind, embedding):
    before = torch.get_rng_state()
    first, again, other = (
        network(kind, seed, time_embedding=embedding).state_dict() for seed in (0, 0, 1)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_linear_layers_start_as_torch_starts_them():
    with torch.random.fork_rng():
        torch.manual_seed(4)
        theirs = nn.Linear(5, 7)
    ours = _linear(5, 7, seeded(4))
    assert_close(ours.weight, theirs.weight)
    assert_close(ours.bias, theirs.bias)


def test_the_tutorial_network_is_the_tutorials():
    net = make_network(TrainConfig(network="tutorial"), seeded())
    shapes = [tuple(p.shape) for p in net.parameters()]
    sizes = [(2, 128), (128, 128), (128, 128), (128, 2)]
    layers = [shape for n_in, n_out in sizes for shape in ((n_out, n_in), (n_out,))]
    assert sorted(shapes) == sorted([*layers, (100, 128), (100, 128), (100, 128)])

    x, t = torch.randn(50, 2, generator=seeded()), torch.arange(50)
    h = x
    for layer, table in zip(net.hidden, net.steps, strict=True):
        h = F.relu(h @ layer.weight.T + layer.bias + table[t])
    assert_close(net(x, t), h @ net.out.weight.T + net.out.bias)


def test_the_fourier_network_by_hand():
    net = network("fourier", depth=2)
    x, t = torch.randn(20, 2, generator=seeded()), torch.arange(20)
    waves = x @ net.frequencies
    features = torch.cat([x, waves.sin(), waves.cos()], dim=1)
    rates = torch.tensor([20 ** (i / 15) for i in range(16)])
    angles = (t / 20)[:, None] * rates
    h = F.relu(net.hidden[0](features) + net.time(torch.cat([angles.sin(), angles.cos()], dim=1)))
    assert_close(net(x, t), net.out(F.relu(net.hidden[1](h))), rtol=0, atol=1e-5)
    assert "frequencies" in net.state_dict()  # drawn, so a checkpoint must hold them


@pytest.mark.parametrize(
    ("kind", "embedding", "names"),
    [
        ("tutorial", "learned", {"steps.0", "steps.1"}),
        ("tutorial", "sinusoidal", {"time.weight", "time.bias"}),
        ("tutorial", "none", set()),
        ("fourier", "learned", {"frequencies", "steps.0", "steps.1"}),
        ("fourier", "sinusoidal", {"frequencies", "time.weight", "time.bias"}),
        ("fourier", "none", {"frequencies"}),
    ],
)
def test_the_parts_of_a_network_by_name(kind, embedding, names):
    layers = {
        f"{at}.{part}" for at in ("hidden.0", "hidden.1", "out") for part in ("weight", "bias")
    }
    assert set(network(kind, depth=2, time_embedding=embedding).state_dict()) == layers | names


@pytest.mark.parametrize(
    ("kind", "shapes"),
    [
        ("tutorial", {"hidden.0": (2, 16), "out": (16, 2), "steps.0": (20, 16)}),
        (
            "fourier",
            {"frequencies": (2, 16), "time": (32, 16), "hidden.0": (34, 16), "out": (16, 2)},
        ),
    ],
)
def test_a_seed_draws_the_weights_in_the_order_of_the_shipped_runs(kind, shapes):
    state, generator = network(kind, seed=3, depth=1).state_dict(), seeded(3)
    for name, shape in shapes.items():
        if name == "frequencies":
            assert torch.equal(state[name], 2 * torch.randn(shape, generator=generator))
        elif name == "steps.0":
            assert torch.equal(state[name], torch.empty(shape).normal_(generator=generator))
        else:
            layer = _linear(*shape, generator)
            assert torch.equal(state[f"{name}.weight"], layer.weight)
            assert torch.equal(state[f"{name}.bias"], layer.bias)


def test_the_tables_start_wide_in_the_tutorials_network_alone():
    for kind, std in [("tutorial", 1.0), ("fourier", 0.1)]:
        table = network(kind, T=1000, time_embedding="learned").steps[0]
        assert table.std().item() == pytest.approx(std, rel=0.05)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_layer_goes_through_the_activation(kind, activation):
    net = network(kind, depth=1, width=32, activation=activation, time_embedding="none").double()
    x = torch.randn(40, 2, generator=seeded(), dtype=torch.float64)
    h = net.hidden[0](net._features(x))
    expected = {
        "relu": h.clamp(min=0),
        "silu": h / (1 + (-h).exp()),
        "gelu": h * (1 + torch.erf(h / 2**0.5)) / 2,
        "tanh": 1 - 2 / (1 + (2 * h).exp()),
    }[activation]
    assert_close(net(x, torch.zeros(1, dtype=torch.int64)), net.out(expected))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_gradients_are_those_of_the_function(embedding, activation):
    net = network("fourier", depth=2, time_embedding=embedding, activation=activation).double()
    x = torch.randn(5, 2, generator=seeded(), dtype=torch.float64, requires_grad=True)
    t = torch.tensor([0, 3, 7, 11, 19])
    assert torch.autograd.gradcheck(lambda x: net(x, t), x)
    shared = torch.zeros(1, dtype=torch.int64)  # takes the shift into the bias
    assert torch.autograd.gradcheck(lambda x: net(x, shared), x)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_networks_x0_and_eps_add_up_to_x_t(kind, objective):
    schedule = make_schedule("linear", 20)
    denoiser = NetworkDenoiser(network(kind), schedule, OBJECTIVES[objective])
    x_t, t = torch.randn(20, 2, generator=seeded()), torch.arange(20)
    prediction = denoiser(x_t, t)
    assert_close(schedule.add_noise(prediction.x0, prediction.eps, t), x_t, rtol=0, atol=1e-5)
    said = {"eps": prediction.eps, "x0": prediction.x0}.get(objective)
    if said is not None:
        assert_close(said, denoiser.network(x_t, t))
    assert not prediction.x0.requires_grad


def brute_force(x, schedule, x_t, t):
    """Posterior mean and summed variance for one row x_t (2,), in float64."""
    x, x_t, abar = x.double().numpy(), x_t.double().numpy(), schedule.alpha_bar(t)
    logits = -((x_t - abar**0.5 * x) ** 2).sum(axis=1) / (2 * (1 - abar))
    w = np.exp(logits - logits.max())[:, None] / np.exp(logits - logits.max()).sum()
    mean = (w * x).sum(axis=0)
    return mean, (w * (x - mean) ** 2).sum()


@pytest.mark.parametrize("name", ["linear", "tutorial", "cosine"])
def test_the_exact_denoiser_is_the_posterior_mean(name):
    schedule = make_schedule(name, 100)
    x = make_dataset("moons", 60, seed=0).x
    t = torch.arange(0, 100, 9)
    x_t = schedule.add_noise(x[: len(t)], torch.randn(len(t), 2, generator=seeded()), t)
    exact = ExactDenoiser(x, schedule)
    mean, variance = exact.posterior_mean(x_t, t), exact.posterior_variance(x_t, t)
    prediction = exact(x_t, t)
    for i, step in enumerate(t.tolist()):
        expected_mean, expected_variance = brute_force(x, schedule, x_t[i], step)
        assert mean[i].numpy() == pytest.approx(expected_mean, abs=5e-5)
        assert variance[i].item() == pytest.approx(expected_variance, abs=5e-5)
    assert torch.equal(prediction.x0, mean)
    back = schedule.add_noise(prediction.x0, prediction.eps, t)
    assert_close(back, x_t, rtol=0, atol=1e-5)


def test_the_exact_denoiser_broadcasts_and_chunks(monkeypatch):
    schedule = make_schedule("linear", 20)
    exact = ExactDenoiser(make_dataset("moons", 50, seed=0).x, schedule)
    x_t = torch.randn(20, 30, 2, generator=seeded())
    whole, variance = (
        exact.posterior_mean(x_t, torch.arange(20)[:, None]),
        exact.posterior_variance(x_t, torch.arange(20)[:, None]),
    )
    assert whole.shape == (20, 30, 2)
    assert variance.shape == (20, 30)
    monkeypatch.setattr(ExactDenoiser, "CHUNK", 7)
    for t in (0, 11, 19):
        mean, spread = (
            exact.posterior_mean(x_t[t], torch.tensor([t])),
            exact.posterior_variance(x_t[t], torch.tensor([t])),
        )
        assert_close(whole[t], mean, rtol=0, atol=1e-5)
        assert_close(variance[t], spread, rtol=0, atol=1e-5)
    assert exact(x_t, torch.tensor([3])).eps.shape == x_t.shape


def test_with_one_data_point_there_is_nothing_to_guess():
    schedule, point = make_schedule("cosine", 50), torch.tensor([[0.3, -1.2]])
    x_t, t = torch.randn(50, 2, generator=seeded()), torch.arange(50)
    exact = ExactDenoiser(point, schedule)
    mean, variance = exact.posterior_mean(x_t, t), exact.posterior_variance(x_t, t)
    assert_close(mean, point.expand(50, 2), rtol=0, atol=1e-6)
    assert_close(variance, torch.zeros(50), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["cosine", "linear"])
def test_the_exact_denoiser_lands_on_the_data(name):
    side = torch.linspace(-1.6, 1.6, 17)
    x = torch.cartesian_prod(side, side)  # far apart against the last noise, so no mixtures
    schedule = make_schedule(name, 200)
    x_T = torch.randn(300, 2, generator=seeded())
    exact = ExactDenoiser(x, schedule)
    end = last(sample(exact, x_T, timesteps(200, 200), schedule, ddim_step))
    distance, index = (end[:, None] - x).norm(dim=2).min(dim=1)
    assert distance.max() < 0.002
    assert len(index.unique()) > 100  # and not all on the same


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shift", [None, torch.linspace(-1, 1, 32)], ids=["plain", "shifted"])
def test_the_fused_layer_is_the_plain_one(shift, activation, monkeypatch):
    layer = models._linear(7, 32, seeded(0))
    h = 4 * torch.randn(50, 7, generator=seeded(1))
    with torch.no_grad():
        fast = models._layer(layer, h, shift, activation)
        monkeypatch.setattr(models, "_fused", lambda activation: None)
        plain = models._layer(layer, h, shift, activation)
        assert_close(fast, plain, atol=2e-6, rtol=1e-5)
        double = models._layer(layer.double(), h.double(), None, activation)
    assert double.dtype == torch.float64


def test_a_fused_layer_that_is_wrong_is_not_used(monkeypatch):
    monkeypatch.setitem(models._FUSED_NAMES, "tanh", "sigmoid")
    assert models._fused.__wrapped__("tanh") is None
    monkeypatch.setitem(models._FUSED_NAMES, "tanh", "no such function")
    assert models._fused.__wrapped__("tanh") is None
