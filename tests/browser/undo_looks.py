"""Looks at networks that undo noise, as the app makes them, but without a network.

The predictions are averages of the data, weighted by how likely each is: what a good network would
answer. Numbers are those of the pictures, or are said where a test wants them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.corruptions import CORRUPTIONS, Box
from explainer.data import make_dataset
from explainer.digits import digits
from explainer.experiments.common import color_bytes
from explainer.frames import encode, limits_around, quantise
from explainer.metrics import sliced_wasserstein

NOISES = ("gaussian", "salt_and_pepper", "uniform")
RULES = ("fraction", "again", "corrected")
MORE_RULES = {"gaussian": (*RULES, "ddpm", "ddim")}
MOST = 10  # steps of which pictures are shown
Header = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


class Made:
    """What a look is made of: data, their box, and predictions."""

    def __init__(self, x: Tensor, box: Box, count: int) -> None:
        self.x, self.box, self.count = x, box, count
        self.generator = torch.Generator().manual_seed(5)

    def corrupt(self, kind: str, x_0: Tensor, amount: float, seed: int | None = None) -> Tensor:
        generator = self.generator if seed is None else torch.Generator().manual_seed(seed)
        return CORRUPTIONS[kind](x_0, amount, generator, self.box)  # type: ignore[index]

    def predict(self, kind: str, x: Tensor, amount: float) -> Tensor:
        """Average the data (n, d), each as likely as it is that it became x."""
        if amount >= 1:
            return self.x.mean(dim=0).expand_as(x)
        data, width = self.x, 0.02 + amount
        ignored = torch.zeros_like(x)
        if kind == "salt_and_pepper":
            width = 0.1
            ignored = ((x <= self.box.low) | (x >= self.box.high)).float()
        else:
            share = (1 - amount) ** (0.5 if kind == "gaussian" else 1)
            data = self.box.centre + share * (data - self.box.centre)
        far = (((x[:, None] - data) ** 2) * (1 - ignored[:, None])).sum(dim=-1)
        return (-far / (2 * width**2)).softmax(dim=-1) @ self.x

    def walk(self, kind: str, rule: str, n: int) -> tuple[list[float], Tensor, Tensor]:
        """Walk from amount 1 to 0: the amounts, x and predictions, each (n + 1, count, d)."""
        amounts = [1 - i / n for i in range(n + 1)]
        x = self.corrupt(kind, self.x[: self.count], 1.0, seed=7)
        states, predicted = [], []
        for i, (amount, after) in enumerate(zip(amounts, [*amounts[1:], 0.0], strict=True)):
            x_0 = self.predict(kind, x, amount) if i < n else x
            states.append(x)
            predicted.append(x_0)
            if rule == "fraction":
                x = x + (x_0 - x) / max(1, n - i)
            elif rule in ("again", "ddpm"):
                x = self.corrupt(kind, x_0, after)
            else:
                lost, kept = (self.corrupt(kind, x_0, a, seed=7) for a in (amount, after))
                x = x - lost + kept
        return amounts, torch.stack(states), torch.stack(predicted)


@cache
def _points(dataset: str) -> tuple[Made, Any]:
    data = make_dataset(dataset, 400, seed=1)
    return Made(data.x, Box.around(data.x), 200), data


@cache
def _digits() -> Made:
    return Made(digits().train[:200], Box.of_images(), 16)


def _quality(made: Made, x: Tensor, data: Any) -> dict[str, float]:
    if data is not None:
        return {"swd": round(sliced_wasserstein(x, made.x), 4)}
    nearest = torch.cdist(x, made.x).min(dim=1).values.mean()
    shares = {"recognised": round(float(x.var()) * 8, 2) % 1, "different": 0.5, "classes": 7}
    return {"nearest": round(float(nearest) / 8, 3), **shares}


def _thinned(n: int) -> list[int]:
    return sorted(set(np.linspace(0, n, min(n, MOST) + 1).round().astype(int).tolist()))


@cache
def look(
    dataset: str = "s_curve",
    network: str = "mlp",
    step: int = 400,
    counts: tuple[int, ...] = (5, 40),
    seed: int = 0,
) -> bytes:
    """Return a look; during training there are only the walks in 5 steps."""
    header, arrays = parts(dataset, network, step, counts, seed)
    return encode(header, arrays)


def parts(
    dataset: str, network: str, step: int, counts: tuple[int, ...], seed: int
) -> tuple[Header, Arrays]:
    """Return what a look is made of."""
    as_digits = dataset == "digits"
    made, data = (_digits(), None) if as_digits else _points(dataset)
    made.generator.manual_seed(seed)
    amounts = np.linspace(0, 1, 8).tolist()
    clean = made.x[: 8 if as_digits else made.count]
    tensors: dict[str, Tensor] = {"clean": clean, "mean": made.x.mean(dim=0, keepdim=True)}
    errors: dict[str, list[float]] = {}
    for kind in NOISES:
        noised = [made.corrupt(kind, clean, a, seed=3) for a in amounts]
        predicted = [made.predict(kind, x, a) for x, a in zip(noised, amounts, strict=True)]
        costs = [((x - clean) ** 2).mean().item() for x in predicted]
        errors[kind] = [round(cost, 5) for cost in costs]
        pick = (
            (lambda xs: torch.stack([x[i] for i, x in enumerate(xs)])) if as_digits else torch.stack
        )
        tensors |= {f"noised {kind}": pick(noised), f"predicted {kind}": pick(predicted)}
    walks, quality, colors = [], [], {}
    for kind in NOISES:
        for rule in MORE_RULES.get(kind, RULES):
            for n in counts:
                levels, x, x_0 = made.walk(kind, rule, n)
                kept, name = _thinned(n), f"{kind} {rule} {n}"
                walks.append(
                    {"kind": kind, "rule": rule, "n": n, "amounts": [levels[i] for i in kept]}
                )
                tensors |= {f"x {name}": x[kept], f"x0 {name}": x_0[kept]}
                quality.append({"kind": kind, "rule": rule, "n": n, **_quality(made, x[-1], data)})
                if data is not None:
                    nearest = torch.cdist(x[-1], data.x).argmin(dim=1)
                    colors[f"walk color {name}"] = color_bytes(data.color[nearest])
    fresh = digits().held_out[:16] if as_digits else make_dataset(dataset, 200, seed=9).x
    ends = {kind: made.corrupt(kind, clean, 1.0, seed=7) for kind in NOISES}
    header: Header = {
        "data": "digits" if as_digits else "points",
        "dataset": dataset,
        "network": network,
        "kinds": list(NOISES),
        "step": step,
        "steps": 400,
        "amounts": amounts,
        "errors": errors,
        "mean_error": round(float(made.x.var(dim=0, correction=0).mean()), 5),
        "walks": walks,
        "quality": quality,
        "real": _quality(made, fresh, data),
        "noise": {kind: _quality(made, ends[kind], data) for kind in NOISES},
        "parameters": 12345,
        "seconds": dict.fromkeys(NOISES, 2.5),
    }
    if data is None:
        size = {name: (x.clamp(0, 1) * 255).round().to(torch.uint8) for name, x in tensors.items()}
        return header, {name: x.reshape(*x.shape[:-1], 8, 8).numpy() for name, x in size.items()}
    plain = {name: data.to_data_units(x.double()).numpy() for name, x in tensors.items()}
    limits = limits_around(*plain.values())
    arrays: Arrays = {name: quantise(x, limits) for name, x in plain.items()}
    arrays["color"] = color_bytes(data.color[: made.count])
    return header | {"limits": list(limits)}, arrays | colors
