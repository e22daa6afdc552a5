"""Points from a learner's table: text with two columns of numbers, as spreadsheets write it.

Separator, decimal sign, header and encoding are found out; what is wrong is named with its line.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 2_000_000
MAX_LINES = 50_000  # of a longer file so many are drawn: a million would take seconds
MAX_LINE = 1000  # characters; two numbers have some fifty
MAX_VALUE = 1e30  # beyond some 1e38 single precision ends, and squares must fit as well
LEAST_SPREAD = 1e-9  # of the largest value: points nearer than this are one place
LEAST_WIDTH = 1e-9  # of a cloud's length: what is narrower is a line
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
        How many points the file has; of a file of more than 50,000 lines, those that were read.
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
    rng = np.random.default_rng(seed)
    lines, numbers, in_file = _lines(_text(data), rng)
    if not lines:
        raise InvalidTable("The file is empty.")
    separator = _separator(lines[:SAMPLE])
    cells = _cells(lines, numbers, separator)
    header = _header(cells[:2])
    if header:
        cells, numbers = cells[2:], numbers[1:]
    decimal = _decimal(cells)
    points, notes = _numbers(cells, numbers, decimal)
    check_points(points)
    notes = [*_assumed(cells, numbers, header, separator, decimal), *notes, *shape_notes(points)]
    found = len(points)
    if found > limit:
        points = points[np.sort(rng.choice(found, size=limit, replace=False))]
    if in_file > MAX_LINES:
        notes.append(
            f"The file has {in_file:,} lines; {len(points):,} points of them, drawn at random, "
            "are used."
        )
    elif found > limit:
        notes.append(
            f"The file has {found:,} points; {limit:,} of them, drawn at random, are used."
        )
    shown = [_short(cell) for cell in cells[: 2 * PREVIEW]]
    preview = tuple(zip(shown[::2], shown[1::2], strict=True))
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


def _holds_something(line: str) -> bool:
    line = line.lstrip()
    if not line or line[0] == "#":
        return False
    return line[0] not in "sS" or line[:4].lower() != "sep="  # with which Excel may begin a file


def _lines(text: str, rng: np.random.Generator) -> tuple[list[str], list[int], int]:
    """Return the lines that hold something, their numbers in an editor, and how many there are.

    Of too many, the first, which may be a header, and some of the others.
    """

    def every_line() -> io.StringIO:  # one by one: a list of a million lines would be large
        return io.StringIO(text, newline=None)

    quick = "#" not in text and "sep=" not in text.lower()
    holds: Callable[[str], object] = str.strip if quick else _holds_something
    wanted = np.fromiter(map(bool, map(holds, every_line())), dtype=bool)
    full = np.flatnonzero(wanted)
    in_file = len(full)
    if in_file > MAX_LINES:
        drawn = rng.choice(in_file - 1, size=MAX_LINES - 1, replace=False, shuffle=False) + 1
        full = full[np.append(0, np.sort(drawn))]
        wanted[:] = False
        wanted[full] = True
    lines = [line.rstrip("\n") for line in compress(every_line(), wanted)]
    numbers: list[int] = (full + 1).tolist()
    for number, line in zip(numbers, lines, strict=True):
        if len(line) > MAX_LINE:
            raise InvalidTable(
                f"Line {number} has {len(line):,} characters; at most {MAX_LINE:,} are read."
            )
    return lines, numbers, in_file


def _split(lines: list[str], mark: str | None) -> list[list[str]]:
    """Return the cells of each line."""
    rows = [line.split(mark) for line in lines]
    quoted = [i for i, line in enumerate(lines) if '"' in line] if mark else []
    if quoted:  # a quoted cell may hold the separator
        for i, row in zip(quoted, _csv_rows([lines[i] for i in quoted], mark), strict=True):
            rows[i] = [cell.strip().strip('"') for cell in row]
    return rows


def _csv_rows(lines: list[str], mark: str | None) -> Iterator[list[str]]:
    """Yield the cells of each line by the rules of CSV; no cell goes on in the next line."""
    new = True

    def fed() -> Iterator[str]:
        nonlocal new
        for line in lines:
            new = False
            yield line
            while not new:  # a quotation mark was never closed
                yield '"'

    reader = csv.reader(fed(), delimiter=mark or " ", skipinitialspace=True)
    for _ in lines:
        new = True
        yield next(reader)


def _separator(sample: list[str]) -> str:
    """Return the separator that makes two columns of the most lines."""

    def pairs(name: str) -> int:
        return sum(len(row) == 2 for row in _split(sample, SEPARATORS[name]))

    best = max(SEPARATORS, key=pairs)  # the first of equals
    if pairs(best):
        return best
    # Nothing fits: take the one that is there, so that the message counts its columns.
    joined = "".join(sample)
    return next((name for name, mark in SEPARATORS.items() if mark and mark in joined), "space")


def _cells(lines: list[str], numbers: list[int], separator: str) -> list[str]:
    """Return the cells of all lines, two of each, one after the other."""
    rows = _split(lines, SEPARATORS[separator])
    for number, row in zip(numbers, rows, strict=True):
        if len(row) == 2:
            continue
        if len(row) == 1:
            raise InvalidTable(
                f"Line {number} has 1 column, 2 are wanted, separated by a comma, a semicolon "
                "or a tab."
            )
        hint = ""
        if separator == "comma" and len(row) == 4:
            hint = "; with decimal commas, separate the columns by semicolons"
        raise InvalidTable(f"Line {number} has {len(row)} columns, 2 are wanted{hint}.")
    return [cell.strip() for row in rows for cell in row]


def _number(cell: str, decimal: str) -> float | None:
    """Read one cell: NaN if nothing is there, None if it is not a number."""
    if cell in MISSING:  # most often nothing at all
        return math.nan
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


def _decimal(cells: list[str]) -> str:
    """Return ``comma`` if some cell has a decimal comma and none has a point."""
    commas = False
    for cell in cells:
        if "." in cell:
            return "point"
        commas = commas or ("," in cell and DECIMAL_COMMA.fullmatch(cell) is not None)
    return "comma" if commas else "point"


def _numbers(
    cells: list[str], lines: list[int], decimal: str
) -> tuple[NDArray[np.float64], list[str]]:
    """Return the points, and what to say of the rows without two numbers."""
    texts = [cell.replace(",", ".") for cell in cells] if decimal == "comma" else cells
    try:
        values = np.array(list(map(float, texts)))  # most files need no more
    except ValueError:
        texts = ["nan" if text.lower() in MISSING else text for text in texts]
        try:
            values = np.array(list(map(float, texts)))
        except ValueError:
            raise _no_number(cells, lines, decimal) from None
    for i in np.flatnonzero(np.abs(values) > MAX_VALUE).tolist():
        if cells[i].lstrip("+-").lower() not in MISSING:
            raise InvalidTable(
                f"Line {lines[i // 2]}: '{_short(cells[i])}' is too large; at most "
                f"{MAX_VALUE:.0e} is read."
            )
    pairs = values.reshape(-1, 2)
    there = np.isfinite(pairs).all(axis=1)
    missing = np.flatnonzero(~there).tolist()
    notes = []
    if len(missing) == 1:
        notes.append(f"Line {lines[missing[0]]} lacks a number and was left out.")
    elif missing:
        notes.append(
            f"{len(missing):,} lines lack a number and were left out, "
            f"the first is line {lines[missing[0]]}."
        )
    return pairs[there], notes


def _no_number(cells: list[str], lines: list[int], decimal: str) -> InvalidTable:
    """Name the first cell that is not a number."""
    at = next(i for i, cell in enumerate(cells) if _number(cell, decimal) is None)
    hint = " here, where decimals have a point" if DECIMAL_COMMA.fullmatch(cells[at]) else ""
    return InvalidTable(f"Line {lines[at // 2]}: '{_short(cells[at])}' is not a number{hint}.")


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
    cells: list[str],
    lines: list[int],
    header: tuple[str, str] | None,
    separator: str,
    decimal: str,
) -> list[str]:
    """Say how commas were read where they could have meant something else."""
    if separator == "comma" and not header and all(c.isdigit() for c in cells if c):
        return [
            f"Commas were read as separators: line {lines[0]} is the point "
            f"({cells[0]}, {cells[1]})."
        ]
    commas = [cell for cell in cells if "," in cell] if decimal == "comma" else []
    if commas and all(MAYBE_THOUSANDS.fullmatch(cell) for cell in commas):
        return [
            f"Commas were read as decimal signs: '{commas[0]}' is {commas[0].replace(',', '.')}."
        ]
    return []


def shape_notes(points: NDArray[np.float64]) -> list[str]:
    """Say of points (n, 2) if they all lie on one line, which is rarely meant."""
    if len(points) < 3:
        return []
    centred = points - points.mean(axis=0)
    length, width = np.linalg.svd(centred / np.abs(centred).max(), compute_uv=False)
    if width > LEAST_WIDTH * length:
        return []
    return ["All points lie on one straight line."]


def _short(cell: str) -> str:
    return cell if len(cell) <= SHOWN else cell[: SHOWN - 1] + "…"
