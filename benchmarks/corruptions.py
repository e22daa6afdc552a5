"""How long it takes to corrupt a picture, by kind of noise."""

from __future__ import annotations

from functools import partial
from statistics import median

import torch
from torch import Tensor

from benchmarks.report import Cell, Report, Table, alternate, command_line
from explainer.corruptions import CORRUPTIONS, Box, Corruption

SIDE = 512  # pixels
AMOUNTS = (0.1, 0.5, 0.9)
PICTURES = {"grey": (SIDE, SIDE), "colour": (SIDE, SIDE, 3)}
TARGET = 20.0  # milliseconds for a picture of that size


def corrupt(corruption: Corruption, picture: Tensor, amount: float, box: Box) -> Tensor:
    """Corrupt with a generator of its own, as the page's questions do."""
    return corruption(picture, amount, torch.Generator().manual_seed(0), box)


def by_kind(rounds: int) -> Table:
    """Time each kind on a grey picture and on a coloured one, at a few amounts."""
    torch.set_num_threads(1)
    chance = torch.Generator().manual_seed(0)
    boxes = {name: Box.of_images(colour=name == "colour") for name in PICTURES}
    pictures = {name: torch.rand(shape, generator=chance) for name, shape in PICTURES.items()}
    rivals = {
        f"{kind} {name} {amount}": partial(
            corrupt, CORRUPTIONS[kind], pictures[name], amount, boxes[name]
        )
        for kind in CORRUPTIONS
        for name in PICTURES
        for amount in AMOUNTS
    }
    spent = alternate(rivals, rounds)
    rows: list[dict[str, Cell]] = []
    for kind in CORRUPTIONS:
        row: dict[str, Cell] = {"kind": kind}
        for name in PICTURES:
            times = [
                median(1000 * s.cpu for s in spent[f"{kind} {name} {amount}"]) for amount in AMOUNTS
            ]
            row |= {f"ms {name}": max(times), f"{name} in time": max(times) <= TARGET}
        rows.append(row)
    return Table(
        f"One corruption of a picture of {SIDE} x {SIDE} pixels",
        rows,
        f"Milliseconds of CPU time on one thread: medians of {rounds} rounds, of the slowest of "
        f"the amounts {', '.join(map(str, AMOUNTS))}. In time: at most {TARGET:.0f} ms. A coloured "
        "picture has three times as many values.",
    )


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command_line("corruptions", __doc__)
    parser.add_argument("--rounds", type=int, default=15, help="of all kinds, in turn")
    options = parser.parse_args()
    Report(options.json).add(by_kind(options.rounds))


if __name__ == "__main__":
    main()
