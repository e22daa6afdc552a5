"""What strangers may upload, drawn by Hypothesis: tables, drawings, schedules, models, pictures.

Some of it is what a careless learner brings, some is made to harm; the benchmark measures what it
costs, and the tests look at the answers.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from PIL import Image
from torch import Tensor

from explainer.checkpoints import Checkpoint, to_bytes
from explainer.config import TrainConfig
from explainer.header import MAX_BYTES as MODEL_BYTES
from explainer.header import MAX_HEADER
from explainer.models import make_network
from explainer.own import PICTURE_BYTES
from explainer.snapshots import TrainState
from explainer.table import MAX_BYTES as TABLE_BYTES
from explainer.ui.own_routes import MAX_JSON

SMALL = TrainConfig(T=20, width=16, depth=2, n_points=500, steps=100)
LARGEST = TrainConfig(T=1000, width=256, depth=5, time_embedding="learned")


@dataclass(frozen=True)
class Upload:
    """A body for one of the routes; ``kind`` is how the report calls it."""

    kind: str
    path: str
    body: bytes


# Tables.

_SPECIAL = ["", "NaN", "nan", "-inf", "Infinity", "1e300", "-1e999", "1e-320", "=SUM(A1:A9)",
            "1_0", "+-1", "0x10", "1,5", '"', "'", "#", "sep=;", "−3", "None", "9" * 400,
            "\N{ARABIC-INDIC DIGIT ONE}"]  # fmt: skip
_numbers = st.floats(-1e6, 1e6).map(lambda value: f"{value:.6g}")
_cells = _numbers | st.integers(-(10**6), 10**6).map(str)
_odd_cells = st.sampled_from(_SPECIAL) | st.floats().map(str) | st.text(max_size=6)


@st.composite
def tables(draw: DrawFn) -> bytes:
    """Draw a table of a few columns, mostly two, with a few odd cells, in some encoding."""
    columns = draw(st.sampled_from([2] * 8 + [1, 3]))
    mark = draw(st.sampled_from([",", ";", "\t", " ", ", "] * 2 + ["|", ""]))
    cells = draw(st.sampled_from([_cells] * 4 + [_cells | _odd_cells, _odd_cells]))
    row = st.lists(cells, min_size=columns, max_size=columns)
    lines = [mark.join(cells) for cells in draw(st.lists(row, max_size=12))]
    header = draw(st.sampled_from([None, None, ["x", "y"]]) | st.lists(st.text(max_size=5)))
    if header is not None:
        lines.insert(0, mark.join(header))
    text = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"])).join(lines)
    if draw(st.integers(0, 4)) == 0:
        place, junk = draw(st.integers(0, len(text))), draw(st.sampled_from(["\0", '"', "\ufeff"]))
        text = text[:place] + junk + text[place:]
    coding = draw(st.sampled_from(["utf-8"] * 4 + ["utf-8-sig", "utf-16", "utf-32"]))
    return text.encode(coding, errors="replace")


_PATTERNS = ["1,2\n", "0.125;-3.5\n", ",\n", "\n", " \n", "#\n", "\r", '"1","2"\n', '1,"2\n', "1\n",
             "9", "1 ", "a,b\n", "−1.5\t2\n", "NA,nA\n", "-Inf,1\n", "😀,1\n", "\u4e2da\n", '",',
             "1,2;3\n", "1,5;2,5\n", "1e308,1\n", "0,0\n", "nan,1\n1,2\n", "x",
             "=A1,2\n"]  # fmt: skip


def large_tables() -> SearchStrategy[bytes]:
    """Draw a pattern written again and again, up to a little more than may be uploaded."""

    def repeat(start: str, pattern: str, size: int) -> bytes:
        unit = pattern.encode()
        return (start.encode() + unit * (size // len(unit) + 1))[:size]

    # Most of them at the limit itself: that is where it takes longest.
    sizes = st.sampled_from([TABLE_BYTES, TABLE_BYTES, TABLE_BYTES - 1, TABLE_BYTES + 1])
    starts = st.sampled_from(["", "x,y\n", "1,2\n3,5\n", '"'])
    patterns = st.sampled_from(_PATTERNS) | st.text(min_size=1, max_size=4)
    return st.builds(repeat, starts, patterns, sizes | st.integers(1, TABLE_BYTES))


# Drawings and schedules.

_leaves = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.sampled_from([10**309, -(10**400), 1e-320, "0.1 0.2", "NaN"])
    | st.text(max_size=8)
)
_anything = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
_pairs = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(list), max_size=30)
_betas = st.lists(_numbers | _odd_cells | st.floats(0, 1).map(str), max_size=40).map(" ".join)
_members = {"points": _pairs | _anything, "handles": _pairs.map(sorted) | _anything}
_bodies = (
    st.fixed_dictionaries({}, optional={**_members, "betas": _betas | _anything}) | _anything
).map(lambda body: json.dumps(body).encode())


def _deep_or_long(parts: tuple[str, str, str], times: int) -> bytes:
    opening, inside, closing = parts
    return (opening * times + inside + closing * times).encode()


_JSON_PARTS = [("[", "1", "]"), ('{"points":', "1", "}"), ("[[0,1],", "", ""), ("9", "", ""),
               ('{"handles":[', "", "]}"), ("[", "", ""), ('"', "\\u0000", '"')]  # fmt: skip


def json_bodies() -> SearchStrategy[bytes]:
    """Draw JSON with wrong types, NaN, huge numbers; nested deeply; long; or not JSON at all."""
    extreme = st.builds(
        lambda parts, times: _deep_or_long(parts, times)[: MAX_JSON + 1],
        st.sampled_from(_JSON_PARTS),
        st.sampled_from([10, 900, 990, 1000, 5000, 100_000, 260_000]),
    )
    points = st.builds(
        lambda pair, n: json.dumps({"points": [pair, [0, 0]] * n}).encode()[: MAX_JSON + 1],
        st.tuples(st.floats(-12, 12), st.floats(-12, 12)).map(list),
        st.sampled_from([1, 100, 9000, 10_000, 10_001]),
    )
    long_betas = st.builds(
        lambda unit, n: json.dumps({"betas": unit * n}).encode()[: MAX_JSON + 1],
        st.sampled_from(["0.01,", "0,1 ", "0,1", "0.02" + " " * 99, "[", "1e-9;", "x"]),
        st.sampled_from([2, 999, 1000, 1001, 50_000]),
    )
    return _bodies | _bodies | _bodies | extreme | points | long_betas


# Models.


@cache
def model(config: TrainConfig, *, state: bool) -> bytes:
    """Return a checkpoint as the app would write it, of fresh weights."""
    network = make_network(config, torch.Generator().manual_seed(config.seed))

    def weights() -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in network.state_dict().items()}

    def moments() -> dict[str, Tensor]:
        return {name: torch.zeros_like(tensor) for name, tensor in network.named_parameters()}

    chance, going_on = torch.Generator().get_state(), None
    if state:
        going_on = TrainState(40, weights(), weights(), moments(), moments(), chance)
    return to_bytes(Checkpoint(config, weights(), {"step": 40}, going_on))


def _packed(header: object, tensors: bytes, length: int | None = None) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + tensors


@st.composite
def models(draw: DrawFn) -> bytes:
    """Draw a checkpoint, usually with one thing wrong with it."""
    data = model(SMALL, state=draw(st.booleans()))
    end = 8 + int.from_bytes(data[:8], "little")
    header, tensors = json.loads(data[8:end]), data[end:]
    metadata = header["__metadata__"]
    names = sorted(set(header) - {"__metadata__"})
    name = draw(st.sampled_from(names))
    what = draw(st.sampled_from(["nothing", "length", "entry", "name", "metadata", "config", "info",
                                 "cut", "byte", "value", "more", "junk"]))  # fmt: skip
    length = None
    if what == "length":
        length = draw(st.integers(0, 2**64 - 1) | st.integers(0, 2 * end))
    elif what == "entry":
        key = draw(st.sampled_from(["dtype", "shape", "data_offsets", "extra"]))
        types = st.sampled_from(["F32", "F16", "BF16", "C64", "BOOL", "I64", "O", "F8_E8M0"])
        sizes = st.lists(st.integers(-2, 2**64), max_size=3)
        header[name][key] = draw(types | sizes | _anything)
    elif what == "name":
        header[draw(st.text(max_size=20) | st.sampled_from(names))] = header.pop(name)
    elif what == "metadata":
        key = draw(st.sampled_from(["format", "version", "config", "info"]))
        metadata[key] = draw(st.text(max_size=9) | _anything | st.just("[" * 100_000))
    elif what == "config":
        config = json.loads(metadata["config"])
        key = draw(st.sampled_from([*config, "self", "future"]))
        config[key] = draw(_anything | st.sampled_from([256, 1000, "own-0123456789abcdef"]))
        metadata["config"] = json.dumps(config)
    elif what == "info":
        info = {"step": draw(_anything), "own_schedule": draw(_anything)}
        metadata["info"] = json.dumps(info)
    elif what == "value":
        place = draw(st.integers(0, len(tensors) // 4 - 1))
        number = struct.pack("<f", draw(st.floats(width=32)))
        tensors = tensors[: 4 * place] + number + tensors[4 * place + 4 :]
    elif what == "more":
        tensors += draw(st.binary(max_size=40))
    elif what == "junk":
        header = draw(_anything)
    whole = _packed(header, tensors, length)
    if what == "cut":
        return whole[: draw(st.integers(0, len(whole)))]
    return _damaged(whole, draw) if what == "byte" else whole


def _damaged(data: bytes, draw: DrawFn) -> bytes:
    damaged = bytearray(data)
    for place in draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=5)):
        damaged[place] = draw(st.integers(0, 255))
    return bytes(damaged)


def _long_header(start: bytes, again: bytes, end: bytes, size: int = MAX_HEADER) -> bytes:
    text = start + again * ((size - len(start) - len(end)) // len(again))
    return struct.pack("<Q", size) + text + b" " * (size - len(text) - len(end)) + end


def large_models() -> SearchStrategy[bytes]:
    """Draw the largest model there is, whole or not, and headers and tensors without end."""
    whole = model(LARGEST, state=True)
    far = len(whole) - 1000
    made: list[Callable[[], bytes]] = [
        lambda: whole,
        lambda: whole[:far] + struct.pack("<f", float("nan")) * 250,
        lambda: whole[:far],
        lambda: whole + bytes(MODEL_BYTES - len(whole)),
        lambda: whole + bytes(MODEL_BYTES - len(whole) + 1),
        lambda: _long_header(b'{"a":[', b"1,", b"1]}"),
        lambda: _long_header(b'{"a":', b"[", b"}"),
        lambda: _long_header(b'{"a":', b" ", b"1}"),
        lambda: _long_header(b"{", b'"":{},', b'"a":1}'),
        lambda: _long_header(b"{", b" ", b"}", MAX_HEADER + 1),
        lambda: _packed({f"{i}": {} for i in range(150_000)}, b""),
        lambda: bytes(MODEL_BYTES),
    ]
    return st.sampled_from(made).map(lambda make: make())


# Pictures.


def _file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _raw_png(side: int, bits: int, colour: int, interlaced: int, more: bytes = b"") -> bytes:
    """Return a PNG file of zeros, which is small however large the picture is."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    size = (side * channels * bits // 8 + 8) * (side + 64)
    rows = zlib.compress(bytes(min(size, 40_000_000)), 1)
    header = struct.pack(">IIBBBBB", side, side, bits, colour, 0, 0, interlaced)
    chunks = _chunk(b"IHDR", header) + more + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@cache
