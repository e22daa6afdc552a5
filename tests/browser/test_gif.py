"""The page's own encoder of GIFs in a real Chromium; Pillow reads what it writes."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PLAYER = Path(__file__).parents[2] / "explainer" / "ui" / "player"
Pictures = NDArray[np.uint8]  # (frames, height, width, 3)
Encode = Callable[..., tuple[Image.Image, list[float]]]

# `pictures` are RGB bytes; all frames are drawn on the same array, as the player does.
ENCODE = """async ({ pictures, width, height, count, delay, palette }) => {
  const { encodeGif } = await import("./gif.js");
  const rgb = Uint8Array.from(atob(pictures), (letter) => letter.charCodeAt(0));
  const pixels = new Uint32Array(width * height);
  const drawn = [];
  const draw = (frame) => {
    drawn.push(frame);
    for (let i = 0, at = frame * pixels.length * 3; i < pixels.length; i++, at += 3) {
      pixels[i] = 0xff000000 | (rgb[at + 2] << 16) | (rgb[at + 1] << 8) | rgb[at];
    }
    return pixels;
  };
  const shares = [];
  const onprogress = (share) => shares.push(share);
  const blob = await encodeGif({ width, height, count, delay, palette, draw, onprogress });
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
  return { url, shares, drawn };
}"""


class Handler(SimpleHTTPRequestHandler):
    """The player's files, and an empty page among them."""

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b'<!doctype html><link rel="icon" href="data:,">')


