"""The pictures of a training run: kept, thinned out, and read from one piece."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from playwright.sync_api import Page

from explainer.frames import encode
from tests.browser.modules import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]


@pytest.fixture
def desk(page: Page) -> Desk:
    return Desk(page)


def pictures(count: int) -> list[str]:
    """Return pictures of a run in training, whose first point and field tell their number."""
    made = []
    for i in range(count):
        header = {"limits": [-1, 1, -1, 1], "labels": [f"step {i}"], "step": i, "start": 0}
        arrays = {
            "frames": np.full((1, 3, 2), i, np.uint16),
            "field": np.full((2, 4, 2), i, np.uint8),
            "by_t": np.full(2, i, np.float32),
        }
        made.append(base64.b64encode(encode(header, arrays)).decode())
    return made


@pytest.mark.parametrize("count", [1, 2, 9, 10])
def test_pictures_and_points_are_thinned_alike(desk: Desk, count: int) -> None:
    body = """const { FrameSet, decode } = await import("/static/player/frames.js");
      const snapshots = new m.Snapshots();
      let frames = null;
      for (const picture of a[0].map(bytes)) {
        snapshots.add(picture);
        const data = decode(picture);
        if (!frames) frames = data;
        else frames.append({ points: data.frames[0], label: data.label(0) });
      }
      snapshots.thin();
      frames.thin();
      const all = Array.from({ length: snapshots.count }, (_, i) => i);
      return {
        steps: all.map((i) => snapshots.at(i).step),
        fields: all.map((i) => snapshots.at(i).field[0]),
        levels: all.map((i) => snapshots.at(i).byT[1]),
        beyond: snapshots.at(snapshots.count),
        points: frames.frames.map((points) => points[0]),
        labels: frames.labels,
      };"""
    found = desk.call("page/snapshots.js", body, pictures(count))
    kept = sorted({*range(0, count, 2), count - 1})
    assert found["steps"] == found["fields"] == found["levels"] == found["points"] == kept
    assert found["labels"] == [f"step {i}" for i in kept]
    assert found["beyond"] is None


@pytest.mark.parametrize(("at", "then"), [(9, 5), (0, 0), (5, 2), (6, 3)])
def test_the_player_stays_where_it_was(desk: Desk, at: int, then: int) -> None:
    body = """const { decode } = await import("/static/player/frames.js");
      const player = new m.Player(document.querySelector("#here"), {});
      a[0].map(bytes).map(decode).forEach((data, i) => {
        if (i) player.append({ points: data.frames[0], label: data.label(0) });
        else player.load(data);
      });
      player.show(a[1]);
      player.thin();
      const slider = document.querySelector("#here input[type=range]");
      const seen = [player.index, player.data.label(player.index), slider.max];
      player.append({ points: new Uint16Array(6), label: "newest" });
      return [...seen, player.index];"""
    index, label, last, after = desk.call("player/player.js", body, pictures(10), at)
    assert (index, last) == (then, "5")
    kept = [0, 2, 4, 6, 8, 9]
    assert label == f"step {kept[then]}"
    assert kept[then] <= at
    assert after == (6 if at == 9 else then)  # who looks at the latest one goes on doing so


def test_a_finished_run_comes_in_one_piece(desk: Desk) -> None:
    header = {"limits": [0, 1, 0, 1], "shown": [0, 79, 158]}
    arrays = {
        "field": np.arange(3 * 2 * 4 * 2, dtype=np.uint8).reshape(3, 2, 4, 2),
        "by_t": np.arange(6, dtype=np.float32).reshape(3, 2),
    }
    data = base64.b64encode(encode(header, arrays)).decode()
    body = """return m.readAll(bytes(a[0])).map(({ step, field, byT, detail }) =>
      ({ step, field: [...field], byT: [...byT], detail }));"""
    read = desk.call("page/snapshots.js", body, data)
    assert [picture["step"] for picture in read] == [0, 79, 158]
    for i, picture in enumerate(read):
        assert picture["field"] == arrays["field"][i].ravel().tolist()
        assert picture["byT"] == arrays["by_t"][i].tolist()
        assert picture["detail"] is None
