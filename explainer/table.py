"""Points from a learner's table: text with two columns of numbers, as spreadsheets write it.

Separator, decimal sign, header and encoding are found out; what is wrong is named with its line.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 2_000_000
MAX_VALUE = 1e30  # beyond some 1e38 single precision ends, and squares must fit as well
LEAST_SPREAD = 1e-9  # of the largest value: points nearer than this are one place
SHOWN = 24  # characters of a cell in a message or the preview
SAMPLE = 60  # lines that decide on the separator
PREVIEW = 5

SEPARATORS = {"tab": "\t", "semicolon": ";", "comma": ",", "space": None}  # in order of trust
MISSING = {"", "na", "n/a", "null", "none", "nan", "inf", "infinity"}
# What people upload instead; the first bytes tell.
FOREIGN = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "an Excel file or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")

Row = tuple[int, list[str]]  # line number, from 1, and cells


class InvalidTable(ValueError):
    """A table that cannot be read; the message is one sentence, with the line if there is one."""


@dataclass(frozen=True, eq=False)
class ReadPoints:
    """What was read.

    Attributes
    ----------
    points : ndarray of float64, shape (n, 2)
        At most as many as were asked for, in the file's order.
    rows : int
        How many points the file has.
    header : tuple of two str, or None
    separator : str
        ``comma``, ``semicolon``, ``tab`` or ``space``.
    decimal : str
        ``point`` or ``comma``.
    preview : tuple of rows
        The cells of the first five rows, as text.
    notes : tuple of str
        Sentences on what was left out or assumed.
    """

    points: NDArray[np.float64]
    rows: int
    header: tuple[str, str] | None
    separator: str
    decimal: str
    preview: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_points(data: bytes, *, limit: int = 20_000, seed: int = 0) -> ReadPoints:
    """Read two columns of numbers.

    Parameters
    ----------
    data : bytes
        The file: UTF-8, UTF-16 with a byte order mark, or Latin-1; columns separated by comma,
        semicolon, tab or spaces; with a header or none. Blank lines and lines that start with
        ``#`` are passed over.
    limit : int
        Points to return at most; of a longer file, as many are drawn at random.
    seed : int
        Of that draw.

    Returns
    -------
    ReadPoints

    Raises
    ------
    InvalidTable
        If this is no such table, or holds fewer than two different points.
    """
    lines = _lines(_text(data))
    if not lines:
        raise InvalidTable("The file is empty.")
    separator = _separator([line for _, line in lines[:SAMPLE]])
    split = _splitter(SEPARATORS[separator])
    rows = [(number, split(line)) for number, line in lines]
    _check_columns(rows, separator)
    header = _header(rows[0][1])
    if header:
        rows = rows[1:]
    decimal = _decimal(rows)
    points, left_out = _numbers(rows, decimal)
    check_points(points)
    notes = [*_assumed(rows, header, separator, decimal), *left_out]
    found = len(points)
    if found > limit:
        chosen = np.random.default_rng(seed).choice(found, size=limit, replace=False)
        points = points[np.sort(chosen)]
        notes.append(
            f"The file has {found:,} points; {limit:,} of them, drawn at random, are used."
        )
    preview = tuple((_short(x), _short(y)) for _, (x, y) in rows[:PREVIEW])
    return ReadPoints(points, found, header, separator, decimal, preview, tuple(notes))


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise InvalidTable(f"The file is too large: at most {MAX_BYTES // 1_000_000} MB are read.")
    for mark, what in FOREIGN.items():
        if data.startswith(mark):
            raise InvalidTable(f"This is not a text file; it looks like {what}. Save it as CSV.")
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0" if wide else data.decode("latin-1")
    if "\0" in text:
        raise InvalidTable("This is not a text file; save the table as CSV.")
    return text.replace("\N{MINUS SIGN}", "-")


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that hold something, with their numbers as an editor counts them."""
    numbered = enumerate(re.split(r"\r\n|\r|\n", text), start=1)
    lines = [(number, line) for number, line in numbered if line.strip()]
    # Excel may begin a file with "sep=;".
    return [(n, line) for n, line in lines if not line.lstrip().lower().startswith(("#", "sep="))]


def _splitter(mark: str | None) -> Callable[[str], list[str]]:
    def split(line: str) -> list[str]:
        cells = line.split(mark)
        if '"' in line and mark:  # a quoted cell may hold the separator
            with contextlib.suppress(csv.Error):  # a cell longer than csv reads
                cells = next(csv.reader([line], delimiter=mark, skipinitialspace=True))
        return [cell.strip().strip('"') for cell in cells]

    return split


