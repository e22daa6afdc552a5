"""A class in front of one server: pages that open, change settings, and press Start together.

``python app.py`` in a process of its own. What a page asks is recorded once from a real one in a
Chromium; then every pupil asks the same, with settings, a seed and a pace of its own: scripts,
pictures, a heartbeat, events, and the news of its run as often as the page asks for them. The
pupils' own work is done by this process, on the same cores as the server.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.lesson import Lesson, lesson
from benchmarks.processes import served
from benchmarks.pupils import Trained
from benchmarks.recording import record
from benchmarks.report import Cell, Report, Table, browser_command_line, quantile
from benchmarks.soak import course, growth, soak

OPENING = 10.0  # seconds in which all open the page, and later press Start
NEIGHBOURS = 5  # on either side, by the order in which Start was pressed
SLOWEST = 4.0  # seconds between two questions of a page whose run waits
ASKED = {
    30: {"first picture": 1.0, "event": 0.3, "snapshot": 0.15},
    100: {"event": 0.4},
    300: {},
}


def times(held: Lesson, pupils: int) -> Table:
    """Tabulate how long pupils waited."""
    asked = ASKED.get(pupils, {})
    rows: list[dict[str, Cell]] = []
    for what, values in held.measured.times.items():
        row: dict[str, Cell] = {
            "waited for": what,
            "count": len(values),
            "p50, ms": 1000 * median(values),
            "p95, ms": 1000 * quantile(values, 0.95),
            "max, ms": 1000 * max(values),
        }
        if what in asked:
            row["asked for, p95"] = 1000 * asked[what]
        rows.append(row)
    return Table(
        f"{pupils} pupils: what they waited for",
        rows,
        "page: all scripts and the first picture. event: a choice until its answer; after it: "
        "until the picture has come, and all that the answer names. first picture and trained: "
        "from the press of Start.",
    )


def fairness(runs: list[Trained]) -> float:
    """Return how differently those waited in the queue who pressed Start one after the other."""
    inorder = sorted((run for run in runs if run.positions), key=lambda run: run.pressed)
    waits = [run.ended - run.pressed for run in inorder]
    relative = [
        wait / median(waits[max(0, i - NEIGHBOURS) : i + NEIGHBOURS + 1])
        for i, wait in enumerate(waits)
    ]
    return max(relative) / min(relative)


def is_honest(runs: list[Trained]) -> bool:
    """Say whether no place in the queue ever grew, and whoever pressed first was let in first."""
    waited = sorted((run for run in runs if run.positions), key=lambda run: run.pressed)
    falls = all(a >= b for run in waited for a, b in pairwise(run.positions))
    # Who are let in within one question's time may hear of it in either order.
    return falls and all(b.began > a.began - SLOWEST for a, b in pairwise(waited))


def summary(held: Lesson, pupils: int) -> Table:
    """Tabulate all else."""
    measured, runs = held.measured, [run for run in held.runs if run.ended]
    cpu = held.after.server_cpu - held.before.server_cpu
    wrong = Counter(measured.wrong)
    last = max(run.ended for run in runs) - min(run.pressed for run in runs)
    broken = sum(count for status, count in measured.statuses.items() if status >= 500)
    queued = [run for run in runs if run.positions]
    rows: list[dict[str, Cell]] = [
        {"figure": "requests", "value": measured.requests},
        {"figure": "requests a second", "value": measured.requests / held.seconds},
        {"figure": "errors", "value": len(measured.wrong), "asked for": "0 (100: 0.1 %)"},
        {"figure": "answers 5xx", "value": broken},
        {"figure": "server's CPU, ms a request", "value": 1000 * cpu / measured.requests},
        {"figure": "server's CPU, share of a core", "value": cpu / held.seconds},
        {"figure": "all processes' CPU, s", "value": held.after.all_cpu - held.before.all_cpu},
        {"figure": "first Start to last run trained, s", "value": last, "asked for": "30: 60"},
        {
            "figure": "fairness",
            "value": fairness(runs) if queued else None,
            "asked for": "100: 1.25",
        },
        {"figure": "waited in the queue", "value": len(queued)},
        {
            "figure": "largest place in the queue",
            "value": max((max(run.positions) for run in queued), default=0),
        },
        {"figure": "places honest", "value": is_honest(runs) if queued else None},
        {"figure": "memory at most, MB", "value": held.most, "asked for": "300: 3072"},
    ]
    rows += [{"figure": what, "value": count} for what, count in wrong.most_common(5)]
    return Table(
        f"{pupils} pupils: the server",
        rows,
        "Memory: of all processes together, what they share counted once (PSS). Fairness: each "
        "pupil's time from Start until the run is trained, divided by the median of the "
        "neighbours', the five who pressed before and the five who pressed after, among those who "
        "had a place in the queue; the largest of these divided by the smallest.",
    )


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = browser_command_line("classroom", __doc__)
    parser.add_argument("--pupils", type=int, nargs="+", default=[30, 100, 300])
    parser.add_argument(
        "--soak", type=float, metavar="SECONDS", help="instead: so long, with reloads, 30 pupils"
    )
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = arguments()
    report = Report(options.json)
    recording = record(options.chromium)
    if options.soak:
        with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
            measured, looks = asyncio.run(soak(server, recording, options.soak))
        report.add(course(looks))
        report.add(growth(looks, measured))
        return
    for pupils in options.pupils:
        with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
            spread = 120.0 if pupils >= 300 else OPENING
            held = asyncio.run(lesson(server, recording, pupils, spread))
            report.add(times(held, pupils))
            report.add(summary(held, pupils))


if __name__ == "__main__":
    main()