def _small_pictures() -> tuple[bytes, ...]:
    rng = np.random.default_rng(0)
    colour = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    deep = Image.fromarray(rng.integers(0, 2**16, (16, 16), dtype=np.uint16))
    turned = Image.Exif()
    turned[0x0112] = 6
    return (
        _file(colour),
        _file(colour.convert("RGBA"), exif=turned),
        _file(colour.convert("P"), transparency=3),
        _file(colour.convert("1")),
        _file(deep),
        _raw_png(16, 16, 6, 1),
        _file(colour, "JPEG"),
        _file(colour.convert("L"), "JPEG", progressive=True, exif=turned),
        _file(colour.convert("CMYK"), "JPEG"),
        _file(colour, "GIF"),
        _file(colour, "TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    )


@st.composite
def pictures(draw: DrawFn) -> bytes:
    """Draw a small picture, cut, damaged, or with another size in its header."""
    data = draw(st.sampled_from(_small_pictures()))
    what = draw(st.sampled_from(["nothing", "cut", "byte", "size", "length", "more"]))
    if what == "cut":
        return data[: draw(st.integers(0, len(data)))]
    if what == "byte":
        return _damaged(data, draw)
    if what == "size" and data.startswith(b"\x89PNG"):
        side = st.integers(0, 2**32 - 1) | st.integers(0, 3000)
        header = struct.pack(">II", draw(side), draw(side)) + data[24:29]
        return data[:8] + _chunk(b"IHDR", header) + data[33:]
    if what == "size":
        frame = max(data.find(mark) for mark in (b"\xff\xc0", b"\xff\xc2"))
        sides = struct.pack(">HH", draw(st.integers(0, 65535)), draw(st.integers(0, 65535)))
        return data if frame < 0 else data[: frame + 5] + sides + data[frame + 9 :]
    if what == "length" and len(data) > 40:
        return data[:33] + struct.pack(">I", draw(st.integers(0, 2**32 - 1))) + data[37:]
    return data + draw(st.binary(max_size=40))


def _many_scans(data: bytes, scans: int) -> bytes:
    last = data.rindex(b"\xff\xda")
    tables, end = data.rindex(b"\xff\xc4", 0, last), data.rindex(b"\xff\xd9")
    return data[:end] + data[tables:end] * scans + data[end:]


@cache
def _noise(kind: str, side: int = 2000, **options: Any) -> bytes:
    colours = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    image = Image.fromarray(colours)
    if options.pop("inks", False):
        image = image.convert("CMYK")
    return _file(image, kind, **options)


def _smooth(mode: str, size: tuple[int, int] = (2000, 2000)) -> bytes:
    turned = Image.Exif()
    turned[0x0112] = 6
    return _file(Image.linear_gradient("L").resize(size).convert(mode), exif=turned)


def _tiny() -> bytes:
    return _file(Image.new("RGB", (16, 16)), "JPEG")


_WORDS = _chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 900_000))
_LARGE_PICTURES: tuple[Callable[[], bytes], ...] = (
    *(partial(_smooth, mode) for mode in ("L", "RGB", "P", "1", "LA", "RGBA")),
    partial(_smooth, "RGB", (4000, 1000)),
    *(partial(_raw_png, 2000, bits, 6, interlaced) for bits in (8, 16) for interlaced in (0, 1)),
    partial(_raw_png, 2000, 16, 0, 0),
    partial(_raw_png, 2001, 8, 0, 0),
    partial(_raw_png, 65_000, 8, 0, 0),
    partial(_raw_png, 16, 8, 0, 0, _WORDS * 60),
    partial(_raw_png, 16, 8, 0, 0, _chunk(b"tEXt", b"k\0v") * 130_000),
    partial(_noise, "PNG", 810),
    partial(_noise, "JPEG", quality=60),
    partial(_noise, "JPEG", quality=40, progressive=True),
    lambda: _many_scans(_noise("JPEG", quality=40, progressive=True), 10),
    lambda: _many_scans(_noise("JPEG", quality=40, progressive=True), 400),
    partial(_noise, "JPEG", quality=10, progressive=True, inks=True),
    lambda: b"\xff\xd8" + b"\xff\xe5\0\2" * 480_000 + _tiny()[2:],
    lambda: b"\xff\xd8" + b"\xff" * 1_900_000 + _tiny()[2:],
    lambda: _tiny() + bytes(PICTURE_BYTES - 1000),
    lambda: b"\x89PNG\r\n\x1a\n" + bytes(PICTURE_BYTES - 8),
)