@pytest.fixture
def blank(page: Page) -> Iterator[Page]:
    """An empty page that may import the encoder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=PLAYER))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    yield page
    server.shutdown()
    server.server_close()


@pytest.fixture
def encode(blank: Page) -> Encode:
    """Encode pictures in the page; return the GIF as Pillow opens it, and the progress."""

    def encode(
        pictures: Pictures, palette: NDArray[Any], delay: float = 50
    ) -> tuple[Image.Image, list[float]]:
        count, height, width, _ = pictures.shape
        settings = {"width": width, "height": height, "count": count, "delay": delay}
        answer = blank.evaluate(
            ENCODE,
            {
                **settings,
                "pictures": base64.b64encode(pictures.tobytes()).decode(),
                "palette": palette.tolist(),
            },
        )
        assert answer["drawn"] == list(range(count))
        kind, data = answer["url"].split(",", 1)
        assert kind == "data:image/gif;base64"
        written = base64.b64decode(data)
        assert_well_formed(written)
        return Image.open(io.BytesIO(written)), answer["shares"]

    return encode


def assert_well_formed(data: bytes) -> None:
    """Walk through the blocks: Pillow looks past stray bytes, other readers may not."""
    at = 13 + (3 << (data[10] & 7) + 1)  # the header and the table of colours
    while data[at] != 0x3B:
        at += {0x21: 2, 0x2C: 11}[data[at]]  # an extension; a picture and its code size
        while data[at]:
            at += 1 + data[at]
        at += 1
    assert at == len(data) - 1


def composed(gif: Image.Image) -> Pictures:
    """Return every frame as a viewer shows it."""
    shown = []
    for frame in range(getattr(gif, "n_frames", 1)):
        gif.seek(frame)
        shown.append(np.asarray(gif.convert("RGB")))
    return np.stack(shown)


def boxes(gif: Image.Image) -> list[tuple[int, int, int, int]]:
    """Return left, top, right and bottom of what each frame writes."""
    found = []
    for frame in range(gif.n_frames):
        gif.seek(frame)
        found.append(gif.tile[0].extents)
    return found


def random_palette(rng: np.random.Generator, colours: int) -> NDArray[np.uint8]:
    chosen = rng.choice(1 << 24, size=colours, replace=False)
    return np.stack([chosen >> 16, (chosen >> 8) & 255, chosen & 255], axis=1).astype(np.uint8)


@pytest.mark.parametrize("colours", [1, 2, 5, 16, 200, 256])
def test_every_pixel_of_random_pictures(encode: Encode, colours: int) -> None:
    rng = np.random.default_rng(colours)
    palette = random_palette(rng, colours)
    # Many more than 4096 strings: the table of codes fills and starts again within a picture.
    pictures = palette[rng.integers(colours, size=(3, 120, 161))]
    gif, _ = encode(pictures, palette)
    assert gif.size == (161, 120)
    np.testing.assert_array_equal(composed(gif), pictures)


def test_flat_pictures_of_any_size(encode: Encode) -> None:
    palette = np.array([[250, 250, 250], [17, 24, 39]], dtype=np.uint8)
    # The last is 280 codes, which fill a block of 255 bytes to the bit.
    for shape in [(1, 1), (1, 2), (1, 700), (700, 1), (97, 203), (1, 38781)]:
        pictures = np.broadcast_to(palette[:, None, None], (2, *shape, 3))
        gif, _ = encode(pictures, palette)
        np.testing.assert_array_equal(composed(gif), pictures)


def test_data_that_end_at_any_code(encode: Encode) -> None:
    """Where codes grow, where a block of 255 bytes is full, and where the table is."""
    rng = np.random.default_rng(4)
    palette = random_palette(rng, 256)
    for length in [*range(1, 9), *range(220, 260), *range(3835, 3845)]:
        pictures = palette[rng.integers(256, size=(1, 1, length))]
        gif, _ = encode(pictures, palette)
        np.testing.assert_array_equal(composed(gif), pictures)


def test_long_and_smooth_pictures_fill_the_table_too(encode: Encode) -> None:
    """Strings of many lengths: ramps, stripes and noise in one picture."""
    rng = np.random.default_rng(3)
    palette = random_palette(rng, 64)
    y, x = np.mgrid[:300, :400]
    parts = [x // 7 + y // 5, (x * y) // 50, x % 13, rng.integers(64, size=x.shape)]
    indices = np.select([x < 100, x < 200, x < 300], parts[:3], parts[3]) % 64
    pictures = palette[np.stack([indices, np.roll(indices, 37, axis=0)])]
    gif, _ = encode(pictures, palette)
    np.testing.assert_array_equal(composed(gif), pictures)


def test_colours_next_to_each_other_stay_apart(encode: Encode) -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    pictures = np.random.default_rng(0).permutation(grey)[None, None]
    gif, _ = encode(pictures, grey)
    np.testing.assert_array_equal(composed(gif), pictures)


def test_other_colours_come_near(encode: Encode) -> None:
    rng = np.random.default_rng(1)
    palette = random_palette(rng, 100)
    pictures = rng.integers(256, size=(1, 60, 80, 3), dtype=np.uint8)
    gif, _ = encode(pictures, palette)

    def distance(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
        return np.linalg.norm(a.astype(float) - b.astype(float), axis=-1)

    best = distance(pictures[0][:, :, None], palette).min(axis=-1)
    # A cell answers for all its colours, none further than (2, 2, 2) from its middle.
    assert (distance(composed(gif)[0], pictures[0]) <= best + 2 * 12**0.5 + 1e-9).all()


def test_only_what_changed_is_written(encode: Encode) -> None:
    palette = np.array([[255, 255, 255], [200, 30, 60], [20, 60, 200]], dtype=np.uint8)
    indices = np.zeros((8, 50, 70), dtype=int)
    indices[1:, 10, 20] = 1
    indices[2:, 10:13, 69] = 2  # at the right edge
    indices[3:, 49, 0] = 1  # in the corner
    # The fourth and fifth frames are as the third.
    indices[6, 5:8, 30:34] = 1
    indices[6, 6, 31] = 0  # the inside need not have changed
    indices[7] = indices[0]
    gif, _ = encode(palette[indices], palette)
    assert gif.n_frames == 8
    assert boxes(gif) == [
        (0, 0, 70, 50),
        (20, 10, 21, 11),
        (69, 10, 70, 13),
        (0, 49, 1, 50),
        (0, 0, 1, 1),
        (0, 0, 1, 1),
        (30, 5, 34, 8),
        (0, 5, 70, 50),
    ]
    np.testing.assert_array_equal(composed(gif), palette[indices])


def test_scattered_points_that_wander(encode: Encode) -> None:
    rng = np.random.default_rng(2)
    palette = random_palette(rng, 30)
    at = rng.uniform(40, 60, size=(300, 2))
    indices = np.zeros((25, 100, 110), dtype=int)
    for picture in indices:
        at += rng.normal(0, 2, size=at.shape)
        column, row = np.clip(at, 0, [109, 99]).astype(int).T
        picture[row, column] = 1 + np.arange(300) % 29
    gif, _ = encode(palette[indices], palette)
    assert gif.n_frames == 25
    np.testing.assert_array_equal(composed(gif), palette[indices])


@pytest.mark.parametrize(
    ("delay", "durations"),
    [(50, [50] * 6), (33, [30, 40, 30, 30, 40, 30]), (1, [20] * 6), (1500, [1500] * 6)],
)
def test_it_loops_and_keeps_time(encode: Encode, delay: float, durations: list[int]) -> None:
    palette = np.array([[0, 0, 0], [255, 255, 255]], dtype=np.uint8)
    pictures = palette[np.arange(6)[:, None, None] % 2 * np.ones((4, 4), dtype=int)]
    gif, shares = encode(pictures, palette, delay)
    assert gif.info["loop"] == 0  # for ever
    found = []
    for frame in range(gif.n_frames):
        gif.seek(frame)
        found.append(gif.info["duration"])
    assert found == durations
    assert shares == pytest.approx([i / 6 for i in range(1, 7)])


def test_it_can_be_stopped_because_the_page_stays_alive(blank: Page) -> None:
    """The timer that stops it can only ring if the encoder gives way between frames."""
    answer = blank.evaluate("""async () => {
      const { encodeGif } = await import("./gif.js");
      const stopped = new AbortController();
      const reason = new Error("enough");
      const [width, height, count] = [64, 64, 1e6];
      const pixels = new Uint32Array(width * height);
      let drawn = 0;
      const draw = () => {
        drawn += 1;
        return pixels;
      };
      const shares = [];
      const onprogress = (share) => shares.push(share);
      setTimeout(() => stopped.abort(reason), 20);
      const given = { width, height, count, delay: 20, palette: [[0, 0, 0]], draw, onprogress };
      const error = await encodeGif({ ...given, signal: stopped.signal }).catch((error) => error);
      const before = drawn;
      const again = await encodeGif({ ...given, signal: stopped.signal }).catch((error) => error);
      return [error === reason, again === reason, drawn - before, drawn, shares.at(-1)];
    }""")
    assert answer[:3] == [True, True, 0]
    assert 0 < answer[3] < 1e6
    assert answer[4] < 1


def test_it_can_be_stopped_at_the_very_end(blank: Page) -> None:
    assert blank.evaluate("""async () => {
      const { encodeGif } = await import("./gif.js");
      const stopped = new AbortController();
      const reason = new Error("enough");
      const onprogress = (share) => share === 1 && stopped.abort(reason);
      const draw = () => new Uint32Array(1);
      const given = { width: 1, height: 1, count: 3, delay: 20, palette: [[0, 0, 0]], draw };
      const encoded = encodeGif({ ...given, onprogress, signal: stopped.signal });
      return encoded.then(() => false, (error) => error === reason);
    }""")
