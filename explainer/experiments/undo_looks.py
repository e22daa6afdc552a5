"""Looks at networks that undo noise, one for each kind of it: what they say, where walks lead.

A look is a container: how well networks predict at each amount, walks back from pure corruption by
every rule, and how good their ends are. It is the same for shipped networks and for those that are
being trained.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import torch
from torch import Tensor

from explainer.cold import ColdState, RuleName, rules_for, start, walk
from explainer.corruptions import CORRUPTIONS
from explainer.experiments.common import chosen_frames
from explainer.experiments.real import rounded
from explainer.experiments.undo_scenes import AMOUNTS, NOISE_SEED, Arrays, Scene
from explainer.frames import encode
from explainer.restorers import Restorer
from explainer.settings import MainCorruption

FEW, MANY = 5, 40  # steps of a walk: as the tutorial has it, and where a rule shows what it is
MOST_STATES = 11  # of a walk that are drawn

Figures = dict[str, Any]
Parts = Generator[None, None, bytes]
"""A look in the making: after each piece of work whoever makes it may do something else."""


def finished(parts: Parts) -> bytes:
    """Make a look at one go."""
    while True:
        try:
            next(parts)
        except StopIteration as made:
            return bytes(made.value)


def error(x_0: Tensor, x0_hat: Tensor) -> float:
    """Mean squared error per coordinate."""
    return rounded((x0_hat - x_0).square().double().mean().item())


@torch.no_grad()
def errors(scene: Scene, kind: MainCorruption, restorer: Restorer) -> list[float]:
    """Measure predictions at each of the amounts, on data never trained on."""
    found = []
    for amount in AMOUNTS:
        draws = torch.Generator().manual_seed(NOISE_SEED)
        x = CORRUPTIONS[kind](scene.held_out, amount, draws, scene.box)
        found.append(error(scene.held_out, restorer(x, torch.full((1, 1), amount))))
    return found


@torch.no_grad()
def _predictions(scene: Scene, kind: MainCorruption, restorer: Restorer) -> Arrays:
    x, amounts = scene.noised(kind)
    predicted = restorer(x, amounts)
    return {f"noised {kind}": scene.write(x), f"predicted {kind}": scene.write(predicted)}


def _pure(scene: Scene, kind: MainCorruption, count: int) -> Tensor:
    """Draw the pure corruption that all walks of a kind start from."""
    like = scene.held_out.new_zeros(count, scene.held_out.shape[1])
    return start(kind, like, scene.box, NOISE_SEED)


def _walked(
    scene: Scene, kind: MainCorruption, rule: RuleName, restorer: Restorer, n: int, x: Tensor
) -> tuple[list[ColdState], Tensor]:
    """Walk back from x; return the states that are drawn, of what is drawn, and all ends."""
    fresh = torch.Generator().manual_seed(NOISE_SEED + 1)
    chosen = set(chosen_frames(n + 1, MOST_STATES))
    kept = []
    for i, state in enumerate(walk(rule, kind, restorer, x, n, fresh, scene.box, NOISE_SEED)):
        if i in chosen:
            few = slice(scene.drawn)
            kept.append(ColdState(state.x[few].clone(), state.x0_hat[few].clone(), state.amount))
    return kept, state.x


def look(
    scene: Scene,
    restorers: Mapping[MainCorruption, Restorer],
    *,
    counts: tuple[int, ...] = (FEW, MANY),
    figures: Figures | None = None,
    **header: Any,
) -> Parts:
    """Look at networks that undo noise.

    Parameters
    ----------
    scene : Scene
    restorers : mapping of str to callable
        By kind of noise, in the order in which they are shown.
    counts : tuple of int
        Numbers of steps; every rule walks in each of them.
    figures : dict, optional
        ``quality`` and ``noise`` of an earlier look at the same networks. They are measured on
        many more walks than are drawn, which takes most of the time; with them, only those that
        are drawn are made, with other draws.
    **header
        What else the page is told: ``dataset``, ``network``, ``step``, ``steps``, ``parameters``,
        ``seconds``.

    Returns
    -------
    generator
        Yields between two pieces of work, and returns the container. Its header has ``data``,
        ``kinds``, ``amounts``, ``errors`` by kind at each of the amounts, ``mean_error`` (of always
        answering with the mean of the data), ``walks``, their ``quality``, and that of ``real``
        data and of pure ``noise`` by kind; for points ``limits``. Its arrays are ``clean``,
        ``color``, ``mean``; of each kind ``noised`` and ``predicted``; of each walk ``x``, ``x0``
        and ``walk color``.

    Raises
    ------
    ValueError
        With a sentence for the learner, if samples grow beyond all numbers.
    """
    count = scene.samples if figures is None else scene.drawn
    measured: dict[str, list[float]] = {}
    walks: list[dict[str, Any]] = []
    quality: list[dict[str, Any]] = []
    noise: dict[str, dict[str, Any]] = {}
    arrays: Arrays = dict(scene.arrays)
    for kind, restorer in restorers.items():
        measured[kind] = errors(scene, kind, restorer)
        arrays |= _predictions(scene, kind, restorer)
        x = _pure(scene, kind, count)
        if figures is None:
            noise[kind] = _told(scene.measure(x))
        yield
        for rule in rules_for(kind):
            for n in counts:
                states, ends = _walked(scene, kind, rule, restorer, n, x)
                key = {"kind": kind, "rule": rule, "n": n}
                walks.append({**key, "amounts": [state.amount for state in states]})
                if figures is None:
                    quality.append({**key, **_told(scene.measure(ends))})
                name = f"{kind} {rule} {n}"
                arrays[f"x {name}"] = scene.write(torch.stack([s.x for s in states]))
                arrays[f"x0 {name}"] = scene.write(torch.stack([s.x0_hat for s in states]))
                if (color := scene.color(states[-1].x)) is not None:
                    arrays[f"walk color {name}"] = color
                yield
    told = {
        "data": scene.data,
        "kinds": list(restorers),
        "amounts": list(AMOUNTS),
        "errors": measured,
        "mean_error": error(scene.held_out, scene.mean),
        "walks": walks,
        "real": _told(scene.real),
        **(figures or {"quality": quality, "noise": noise}),
        **scene.header,
        **header,
    }
    return encode(told, arrays)


def _told(figures: dict[str, Any]) -> dict[str, Any]:
    return {k: rounded(v) if isinstance(v, float) else v for k, v in figures.items()}
