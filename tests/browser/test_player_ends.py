"""Histograms and the end that they are on their way to, titles that change, one scale for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explainer import frames
from tests.browser.player_page import FRAMES, POINTS, TOO_MANY, Desk, at_desk

pytestmark = pytest.mark.browser

BAND = 52  # pixels that the histograms take at the top and on the right
LIMITS = (-3.0, 3.0, -3.0, 3.0)


@pytest.fixture
def desk(page: Page) -> Iterator[Desk]:
    with at_desk(page) as desk:
        yield desk


def square(prior: dict[str, Any] | None, limits: frames.Limits = LIMITS, **header: Any) -> bytes:
    """Return points spread evenly from -1 to 1, twice."""
    side = np.linspace(-1, 1, 30)
    cloud = np.stack(np.meshgrid(side, side), axis=-1).reshape(1, -1, 2).repeat(2, axis=0)
    told = {"limits": limits, **header} | ({"prior": prior} if prior else {})
    return frames.encode(told, {"frames": frames.quantise(cloud, limits)})


def line(desk: Desk) -> dict[str, Any]:
    """Say where in the top histogram the line is, which is in colour, and how far it reaches."""
    width = int(desk.canvas().evaluate("canvas => canvas.width"))
    columns = [
        x for x in range(30, width - BAND) if desk.spots([x, 0, x + 1, BAND - 1])["count"] > 0
    ]
    return {"columns": columns, "width": width, **desk.spots([30, 0, width - BAND, BAND - 1])}


def at(place: float, box: tuple[float, float] = (-3, 3), width: int = 640) -> float:
    """Say where x is on a square picture of LIMITS that is as wide as the page's player."""
    left, right = 30, width - BAND - 14
    height = 440 - BAND - 14 - 26
    scale = min(right - left, height) / (box[1] - box[0])
    return (left + right) / 2 + (place - (box[0] + box[1]) / 2) * scale


def test_two_places_are_two_lines(desk: Desk) -> None:
    prior = {"end": "places", "places": [[-2, 2], [-2, 2]], "scale": [1, 1], "word": "half"}
    desk.site.routes["/data/points"] = square(prior)
    desk.open({**POINTS, "height": 440})
    desk.painted()
    found = line(desk)
    for place in (-2, 2):
        near = [x for x in found["columns"] if abs(x - at(place, width=found["width"])) < 4]
        assert 1 <= len(near) <= 5
    assert len(found["columns"]) <= 10  # and nothing else
    assert found["highest"][1] < 14  # half of all points are far more than in any bin now


def test_a_flat_end_is_a_box_as_wide_as_the_end(desk: Desk) -> None:
    prior = {"end": "flat", "low": [-1, -2], "high": [1, 2], "scale": [1, 1], "word": "flat"}
    desk.site.routes["/data/points"] = square(prior)
    desk.open({**POINTS, "height": 440})
    desk.painted()
    found = line(desk)
    assert min(found["columns"]) == pytest.approx(at(-1, width=found["width"]), abs=3)
    assert max(found["columns"]) == pytest.approx(at(1, width=found["width"]), abs=3)
    # Points that are spread as in the end reach up to the line.
    middle = round(at(0, width=found["width"]))
    top = desk.spots([middle - 40, 0, middle + 40, BAND - 1])["highest"][1]
    bars = desk.spots([middle - 40, 0, middle + 40, BAND - 1], colourful=False)["highest"][1]
    assert abs(top - bars) < 5


def test_an_open_end_has_histograms_alone(desk: Desk) -> None:
    desk.site.routes["/data/points"] = square({"end": "open", "scale": [1, 1], "word": ""})
    desk.open({**POINTS, "height": 440})
    desk.painted()
    found = line(desk)
    assert found["columns"] == []
    width = found["width"]
    assert desk.spots([30, 0, width - BAND, BAND - 1], colourful=False)["count"] > 500
    assert desk.spots([width - BAND + 2, 0, width, BAND - 8])["count"] == 0  # no legend either


def test_a_title_comes_with_what_it_is_of(desk: Desk) -> None:
    desk.site.routes["/data/others"] = square(None)
    desk.open(POINTS)
    tell = "([src, title]) => document.querySelector('#p0').player.open(src, title)"
    desk.painted()
    desk.page.evaluate(tell, ["data/others", "Others & more"])
    group = desk.page.get_by_role("group", name="Others & more", exact=True)
    expect(group.get_by_role("heading")).to_have_text("Others & more")
    expect(desk.page.get_by_role("img", name="Others & more: point cloud")).to_be_visible()
    expect(group).to_have_attribute("data-frames", "2")
    # What cannot be had changes neither the picture nor its name.
    desk.page.evaluate(tell, ["data/refused", "Refused"])
    expect(group.get_by_role("alert")).to_have_text(TOO_MANY)
    assert "429" in desk.errors.pop()
    expect(group.get_by_role("heading")).to_have_text("Others & more")
    desk.page.evaluate(tell, ["data/points", None])  # no name: the one it has
    expect(group).to_have_attribute("data-frames", str(FRAMES))


def test_a_value_may_bring_a_title(desk: Desk) -> None:
    desk.open({"value": {"src": "data/points", "title": "Named by its value"}})
    expect(desk.page.get_by_role("group", name="Named by its value")).to_be_visible()


def extent(desk: Desk, i: int) -> float:
    """Measure how wide the points of a player are, in pixels."""
    found: float = desk.canvas(i).evaluate(
        """canvas => {
          let [low, high] = [Infinity, -Infinity];
          for (let x = 0; x < canvas.width; x++) {
            if (!spots(canvas, [x, 0, x + 1, canvas.height], true).count) continue;
            [low, high] = [Math.min(low, x), Math.max(high, x)];
          }
          return high - low;
        }"""
    )
    return found


def test_aligned_players_show_the_same_part_of_the_plane(desk: Desk) -> None:
    wide = (-6.0, 6.0, -6.0, 6.0)
    desk.site.routes |= {
        "/data/points": square(None, source="a"),
        "/data/others": square(None, wide, source="a"),
        "/data/wider": square(None, (-9, 9, -9, 9), source="a"),
        "/data/noised": square(None, wide, source="b"),
        "/data/lone": square(None, (-2, 2, -2, 2), source="a"),
    }
    near, far = {"value": {"src": "data/points"}}, {"value": {"src": "data/others"}}
    desk.open({**near, "group": "a"}, {**far, "group": "a"})
    before = [desk.painted(i) for i in range(2)]
    alone = extent(desk, 0)
    assert alone == pytest.approx(2 * extent(desk, 1), rel=0.05)
    desk.open(
        {**near, "group": "a", "aligned": True},
        {**far, "group": "a", "aligned": True},
        {"value": {"src": "data/wider"}, "group": "a"},  # not aligned
    )
    for i in range(3):
        desk.painted(i)
    desk.shows(before[1], 1)
    assert extent(desk, 0) == pytest.approx(alone / 2, abs=3)
    assert extent(desk, 2) == pytest.approx(alone / 3, abs=3)
    now = desk.picture(0)
    desk.tell("data/lone", 1)  # a smaller picture: the first has its own again
    desk.repainted(now, 0)
    assert extent(desk, 0) == pytest.approx(alone, abs=3)
    desk.tell("data/noised", 1)  # other data: nothing to share
    desk.shows(before[1], 1)
    assert extent(desk, 0) == pytest.approx(alone, abs=3)
