"""Networks told how much was lost: shapes, and that every part of them hears the amount."""

import pytest
import torch

from explainer.restore_config import RestoreConfig
from explainer.restorers import MLP, Block, amount_features, make_restorer

CONFIGS = {
    "points": RestoreConfig(width=16),
    "digits": RestoreConfig(dataset="digits", width=16, depth=2),
    "unet 2": RestoreConfig(dataset="digits", network="unet", width=4, depth=2),
    "unet 3": RestoreConfig(dataset="digits", network="unet", width=4, depth=3),
}


def made(name, seed=0):
    config = CONFIGS[name]
    network = make_restorer(config, torch.Generator().manual_seed(seed))
    return network.requires_grad_(False), 64 if config.dataset == "digits" else 2


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize(
    ("shape", "amounts"),
    [((5,), (1,)), ((5,), (1, 1)), ((5,), (5, 1)), ((3, 4), (3, 1, 1)), ((3, 4), (3, 4, 1))],
)
def test_an_amount_broadcasts(name, shape, amounts):
    network, d = made(name)
    x = torch.rand(*shape, d, generator=torch.Generator().manual_seed(1))
    a = torch.rand(amounts, generator=torch.Generator().manual_seed(2))
    out = network(x, a)
    assert out.shape == x.shape
    # One row at a time, with an amount of its own, is the same.
    rows, each = x.reshape(-1, d), a.expand(*shape, 1).reshape(-1, 1)
    alone = torch.stack([network(row, one) for row, one in zip(rows, each, strict=True)])
    torch.testing.assert_close(out.reshape(-1, d), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", CONFIGS)
def test_weights_follow_from_the_generator_alone(name):
    torch.manual_seed(1)
    first = made(name)[0].state_dict()
    torch.manual_seed(2)
    again, other = made(name)[0].state_dict(), made(name, seed=1)[0].state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not any(torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", ["unet 2", "unet 3"])
def test_every_block_of_the_unet_hears_the_amount(name):
    network, d = made(name)
    x = torch.linspace(0, 1, 3 * d).reshape(3, d)
    low, high = torch.tensor([[0.2]]), torch.tensor([[0.7]])
    blocks = [module for module in network.modules() if isinstance(module, Block)]
    assert len(blocks) == 2 * CONFIGS[name].depth - 1
    kept = [block.amount.weight.clone() for block in blocks]
    for block in blocks:
        block.amount.weight.zero_()
    assert torch.equal(network(x, low), network(x, high))  # there is no other way in
    for block, weight in zip(blocks, kept, strict=True):
        block.amount.weight.copy_(weight)
        assert (network(x, low) - network(x, high)).abs().max() > 1e-5
        block.amount.weight.zero_()


@pytest.mark.parametrize("name", ["points", "digits"])
def test_every_layer_of_the_mlp_hears_the_amount(name):
    network, d = made(name)
    mlp = next(module for module in network.modules() if isinstance(module, MLP))
    x = torch.linspace(0, 1, 3 * d).reshape(3, d)
    low, high = torch.tensor([[0.2]]), torch.tensor([[0.7]])
    kept, width = mlp.amount.weight.clone(), CONFIGS[name].width
    mlp.amount.weight.zero_()
    assert torch.equal(network(x, low), network(x, high))
    for layer in range(CONFIGS[name].depth):
        part = slice(layer * width, (layer + 1) * width)
        mlp.amount.weight[part] = kept[part]
        assert (network(x, low) - network(x, high)).abs().max() > 1e-5
        mlp.amount.weight.zero_()


def test_the_unet_sees_the_whole_picture():
    network, d = made("unet 3")
    x = torch.rand(1, d, generator=torch.Generator().manual_seed(1))
    changed = x.clone()
    changed[0, 0] = 1 - changed[0, 0]  # one corner
    difference = (network(x, torch.ones(1)) - network(changed, torch.ones(1))).abs()
    assert difference.min() > 0  # reaches every pixel, the opposite corner too


def test_features_tell_amounts_apart():
    features = amount_features(torch.linspace(0, 1, 201)[:, None])
    assert features.shape == (201, 32)
    between = torch.cdist(features, features) + 10 * torch.eye(201)
    assert between.min() > 0.3