@cache
def _large_picture(which: int) -> bytes:
    return _LARGE_PICTURES[which]()


def large_pictures() -> SearchStrategy[bytes]:
    """Draw a picture that is as large as one may be, or bombs of pixels, words, parts or scans."""
    return st.sampled_from(range(len(_LARGE_PICTURES))).map(_large_picture)


# All together.

_STARTS = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"PK\x03\x04", b"\x1f\x8b", b"<html>",
           b"\x93NUMPY", b"\x80\x04", b"\xff\xfe", b"GIF89a", b"/etc/passwd", b"http://a.b/c.csv",
           b"\x08\0\0\0\0\0\0\0"]  # fmt: skip
_junk = st.builds(lambda start, end: start + end, st.sampled_from(_STARTS), st.binary(max_size=400))

PATHS = {
    "table": "/api/own/table",
    "drawing": "/api/own/drawing",
    "schedule": "/api/own/schedule",
    "model": "/api/models",
    "picture": "/api/own/picture",
}
# Of 200 uploads, how many are of a kind.
KINDS: dict[str, tuple[int, Callable[[], SearchStrategy[bytes]], tuple[str, ...]]] = {
    "table": (50, tables, ("table",)),
    "large table": (14, large_tables, ("table",)),
    "drawing": (24, json_bodies, ("drawing",)),
    "schedule": (24, json_bodies, ("schedule",)),
    "model": (30, models, ("model",)),
    "large model": (1, large_models, ("model",)),
    "picture": (30, pictures, ("picture",)),
    "large picture": (7, large_pictures, ("picture",)),
    "any bytes": (20, lambda: _junk, tuple(PATHS)),
}
ALL_SHARES = sum(share for share, _, _ in KINDS.values())


def uploads(kind: str) -> SearchStrategy[Upload]:
    """Draw an upload of a kind for a route that might take it."""
    _, make, routes = KINDS[kind]
    paths = st.sampled_from([PATHS[route] for route in routes])
    return st.builds(lambda path, body: Upload(kind, path, body), paths, make())
