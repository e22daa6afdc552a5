"""What the player lays over its points and beside them, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Page, expect

from explainer import frames
from tests.browser.player_page import (
    FRAMES,
    NOISED,
    POINTS,
    TOO_MANY,
    Desk,
    at_desk,
    container,
    field,
    noised,
)

pytestmark = pytest.mark.browser

BAND = 52  # pixels that the histograms take at the top and on the right


@pytest.fixture
def desk(page: Page) -> Iterator[Desk]:
    with at_desk(page) as desk:
        yield desk


def resized(desk: Desk) -> tuple[int, int]:
    size: list[int] = desk.canvas().evaluate("canvas => [canvas.width, canvas.height]")
    return size[0], size[1]


# --- views ---


def crowd(shift: int = 0) -> bytes:
    """Return a knot of points on the left and a few far apart on the right, for ever."""
    rng = np.random.default_rng(0)
    knot = rng.normal((-1.5, 0), 0.12, (400, 2))
    few = np.stack(np.meshgrid([1.0, 1.5, 2.0], [-1.0, 0.0, 1.0]), axis=-1).reshape(-1, 2)
    cloud = np.repeat(np.concatenate([knot, few])[None], 3, axis=0)
    limits = (-2.5, 2.5, -2.5, 2.5)
    color = ((np.arange(cloud.shape[1]) * 5 + shift) % 256).astype(np.uint8)
    arrays = {"frames": frames.quantise(cloud, limits), "color": color}
    return frames.encode({"limits": limits}, arrays)


def test_density_colours_by_the_crowd_and_not_by_the_place(desk: Desk) -> None:
    desk.site.routes |= {"/data/points": crowd(), "/data/others": crowd(shift=120)}
    desk.open(POINTS)
    by_place = desk.painted()
    chip = desk.chip("Density")
    expect(chip).to_have_attribute("aria-pressed", "false")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    by_crowd = desk.repainted(by_place)
    width, height = resized(desk)
    knot = desk.spots([40, 0, width // 2, height])
    few = desk.spots([width // 2, 0, width, height])
    assert min(knot["count"], few["count"]) > 30
    assert knot["light"] < few["light"] - 40  # on light paper, dense is dark
    desk.tell("data/others")
    desk.shows(by_crowd)  # the same places in other colours
    chip.click()
    assert desk.repainted(by_crowd) != by_place


def test_dense_is_light_on_dark_paper(desk: Desk) -> None:
    desk.site.routes["/data/points"] = crowd()
    desk.open(POINTS)
    desk.page.evaluate("document.body.classList.add('dark')")
    before = desk.painted()
    desk.chip("Density").click()
    desk.repainted(before)
    width, height = resized(desk)
    knot = desk.spots([40, 0, width // 2, height])
    assert knot["light"] > desk.spots([width // 2, 0, width, height])["light"] + 30


def test_trails_lie_behind_points_that_have_moved(desk: Desk) -> None:
    desk.open(POINTS)
    first = desk.painted()
    slider = desk.player().get_by_role("slider")
    slider.fill("10")
    without = desk.repainted(first)
    inked = desk.canvas().evaluate("canvas => ink(canvas).count")
    desk.chip("Trails").click()
    desk.repainted(without)
    assert desk.canvas().evaluate("canvas => ink(canvas).count") > inked * 1.2
    slider.fill("0")
    desk.shows(first)  # nothing lies behind the first frame
    slider.fill("10")
    desk.chip("Trails").click()
    desk.shows(without)


def test_ghosts_are_as_many_and_plain_to_see(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    width, height = resized(desk)
    # The ghosts stand half as far from the middle, where no point is.
    inside = [width // 2 - 110, height // 2 - 60, width // 2 + 110, height // 2 + 60]
    empty = desk.spots(inside)["count"]
    desk.player().get_by_role("button", name="predicted clean data").click()
    desk.repainted(before)
    assert desk.spots(inside)["count"] > empty + 600


def test_what_is_shown_is_shown_by_all_of_a_group(desk: Desk) -> None:
    desk.open({**POINTS, "group": "a"}, {**NOISED, "group": "a"})
    first, second = desk.painted(0), desk.painted(1)
    desk.chip("Density", 1).click()
    desk.repainted(first, 0)
    desk.repainted(second, 1)
    expect(desk.chip("Density", 0)).to_have_attribute("aria-pressed", "true")
    expect(desk.chip("Arrows", 0)).to_be_visible()  # its neighbour has some


# --- arrows ---


def test_arrows_are_fetched_when_first_wanted_and_again_with_new_data(desk: Desk) -> None:
    header, arrays = frames.decode(noised())
    still = np.repeat(arrays["frames"][:1], FRAMES, axis=0)  # only the arrows change
    for name in ("noised", "again"):
        desk.site.routes[f"/data/{name}"] = frames.encode(header, {"frames": still})
    desk.open(NOISED)
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url.removeprefix(desk.site.url)))
    without = desk.painted()
    caption = desk.player().get_by_text("Where the points are pushed.")
    expect(caption).to_be_hidden()
    assert asked == []
    desk.chip("Arrows").click()
    expect(caption).to_be_visible()
    over = desk.repainted(without)
    slider = desk.player().get_by_role("slider")
    slider.fill("14")
    turned = desk.repainted(over)
    desk.chip("Arrows").click()
    expect(caption).to_be_hidden()
    desk.shows(without)
    desk.chip("Arrows").click()
    desk.shows(turned)
    assert asked == ["data/field"]
    desk.tell("data/again")
    expect(desk.player()).to_have_attribute("aria-busy", "false")
    desk.shows(turned)
    assert asked == ["data/field", "data/again", "data/field"]


def test_no_arrows_to_choose_without_a_field(desk: Desk) -> None:
    desk.open(POINTS)
    expect(desk.chip("Trails")).to_be_visible()
    expect(desk.chip("Arrows")).to_be_hidden()


def test_arrows_that_cannot_be_had_are_told_and_can_be_asked_for_again(desk: Desk) -> None:
    header, arrays = frames.decode(noised())
    refused = {"name": "exact", "address": "data/refused"}
    desk.site.routes["/data/noised"] = frames.encode({**header, "fields": [refused]}, arrays)
    desk.open(NOISED)
    before = desk.painted()
    desk.chip("Arrows").click()
    expect(desk.page.get_by_role("alert")).to_have_text(TOO_MANY)
    assert "429" in desk.errors.pop()
    assert desk.picture() == before
    desk.chip("Arrows").click()
    expect(desk.page.get_by_role("alert")).to_have_count(0)
    desk.state("ready")
    desk.chip("Arrows").click()
    expect(desk.page.get_by_role("alert")).to_have_text(TOO_MANY)
    assert "429" in desk.errors.pop()


def test_of_several_fields_one_is_chosen_for_all_players(desk: Desk) -> None:
    header, arrays = frames.decode(noised())
    fields = [{"name": name, "address": f"data/{name}"} for name in ("learned", "exact")]
    desk.site.routes["/data/noised"] = frames.encode({**header, "fields": fields}, arrays)
    known, there = frames.decode(field())
    for name in ("learned", "exact"):
        caption = {**known, "caption": f"What is {name}."}
        desk.site.routes[f"/data/{name}"] = frames.encode(caption, there)
    grouped = {**NOISED, "group": "all"}
    desk.open(grouped, grouped)
    whose = [desk.player(i).get_by_label("Whose arrows") for i in range(2)]
    expect(whose[0]).to_be_hidden()
    desk.chip("Arrows", 0).click()
    expect(desk.player(1).get_by_text("What is learned.")).to_be_visible()
    whose[0].select_option("exact")
    for i in range(2):
        expect(desk.player(i).get_by_text("What is exact.")).to_be_visible()
        expect(whose[i]).to_have_value("exact")
    desk.chip("Arrows", 1).click()
    expect(whose[0]).to_be_hidden()
    expect(desk.player(0).get_by_text("What is exact.")).to_be_hidden()


# --- costs ---


def test_costs_are_numbers_and_a_scale_with_a_mark(desk: Desk) -> None:
    header, arrays = frames.decode(container())
    cost = {"swd": 0.04, "real": 0.002, "mark": "Real data: 0.002", "told": [["20", "evaluations"]]}
    desk.site.routes["/data/points"] = frames.encode({**header, "cost": cost}, arrays)
    desk.open(POINTS)
    expect(desk.player(0).get_by_text("Real data: 0.002")).to_be_visible()
    expect(desk.player(0).get_by_role("term").filter(has_text="evaluations")).to_be_visible()
    scale = desk.player(0).locator(".pc-scale")
    width = scale.evaluate("e => e.clientWidth")
    mark = scale.locator("b").evaluate("e => e.offsetLeft + 1")
    # From 0.6 to 60 times what real data have: one half of the scale is a factor of ten.
    assert mark / width == pytest.approx(np.log(1 / 0.6) / np.log(100), abs=0.01)
    end = "e => e.getAnimations().forEach(a => a.finish()) ?? e.offsetWidth"
    bar = scale.locator("i").evaluate(end)
    assert bar / width == pytest.approx(np.log(20 / 0.6) / np.log(100), abs=0.01)
    desk.tell("data/others")
    expect(scale).to_have_count(0)


def test_a_player_may_begin_with_trails(desk: Desk) -> None:
    desk.open({**POINTS, "views": ["trails"]})
    expect(desk.chip("Trails")).to_have_attribute("aria-pressed", "true")
    expect(desk.chip("Density")).to_have_attribute("aria-pressed", "false")


# --- marginals ---


def heap(count: int = 5) -> bytes:
    """Return points in one place, which moves from the low left to the middle."""
    way = np.linspace(-2, 0, count)
    cloud = np.tile(np.stack([way, way / 2], axis=-1)[:, None], (1, 200, 1))
    limits = (-3.0, 3.0, -3.0, 3.0)
    header = {"limits": limits, "prior": {"mean": [0.0, 0.0], "scale": [1.0, 0.5]}}
    return frames.encode(header, {"frames": frames.quantise(cloud, limits)})


def test_histograms_stand_beside_the_points_and_move_with_them(desk: Desk) -> None:
    desk.site.routes["/data/points"] = heap()
    desk.open({**POINTS, "height": 440})
    picture = desk.painted()
    width, height = resized(desk)
    inside = [32, BAND + 2, width - BAND - 2, height - 24]
    top = [32, 0, width - BAND - 2, BAND - 1]
    right = [width - BAND + 2, BAND + 2, width, height - 24]
    bars: list[float] = []
    for frame in range(5):
        if frame:
            desk.player().get_by_role("slider").fill(str(frame))
            picture = desk.repainted(picture)
        points = desk.spots(inside)
        across, up = desk.spots(top, colourful=False), desk.spots(right, colourful=False)
        assert points["count"] > 10
        assert abs(across["x"] - points["x"]) < 14  # one bin
        assert abs(up["y"] - points["y"]) < 14
        bars.append(across["count"])
    assert max(bars) - min(bars) <= 0.2 * max(bars)  # one scale for all frames
    # The points stand on the mean now: there the curve of N(0, 1) is highest.
    assert abs(desk.spots(top)["highest"][0] - points["x"]) < 8


def test_no_histograms_without_a_distribution_to_compare(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    width, _ = resized(desk)
    assert desk.spots([32, 0, width, 10], colourful=False)["count"] == 0


# --- numbers ---


def test_the_table_changes_with_the_frame_and_nothing_moves(desk: Desk) -> None:
    desk.open(NOISED)
    table = desk.player().get_by_role("table", name="Theory and practice")
    expect(table.get_by_role("columnheader")).to_have_text(["theory", "jump"])
    expect(table.get_by_role("rowheader")).to_have_text(["mean of x", "variance"])
    expect(table.get_by_role("cell")).to_contain_text(["0.00", "0.0", "1.00", "−0"])
    boxes = "table => [...table.querySelectorAll('td,th')].map(cell => cell.offsetLeft)"
    before = table.evaluate(boxes)
    desk.player().get_by_role("slider").fill("20")
    expect(table).to_contain_text("−20")
    assert table.evaluate(boxes) == before


def test_new_data_without_a_table_take_it_away(desk: Desk) -> None:
    desk.open(NOISED)
    desk.tell("data/points")
    expect(desk.player()).to_contain_text("points 0 of 20")
    expect(desk.player().get_by_role("table")).to_be_hidden()


def test_a_followed_point_tells_what_it_is_made_of(desk: Desk) -> None:
    desk.open(NOISED)
    player = desk.player()
    hint = player.get_by_text("press F")
    expect(hint).to_be_visible()
    below = "root => root.querySelector('input').offsetTop - root.offsetTop"
    top = player.evaluate(below)
    player.press("f")
    expect(player).to_contain_text("xₜ = x₀ = (\u20071.00, −0.50)")
    expect(player).to_contain_text("x \u20073.00  y −3.50")
    player.get_by_role("slider").fill("10")
    half = np.sqrt(0.5)
    x, y = half * 1.25, half * 1.0
    expect(player).to_contain_text(
        f"xₜ = 0.71 · (\u20071.00, −0.50) + 0.71 · (\u20070.25, \u20071.50) "
        f"= (\u2007{x:.2f}, \u2007{y:.2f})"
    )
    assert player.evaluate(below) == top
    player.press("Escape")
    expect(hint).to_be_visible()
    assert player.evaluate(below) == top


def test_f_goes_from_point_to_point(desk: Desk) -> None:
    desk.open(NOISED)
    player = desk.player()
    player.get_by_role("slider").focus()
    first = "x₀ = (\u20071.00, −0.50)"
    desk.page.keyboard.press("f")
    expect(player).to_contain_text(first)
    desk.page.keyboard.press("f")
    expect(player).not_to_contain_text(first)
    expect(player).to_contain_text("x₀ = (")
    desk.page.keyboard.press("Shift+F")
    expect(player).to_contain_text(first)


def test_it_has_a_heading_and_names_its_keys(desk: Desk) -> None:
    desk.open(POINTS)
    expect(desk.player().get_by_role("heading", level=3, name="Player 0")).to_be_visible()
    expect(desk.player()).to_have_accessible_description(re.compile("F follows a point"))


# --- GIF ---


@pytest.mark.parametrize("dark", [False, True])
def test_all_frames_are_saved_as_a_gif(desk: Desk, dark: bool) -> None:
    desk.site.routes["/data/field"] = field()
    desk.open(NOISED)
    if dark:
        desk.page.evaluate("document.body.classList.add('dark')")
    desk.painted()
    desk.chip("Density").click()
    desk.chip("Arrows").click()
    expect(desk.player().get_by_text("Where the points are pushed.")).to_be_visible()
    with desk.page.expect_download() as download:
        desk.chip("GIF").click()
        bar = desk.player().get_by_role("progressbar", name="Saving the GIF")
        expect(bar).to_be_visible()
    expect(bar).to_be_hidden()
    assert download.value.suggested_filename == "Player 0.gif"
    with Image.open(download.value.path()) as gif:
        assert gif.n_frames == FRAMES
        assert gif.info["loop"] == 0
        pictures = []
        for picture in ImageSequence.Iterator(gif):
            assert picture.info["duration"] == 100
            pictures.append(np.asarray(picture.convert("RGB")).astype(int))
    paper = pictures[0][2, 2]
    assert (paper.max() < 60) if dark else (paper.min() > 240)
    for picture in pictures:
        band, cloud = picture[:54], picture[54:]
        assert cloud.shape[:2] == (480, 480)
        assert (np.abs(band - paper).max(axis=-1) > 60).sum() > 100  # the words
        assert (np.ptp(cloud, axis=-1) > 50).sum() > 300  # the points
    assert all((a[54:] != b[54:]).any() for a, b in pairwise(pictures))


def test_saving_can_be_cancelled(desk: Desk) -> None:
    desk.site.routes["/data/points"] = container(count=101, points=2000)
    desk.open(POINTS)
    desk.painted()
    downloads: list[object] = []
    desk.page.on("download", lambda download: downloads.append(download))
    desk.chip("GIF").click()
    player = desk.player()
    bar = player.get_by_role("progressbar", name="Saving the GIF")
    expect(bar).to_have_attribute("aria-valuenow", re.compile("^[1-9]"))
    player.get_by_role("button", name="Cancel").click()
    expect(bar).to_be_hidden()
    expect(player.get_by_role("button", name="Cancel")).to_be_hidden()
    desk.page.evaluate("framesAskedFor(20)")
    assert downloads == []


def test_a_gif_that_cannot_be_made_is_told(desk: Desk) -> None:
    desk.page.route("**/gif.js", lambda route: route.abort())
    desk.open(POINTS)
    desk.painted()
    desk.chip("GIF").click()
    expect(desk.page.get_by_role("alert")).to_have_text("The GIF could not be made.")
    desk.errors.clear()  # the browser's own line about the file


def test_no_gif_where_it_is_not_offered(desk: Desk) -> None:
    desk.open({**POINTS, "gif": False})
    expect(desk.chip("Loop")).to_be_visible()
    expect(desk.chip("GIF")).to_be_hidden()
