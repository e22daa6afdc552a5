"""Tables as people have them: whatever the bytes, points or one sentence with the line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from explainer.table import MAX_BYTES, MAX_LINES, InvalidTable, ReadPoints, read_points

SQUARE = [[1.5, 2.5], [-3, 0.25]]


@pytest.mark.parametrize(
    ("text", "separator", "decimal"),
    [
        ("1.5,2.5\n-3,0.25", "comma", "point"),
        ("1.5, 2.5\r\n-3, 0.25\r\n", "comma", "point"),
        ("1.5;2.5\r-3;0.25", "semicolon", "point"),
        ("1,5;2,5\n-3;0,25", "semicolon", "comma"),
        ("1.5\t2.5\n-3\t0.25", "tab", "point"),
        ("1,5\t2,5\n-3\t,25", "tab", "comma"),
        ("1.5 2.5\n  -3    .25  ", "space", "point"),
        ("1,5 2,5\n-3 0,25", "space", "comma"),
        ('"1,5","2,5"\n"-3","0,25"', "comma", "comma"),
        ("# made by hand\n\n1.5,2.5\n   \n#5,6\n-3,0.25\n\n", "comma", "point"),
        ("sep=;\n1,5;2,5\n-3;0,25", "semicolon", "comma"),
        ("15e-1;2.5E0\n−3;+0.25", "semicolon", "point"),
    ],
)
def test_separators_and_decimal_signs_are_found_out(
    text: str, separator: str, decimal: str
) -> None:
    read = read_points(text.encode())
    assert read.points.tolist() == SQUARE
    assert (read.separator, read.decimal) == (separator, decimal)
    assert read.header is None
    assert read.rows == 2
    assert read.notes == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_and_a_header(encoding: str) -> None:
    read = read_points("größe;höhe\n1,5;2,5\n-3;0,25\n".encode(encoding))
    assert read.header == ("größe", "höhe")
    assert read.points.tolist() == SQUARE
    assert read.preview == (("1,5", "2,5"), ("-3", "0,25"))


def test_the_preview_is_five_rows_of_text() -> None:
    rows = "".join(f"{i},{i}.0\n" for i in range(9))
    read = read_points(f"x,y\n{rows}".encode())
    assert read.preview == tuple((str(i), f"{i}.0") for i in range(5))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"\n \n# nothing\n", "The file is empty."),
        (b"1\n2\n", "Line 1 has 1 column, 2 are wanted, separated by a comma, a semicolon or a"),
        (b"1,2\n3,4\n\n5,6,7\n", "Line 4 has 3 columns, 2 are wanted."),
        (b"1;2;3\n4;5;6\n", "Line 1 has 3 columns, 2 are wanted."),
        (b"1,5,2,5\n3,0,4,0\n", "Line 1 has 4 columns, 2 are wanted; with decimal commas, sep"),
        (b"1,2\n3\n", "Line 2 has 1 column, 2 are wanted"),
        (b"x,y\n1,2\n# c\nabc,3\n", "Line 4: 'abc' is not a number."),
        (b"x,1\n2,3\n4,5", "Line 1: 'x' is not a number."),
        (b"x,y\nx,y\n1,2", "Line 2: 'x' is not a number."),
        (b"1,2\n3,=SUM(A1:A9)\n", "Line 2: '=SUM(A1:A9)' is not a number."),
        (b"1.5;2\n1,5;3\n", "Line 2: '1,5' is not a number here, where decimals have a point."),
        (b"1,2\n1," + b"z" * 99, f"Line 2: '{'z' * 23}…' is not a number."),
        (b"1,2\n3,1e31\n", "Line 2: '1e31' is too large; at most 1e+30 is read."),
        (b"1,2\n-1e999,4\n", "Line 2: '-1e999' is too large"),
        (b"1,2", "The file has 1 point; at least 2 are needed."),
        (b"x,y\n", "The file has no point; at least 2 are needed."),
        (b"1,2\nnan,4\n", "The file has 1 point"),
        (b"1,2\n1.0,2.0\n1,2\n", "All points lie at the same place; at least 2 must differ."),
        (b"1e9,2\n1000000000.0001,2\n", "All points lie at the same place"),
        (b"\x1f\x8b\x08xx", "This is not a text file; it looks like a gzip archive. Save it as"),
        (b"PK\x03\x04,1\n", "it looks like an Excel file or a zip archive."),
        (b"%PDF-1.7\n", "it looks like a PDF."),
        (b"\x89PNG\r\n", "it looks like a picture."),
        (b"1,2\n3,4\x00\n", "This is not a text file; save the table as CSV."),
        (b"\xff\xfe1", "This is not a text file"),
        (b"1,2\n3," + b" " * 1000, "Line 2 has 1,002 characters; at most 1,000 are read."),
        (b"<html>\n<p>1,2</p>\n</html>", "Line 1 has 1 column"),
        (b"1,2\n" * (MAX_BYTES // 4 + 1), "The file is too large: at most 2 MB are read."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(data: bytes, says: str) -> None:
    with pytest.raises(InvalidTable) as caught:
        read_points(data)
    assert str(caught.value).startswith(says) or says in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_rows_without_two_numbers_are_left_out_and_counted() -> None:
    read = read_points(b"x,y\n1,2\nnan,3\n,\n4,5\nNA,inf\n6,-Infinity\n")
    assert read.points.tolist() == [[1, 2], [4, 5]]
    assert read.rows == 2
    assert read.notes == ("4 lines lack a number and were left out, the first is line 3.",)
    read = read_points(b"x,y\n1,2\n,3\n4,5\n")
    assert read.notes == ("Line 3 lacks a number and was left out.",)


def test_more_points_than_wanted_are_drawn_evenly_in_order() -> None:
    data = "x,y\n" + "".join(f"{i},{i % 7}\n" for i in range(48_000))
    read = read_points(data.encode())
    x = read.points[:, 0]
    assert len(x) == len(set(x)) == 20_000
    assert (np.diff(x) > 0).all()
    assert read.rows == 48_000
    assert read.notes[-1] == (
        "The file has 48,000 points; 20,000 of them, drawn at random, are used."
    )
    # A tenth of the file holds a tenth of the draw; five standard deviations are 190 points.
    counts = np.histogram(x, bins=10, range=(0, 48_000))[0]
    assert np.abs(counts - 2000).max() < 190
    again, other = read_points(data.encode()), read_points(data.encode(), seed=1)
    np.testing.assert_array_equal(again.points, read.points)
    assert not np.array_equal(other.points, read.points)
    assert len(read_points(data.encode(), limit=48_000).points) == 48_000


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"1,5\n2,7\n", "Commas were read as separators: line 1 is the point (1, 5)."),
        (b"1,500;2\n3,250;4\n", "Commas were read as decimal signs: '1,500' is 1.500."),
        (b"x,y\n1,5\n2,7\n", None),
        (b"1,500;0,250\n3,250;4\n", None),
    ],
)
def test_what_could_be_read_in_two_ways_is_said(data: bytes, note: str | None) -> None:
    assert read_points(data).notes == ((note,) if note else ())


@pytest.mark.parametrize(
    "rows",
    ["1,2\n1,3\n1,4\n", "0,0\n1e9,1e9\n3,3\n", "1e-9,2e-9\n2e-9,4e-9\n3e-9,6e-9\n",
     "1e30,0\n0,0\n-1e30,0\n"],
)  # fmt: skip
def test_points_on_a_line_are_taken_and_said_to_be(rows: str) -> None:
    read = read_points(rows.encode())
    assert len(read.points) == 3
    assert read.notes[-1] == "All points lie on one straight line."


@pytest.mark.parametrize("rows", ["1,2\n3,4\n", "0,0\n1e9,1e9\n1,9\n", "0,0\n1,0\n1,1e-6\n"])
def test_two_points_and_thin_clouds_are_no_line(rows: str) -> None:
    assert not [note for note in read_points(f"x,y\n{rows}".encode()).notes if "line" in note]


def test_of_a_very_long_file_some_lines_are_drawn() -> None:
    rows = 120_000
    data = "x,y\n" + "".join(f"{i % 997},{i}\r\n" for i in range(rows))
    read = read_points(data.encode())
    assert read.header == ("x", "y")
    assert read.rows == MAX_LINES - 1
    assert read.notes == (
        "The file has 120,001 lines; 20,000 points of them, drawn at random, are used.",
    )
    i = read.points[:, 1]
    assert (np.diff(i) > 0).all()
    assert (read.points[:, 0] == i % 997).all()
    counts = np.histogram(i, bins=10, range=(0, rows))[0]
    assert np.abs(counts - 2000).max() < 210  # five standard deviations
    np.testing.assert_array_equal(read_points(data.encode()).points, read.points)


def test_a_line_that_was_drawn_keeps_its_number() -> None:
    data = "x,y\n" + "\n".join(f"a{i},1" for i in range(2, 120_002))
    with pytest.raises(InvalidTable, match=r"^Line (\d+): 'a\1' is not a number\.$"):
        read_points(data.encode())


def test_a_quotation_mark_that_is_never_closed_takes_no_other_line() -> None:
    read = read_points(b'"1","2"\n3,"4\n5,"6"\n"7","5')
    assert read.points.tolist() == [[1, 2], [3, 4], [5, 6], [7, 5]]


lines = st.lists(st.text(alphabet="0123456789.,;\t eE+-#\"'naNIf\r\n", max_size=30), max_size=12)


@given(st.binary(max_size=300) | lines.map("\n".join).map(str.encode))
@example(b'"\n"')
@example(b'1,"' + b"9" * 200_000)
@example(b"9" * 100_000 + b",1\n1,2")
@example(b"\xff\xfe\x00\xd8")
@example(b"\xfe\xff")
def test_any_bytes_give_points_or_one_sentence(data: bytes) -> None:
    try:
        read = read_points(data, limit=5)
    except InvalidTable as error:
        assert 0 < len(str(error)) < 200  # noqa: PT017
        return
    assert isinstance(read, ReadPoints)
    assert 2 <= len(read.points) <= 5
    assert np.isfinite(read.points).all()
    assert len(read.preview) >= 1


numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


@given(
    st.lists(st.tuples(numbers, numbers), min_size=2, max_size=20, unique=True),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", ","), ("\t", ".")]),
    st.booleans(),
)
def test_what_was_written_is_read(
    pairs: list[tuple[float, float]], style: tuple[str, str], header: bool
) -> None:
    separator, decimal = style
    rows = [separator.join(f"{v:.3f}".replace(".", decimal) for v in pair) for pair in pairs]
    text = "\n".join([f"a{separator}b"] * header + rows)
    try:
        read = read_points(text.encode())
    except InvalidTable as error:
        assert "same place" in str(error)  # noqa: PT017
        return
    np.testing.assert_array_equal(read.points, pairs)
    assert (read.header is not None) == header
