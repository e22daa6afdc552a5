"""The 8 x 8 handwritten digits that scikit-learn brings, cut into two parts for good."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

SIDE = 8  # pixels
HELD_OUT = 297  # of 1797
SPLIT_SEED = 2**31 - 4


@dataclass(frozen=True, eq=False)
class Digits:
    """Handwritten digits to learn from, and others that nothing learns from.

    Attributes
    ----------
    train : Tensor of float32, shape (1500, 64)
        Pictures row by row, 0 is black and 1 is white.
    held_out : Tensor of float32, shape (297, 64)
    train_labels : Tensor of int64, shape (1500,)
        Which digit it is, 0 to 9.
    held_out_labels : Tensor of int64, shape (297,)
    mean : Tensor of float32, shape (64,)
        Of those to learn from.
    """

    train: Tensor
    held_out: Tensor
    train_labels: Tensor
    held_out_labels: Tensor
    mean: Tensor


@lru_cache(maxsize=1)
def digits() -> Digits:
    """Return the digits, cut in the same way each time.

    References
    ----------
    Alpaydin and Kaynak 1998, doi 10.24432/C50P49 (test part, as scikit-learn has it).
    """
    from sklearn.datasets import load_digits  # scikit-learn takes a second to import

    pictures, labels = load_digits(return_X_y=True)
    x = torch.from_numpy(pictures / 16).float()  # 17 levels of grey
    y = torch.from_numpy(labels).long()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(SPLIT_SEED))
    # In the order they were written down, as neighbours may be by one hand.
    held_out, train = order[:HELD_OUT].sort().values, order[HELD_OUT:].sort().values
    return Digits(x[train], x[held_out], y[train], y[held_out], x[train].mean(dim=0))
