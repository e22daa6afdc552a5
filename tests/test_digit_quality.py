"""Pictures of digits, measured: what is known of copies, averages, noise and real digits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from explainer.corruptions import CORRUPTIONS, Box
from explainer.digit_quality import (
    BANDWIDTH,
    UNLIKE,
    digit_quality,
    noise_digit_quality,
    read,
    real_digit_quality,
)
from explainer.digits import digits

KINDS = ("gaussian", "salt_and_pepper", "uniform")


def test_copies_are_at_no_distance_and_read_as_what_they_are() -> None:
    d = digits()
    found = digit_quality(d.train[:300])
    assert (found.nearest, found.classes, found.different) == (0, 10, 1)
    sure, digit = read(d.train[:300])[:, :10].max(dim=1)
    assert found.recognised == (sure >= 0.9).double().mean().item() > 0.99
    assert (digit[sure >= 0.9] == d.train_labels[:300][sure >= 0.9]).all()


def test_a_sampler_that_always_makes_the_mean_digit_looks_bad() -> None:
    found = digit_quality(digits().mean.repeat(200, 1))
    assert (found.recognised, found.classes, found.different) == (0, 0, 1 / 200)
    assert found.nearest > 1.3 * real_digit_quality().nearest


def test_a_sampler_that_always_makes_the_same_digit_is_found_out() -> None:
    found = digit_quality(digits().train[7].repeat(50, 1))
    assert (found.nearest, found.recognised, found.classes, found.different) == (0, 1, 1, 1 / 50)


@pytest.mark.parametrize("kind", KINDS)
def test_pure_noise_is_far_from_digits_and_never_read(kind: str) -> None:
    found = noise_digit_quality(kind)
    assert (found.recognised, found.classes) == (0, 0)
    assert 0.4 < found.nearest < 0.6
    generator = torch.Generator().manual_seed(1)
    more = CORRUPTIONS[kind].end(torch.zeros(2000, 64), generator, Box.of_images())
    assert read(more)[:, 10].min() > 0.99


def test_nine_in_ten_real_digits_are_read_and_hardly_one_wrongly() -> None:
    found = real_digit_quality()
    assert 0.85 < found.recognised < 0.95
    assert 0.12 < found.nearest < 0.14
    assert found.classes == 10
    assert found.different > 0.9
    d = digits()
    sure, digit = read(d.held_out)[:, :10].max(dim=1)
    assert (digit != d.held_out_labels)[sure >= 0.9].sum() <= 1


def test_the_distance_is_the_root_mean_square_over_the_pixels() -> None:
    x = digits().train[:1].clone()
    x[0, x[0].argmin()] = 0.08  # one pixel of 64: 0.01 in the mean
    found = digit_quality(x)
    assert found.nearest == pytest.approx(0.08 / 8, rel=1e-6)


def test_the_reader_is_bayes_rule_with_a_kernel_on_each_digit() -> None:
    d = digits()
    x = (0.8 * d.held_out[:1] + 0.2 * d.held_out[1:2]).double().numpy()
    train, labels = d.train.double().numpy(), d.train_labels.numpy()
    r = np.sqrt(((x - train) ** 2).mean(axis=1))
    kernel = np.exp(-((r / BANDWIDTH) ** 2) / 2)
    densities = [
        *(kernel[labels == i].sum() for i in range(10)),
        math.exp(-((UNLIKE / BANDWIDTH) ** 2) / 2),
    ]
    expected = np.array(densities) / sum(densities)
    np.testing.assert_allclose(read(torch.from_numpy(x))[0].numpy(), expected, rtol=1e-4)


def test_pictures_are_measured_as_they_are_seen() -> None:
    x = digits().held_out[:40]
    louder = x + (x == 1) * 3.0 - (x == 0) * 5.0
    assert digit_quality(louder) == digit_quality(x)
    assert torch.equal(read(louder), read(x))


def test_probabilities_add_up() -> None:
    read_as = read(torch.cat([digits().held_out[:20], torch.zeros(1, 64), torch.ones(1, 64)]))
    torch.testing.assert_close(read_as.sum(dim=1), torch.ones(22, dtype=torch.float64))
    assert (read_as[20:, 10] > 0.9).all()  # black and white are no digits


@pytest.mark.parametrize("samples", [torch.zeros(0, 64), torch.zeros(3, 8, 8), torch.zeros(64)])
def test_what_is_no_stack_of_pictures_is_refused(samples: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"^samples must have shape \(n, 64\) with n >= 1"):
        digit_quality(samples)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    samples = digits().train[:2].clone()
    samples[1, 5] = bad
    with pytest.raises(ValueError, match=r"^samples must be finite numbers$"):
        digit_quality(samples)
