"""What every benchmark shares: a stopwatch, rivals in alternating rounds, tables, and JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Spent:
    """Seconds that a piece of work took: of the process's CPU time (all threads) and the clock."""

    cpu: float
    wall: float

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.cpu + other.cpu, self.wall + other.wall)


def timed(work: Callable[[], object]) -> Spent:
    """Do the work once and return what it took."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Spent(time.process_time() - cpu, time.perf_counter() - wall)


class Stopwatch:
    """Adds up what passes between ``start`` and ``stop``."""

    def __init__(self) -> None:
        self.spent = Spent(0.0, 0.0)

    def start(self) -> None:
        """Begin to count."""
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def stop(self) -> None:
        """Count no longer."""
        passed = Spent(time.process_time() - self.cpu, time.perf_counter() - self.wall)
        self.spent = self.spent + passed


def alternate(rivals: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[Spent]]:
    """Time rivals in turn, so that a busy neighbour on the machine meets all of them alike.

    Each rival runs once unmeasured first; every other round runs in reverse order.
    """
    for work in rivals.values():
        work()
    spent: dict[str, list[Spent]] = {name: [] for name in rivals}
    for i in range(rounds):
        for name in list(rivals)[:: -1 if i % 2 else 1]:
            spent[name].append(timed(rivals[name]))
    return spent


def median_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """Return the median of the rounds' own ratios: what was measured together is compared."""
    return median(a / b for a, b in zip(numerators, denominators, strict=True))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@dataclass(frozen=True)
class Table:
    """Rows of named cells under a title; a note says how the figures came about."""

    title: str
    rows: Sequence[Mapping[str, Cell]]
    note: str = ""

    def text(self) -> str:
        """Lay the table out in aligned columns, numbers to the right."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        columns = []
        for name in names:
            values = [row.get(name) for row in self.rows]
            shown = [name, *map(_shown, values)]
            width = max(map(len, shown))
            left = any(isinstance(value, str) for value in values)
            columns.append([s.ljust(width) if left else s.rjust(width) for s in shown])
        lines = ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]
        if lines:
            lines.insert(1, "  ".join("-" * len(column[0]) for column in columns))
        return "\n".join([self.title, "", *lines, *([self.note] if self.note else [])])


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return (
            f"{cell:.4f}"
            if abs(cell) < 0.1
            else f"{cell:.2f}"
            if abs(cell) < 100
            else f"{cell:.0f}"
        )
    return str(cell)


def write_json(path: str | Path, tables: Sequence[Table]) -> None:
    """Write the tables' rows as they were printed, unrounded, with the machine they are from."""
    content = {
        "machine": {
            "platform": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
        },
        "tables": [
            {"title": t.title, "note": t.note, "rows": [dict(row) for row in t.rows]}
            for t in tables
        ],
    }
    Path(path).write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


class Report:
    """Prints each table as soon as it is measured, and writes all of them at the end.

    Parameters
    ----------
    path : str or None
        Of the JSON file; None writes none.
    """

    def __init__(self, path: str | None) -> None:
        self.path, self.tables = path, list[Table]()

    def add(self, table: Table) -> None:
        """Print a table and keep it."""
        self.tables.append(table)
        print(table.text(), end="\n\n", flush=True)
        if self.path is not None:
            write_json(self.path, self.tables)


def command_line(name: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("--json", metavar="FILE", help="write the same rows there too")
    return parser


def browser_command_line(name: str, description: str | None) -> argparse.ArgumentParser:
    """Make the command line of a benchmark that drives a Chromium."""
    parser = command_line(name, description)
    parser.add_argument(
        "--chromium", default=shutil.which("chromium"), help="path; Playwright's own if absent"
    )
    return parser