def _separator(sample: list[str]) -> str:
    """Return the separator that makes two columns of the most lines."""

    def pairs(name: str) -> int:
        split = _splitter(SEPARATORS[name])
        return sum(len(split(line)) == 2 for line in sample)

    best = max(SEPARATORS, key=pairs)  # the first of equals
    if pairs(best):
        return best
    # Nothing fits: take the one that is there, so that the message counts its columns.
    joined = "".join(sample)
    return next((name for name, mark in SEPARATORS.items() if mark and mark in joined), "space")


def _check_columns(rows: list[Row], separator: str) -> None:
    for number, cells in rows:
        if len(cells) == 2:
            continue
        if len(cells) == 1:
            raise InvalidTable(
                f"Line {number} has 1 column, 2 are wanted, separated by a comma, a semicolon "
                "or a tab."
            )
        hint = ""
        if separator == "comma" and len(cells) == 4:
            hint = "; with decimal commas, separate the columns by semicolons"
        raise InvalidTable(f"Line {number} has {len(cells)} columns, 2 are wanted{hint}.")


def _number(cell: str, decimal: str) -> float | None:
    """Read one cell: NaN if nothing is there, None if it is not a number."""
    if decimal == "comma":
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return math.nan if cell.lower() in MISSING else None


def _header(cells: list[str]) -> tuple[str, str] | None:
    """Return the first row as a header, if none of its cells is a number or missing alone."""
    if any(cells) and all(
        not cell or (_number(cell, "point") is None and _number(cell, "comma") is None)
        for cell in cells
    ):
        return _short(cells[0]), _short(cells[1])
    return None


def _decimal(rows: list[Row]) -> str:
    """Return ``comma`` if some cell has a decimal comma and none has a point."""
    commas = False
    for _, cells in rows:
        for cell in cells:
            if "." in cell:
                return "point"
            commas = commas or ("," in cell and DECIMAL_COMMA.fullmatch(cell) is not None)
    return "comma" if commas else "point"


def _numbers(rows: list[Row], decimal: str) -> tuple[NDArray[np.float64], list[str]]:
    """Return the points, and what to say of the rows without two numbers."""
    points: list[tuple[float, float]] = []
    missing: list[int] = []
    for line, cells in rows:
        values = []
        for cell in cells:
            value = _number(cell, decimal)
            if value is None:
                hint = " here, where decimals have a point" if DECIMAL_COMMA.fullmatch(cell) else ""
                raise InvalidTable(f"Line {line}: '{_short(cell)}' is not a number{hint}.")
            if abs(value) > MAX_VALUE and cell.lstrip("+-").lower() not in MISSING:
                raise InvalidTable(
                    f"Line {line}: '{_short(cell)}' is too large; at most {MAX_VALUE:.0e} is read."
                )
            values.append(value)
        if math.isfinite(values[0]) and math.isfinite(values[1]):
            points.append((values[0], values[1]))
        else:
            missing.append(line)
    notes = []
    if len(missing) == 1:
        notes.append(f"Line {missing[0]} lacks a number and was left out.")
    elif missing:
        notes.append(
            f"{len(missing):,} lines lack a number and were left out, "
            f"the first is line {missing[0]}."
        )
    return np.array(points, dtype=np.float64).reshape(-1, 2), notes


def check_points(points: NDArray[np.float64], what: str = "file") -> None:
    """Refuse points (n, 2) that have no shape: fewer than two, or all at one place.

    Raises
    ------
    InvalidTable
        With one sentence.
    """
    if len(points) < 2:
        found = "1 point" if len(points) else "no point"
        raise InvalidTable(f"The {what} has {found}; at least 2 are needed.")
    spread = np.ptp(points, axis=0).max()
    if spread <= max(LEAST_SPREAD * np.abs(points).max(), 1 / MAX_VALUE):
        raise InvalidTable("All points lie at the same place; at least 2 must differ.")


def _assumed(
    rows: list[Row], header: tuple[str, str] | None, separator: str, decimal: str
) -> list[str]:
    """Say how commas were read where they could have meant something else."""
    cells = [cell for _, pair in rows for cell in pair if cell]
    line, (x, y) = rows[0]
    if separator == "comma" and not header and all(cell.isdigit() for cell in cells):
        return [f"Commas were read as separators: line {line} is the point ({x}, {y})."]
    commas = [cell for cell in cells if "," in cell]
    if decimal == "comma" and all(MAYBE_THOUSANDS.fullmatch(cell) for cell in commas):
        as_read = commas[0].replace(",", ".")
        return [f"Commas were read as decimal signs: '{commas[0]}' is {as_read}."]
    return []


def _short(cell: str) -> str:
    return cell if len(cell) <= SHOWN else cell[: SHOWN - 1] + "…"
