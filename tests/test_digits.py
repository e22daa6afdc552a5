"""The digits are all there, in two parts that share no picture."""

import torch
from sklearn.datasets import load_digits

from explainer.digits import digits


def test_the_parts_make_up_the_whole():
    both = digits()
    assert both.train.shape == (1500, 64)
    assert both.held_out.shape == (297, 64)
    assert both.train.dtype == torch.float32
    pictures, labels = load_digits(return_X_y=True)
    x = torch.cat([both.train, both.held_out]) * 16
    y = torch.cat([both.train_labels, both.held_out_labels])
    ours = sorted([*map(int, row), int(label)] for row, label in zip(x, y, strict=True))
    theirs = sorted([*map(int, row), int(label)] for row, label in zip(pictures, labels))  # noqa: B905
    assert ours == theirs


def test_values_lie_between_black_and_white():
    train = digits().train
    assert train.min() == 0
    assert train.max() == 1
    torch.testing.assert_close(digits().mean, train.mean(dim=0))


def test_every_digit_is_in_both_parts():
    assert digits().train_labels.bincount(minlength=10).min() >= 100
    assert digits().held_out_labels.bincount(minlength=10).min() >= 20


def test_the_split_is_the_same_each_time():
    first = digits()
    digits.cache_clear()
    assert torch.equal(first.train, digits().train)
    assert torch.equal(first.held_out_labels, digits().held_out_labels)
