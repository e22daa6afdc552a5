"""The point-cloud player in a real Chromium, on a page of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from explainer import frames
from tests.browser.player_page import FRAMES, POINTS, TOO_MANY, Desk, at_desk, container

pytestmark = pytest.mark.browser

LAST = str(FRAMES - 1)


@pytest.fixture
def desk(page: Page) -> Iterator[Desk]:
    with at_desk(page) as desk:
        yield desk


def test_it_paints_and_says_where_it_is(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    desk.at(0)
    expect(desk.player()).to_have_attribute("data-frames", str(FRAMES))
    expect(desk.player()).to_contain_text("points 0 of 20")
    expect(desk.player()).to_contain_text("0.000")
    expect(desk.player()).to_contain_text("The circle has turned 0 times.")
    expect(desk.player()).to_contain_text("Colour says where")


def test_start_names_the_first_frame(desk: Desk) -> None:
    header, arrays = frames.decode(container())
    desk.site.routes["/data/points"] = frames.encode({**header, "start": 7}, arrays)
    desk.open(POINTS)
    desk.at(7)
    expect(desk.player()).to_contain_text("points 7 of 20")


def test_scrubbing_changes_the_picture_and_asks_no_server(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    requests: list[str] = []
    desk.page.on("request", lambda request: requests.append(request.url))
    slider = desk.player().get_by_role("slider", name="Frame")
    slider.fill("13")
    desk.at(13)
    desk.repainted(before)
    expect(slider).to_have_attribute("aria-valuetext", "points 13 of 20")
    expect(desk.player()).to_contain_text("0.013")
    slider.fill("0")
    desk.shows(before)
    assert requests == []


def test_the_slider_can_be_dragged(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    box = desk.player().get_by_role("slider").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    desk.page.mouse.move(box["x"] + 8, middle)
    desk.page.mouse.down()
    desk.page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    desk.page.mouse.up()
    desk.at(10)


def test_keys(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    desk.player().focus()
    for key, frame in [("ArrowRight", 1), ("End", LAST), ("ArrowLeft", 19), ("ArrowRight", LAST)]:
        desk.page.keyboard.press(key)
        desk.at(frame)
    desk.page.keyboard.press("ArrowRight")
    desk.at(LAST)
    desk.page.keyboard.press("Home")
    desk.at(0)
    desk.shows(before)
    desk.page.keyboard.press("Space")
    desk.state("playing")
    desk.page.keyboard.press("Space")
    desk.state("ready")


def test_keys_on_the_slider_step_once(desk: Desk) -> None:
    desk.open(POINTS)
    desk.player().get_by_role("slider").focus()
    desk.page.keyboard.press("ArrowRight")
    desk.at(1)
    desk.page.keyboard.press("ArrowRight")
    desk.at(2)


def test_play_runs_to_the_end_and_stays(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    player = desk.player()
    player.get_by_label("Speed").select_option("4×")
    player.get_by_role("button", name="Play").click()
    desk.state("playing")
    desk.repainted(before)
    desk.state("ready")
    desk.at(LAST)
    expect(player).to_contain_text("The circle has turned 20 times.")
    player.get_by_label("Speed").select_option("0.25×")
    player.get_by_role("button", name="Play").click()
    desk.in_first_half()
    player.get_by_role("button", name="Pause").click()
    desk.state("ready")


def test_a_loop_starts_again(desk: Desk) -> None:
    desk.open(POINTS)
    player = desk.player()
    player.get_by_label("Speed").select_option("4×")
    player.get_by_role("button", name="Loop").click()
    expect(player.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    player.get_by_role("slider").fill(LAST)
    player.get_by_role("button", name="Step back").click()
    desk.at(19)
    player.get_by_role("button", name="Play").click()
    desk.in_first_half()
    desk.state("playing")


def test_paused_and_hidden_players_cost_no_animation_frames(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    assert desk.page.evaluate("framesAskedFor(20)") == 0
    player = desk.player()
    player.get_by_label("Speed").select_option("0.25×")
    player.get_by_role("button", name="Play").click()
    assert desk.page.evaluate("framesAskedFor(20)") > 5
    desk.page.evaluate("document.querySelector('#p0').classList.add('hidden')")
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) === 0")
    assert desk.page.evaluate("framesAskedFor(20)") == 0
    desk.page.evaluate("document.querySelector('#p0').classList.remove('hidden')")
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) > 2")
    player.get_by_role("button", name="Pause").click()
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) === 0")


def test_linked_players_move_together(desk: Desk) -> None:
    others = {"value": {"src": "data/others"}, "group": "a", "controls": False}
    desk.open({**POINTS, "group": "a"}, others)
    first, second = desk.painted(0), desk.painted(1)
    expect(desk.player(1).get_by_role("slider")).to_be_hidden()
    desk.player(0).get_by_role("slider").fill("10")
    desk.at(10, 0)
    desk.at(5, 1)  # half-way as well, of eleven frames
    desk.repainted(first, 0)
    desk.repainted(second, 1)
    desk.player(0).get_by_role("button", name="Play").click()
    desk.state("playing", 1)
    desk.player(0).get_by_role("button", name="Pause").click()
    desk.state("ready", 1)


def test_players_without_a_group_are_on_their_own(desk: Desk) -> None:
    desk.open(POINTS, POINTS)
    desk.player(0).get_by_role("slider").fill("10")
    desk.at(10, 0)
    desk.at(0, 1)


def test_a_thumbnail_shows_its_frame(desk: Desk) -> None:
    desk.open({**POINTS, "strip": True})
    before = desk.painted()
    thumbnail = desk.player().get_by_role("button", name="half-way")
    canvas = thumbnail.locator("canvas").element_handle()
    desk.page.wait_for_function("canvas => ink(canvas).count > 20", arg=canvas)
    thumbnail.click()
    desk.at(10)
    desk.repainted(before)
    expect(thumbnail).to_have_attribute("aria-current", "true")
    desk.player().get_by_role("button", name="noise").press("Enter")
    desk.at(LAST)
    expect(thumbnail).to_have_attribute("aria-current", "false")


def test_no_strip_unless_asked_for(desk: Desk) -> None:
    desk.open(POINTS)
    expect(desk.player().get_by_role("button", name="half-way")).to_have_count(0)


def test_ghosts_are_drawn_when_wanted(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    desk.player().get_by_role("button", name="predicted clean data").click()
    desk.repainted(before)


def test_no_ghosts_to_choose_without_data_for_them(desk: Desk) -> None:
    header, arrays = frames.decode(container())
    del arrays["x0_hat"]
    desk.site.routes["/data/points"] = frames.encode(header, arrays)
    desk.open(POINTS)
    desk.painted()
    expect(desk.player().get_by_role("button", name="Loop")).to_be_visible()
    expect(desk.player().get_by_role("button", name="predicted clean data")).to_have_count(0)


def test_a_point_can_be_followed(desk: Desk) -> None:
    desk.open({"value": {"src": "data/lone"}})
    desk.page.wait_for_function("canvas => ink(canvas).x > 0", arg=desk.canvas().element_handle())
    before = desk.picture()
    spot = desk.canvas().evaluate("canvas => ink(canvas)")
    desk.canvas().click(position={"x": spot["x"], "y": spot["y"]})
    expect(desk.player()).to_contain_text("x \u20071.00  y \u20070.00")
    with_trail = desk.repainted(before)
    desk.player().get_by_role("slider").fill(LAST)
    expect(desk.player()).to_contain_text("x −1.00")
    desk.repainted(with_trail)
    desk.player().get_by_role("slider").fill("0")
    desk.player().press("Escape")
    expect(desk.player()).not_to_contain_text("x \u20071.00")
    desk.canvas().click(position={"x": spot["x"], "y": spot["y"]})
    expect(desk.player()).to_contain_text("x \u20071.00")
    desk.canvas().click(position={"x": 20, "y": 20})
    expect(desk.player()).not_to_contain_text("x \u20071.00")


def test_dark_mode_changes_the_pixels(desk: Desk) -> None:
    desk.open(POINTS)
    corner = "canvas => canvas.getContext('2d').getImageData(3, 3, 1, 1).data[0]"
    before = desk.painted()
    assert desk.canvas().evaluate(corner) > 200
    desk.page.evaluate("document.body.classList.add('dark')")
    desk.repainted(before)
    assert desk.canvas().evaluate(corner) < 60
    assert desk.painted() != before


def test_what_was_hidden_paints_when_shown(desk: Desk) -> None:
    desk.open(POINTS, hidden=True)
    root = desk.page.locator("#p0")
    expect(root).to_have_attribute("data-state", "ready")
    desk.page.evaluate("document.querySelector('#p0').classList.remove('hidden')")
    desk.painted()


def test_a_narrower_page_gets_a_smaller_picture(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    desk.page.evaluate("document.body.style.width = '300px'")
    canvas = desk.canvas().element_handle()
    desk.page.wait_for_function("canvas => canvas.width < 310", arg=canvas)
    desk.painted()
    root = desk.page.locator("#p0")
    assert root.evaluate("root => root.scrollWidth <= root.clientWidth")


def test_a_refusal_is_told_and_the_picture_stays(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    desk.tell("data/refused")
    expect(desk.page.get_by_role("alert")).to_have_text(TOO_MANY)
    desk.state("error")
    assert desk.picture() == before
    assert "429" in desk.errors.pop()  # the browser's own line about the status
    desk.tell("data/others")
    desk.state("ready")
    expect(desk.page.get_by_role("alert")).to_have_count(0)
    expect(desk.player()).to_contain_text("others 0 of 10")


def test_what_did_not_come_while_the_server_was_away_comes_once_it_is_back(desk: Desk) -> None:
    desk.open(POINTS)
    desk.painted()
    desk.page.clock.install()
    desk.page.route("**/data/others", lambda route: route.abort())
    desk.tell("data/others")
    alert = desk.page.get_by_role("alert")
    for wait in (1000, 3000):  # it is asked again, in vain
        desk.page.clock.run_for(wait)
        expect(alert).to_contain_text("could not be loaded")
    desk.page.unroute("**/data/others")
    desk.page.clock.run_for(5000)
    expect(desk.player()).to_contain_text("others 0 of 10")
    expect(alert).to_have_count(0)
    assert len(desk.errors) >= 2  # the browser's own lines about the connection
    desk.errors.clear()


def test_bytes_that_are_no_frames_are_told(desk: Desk) -> None:
    desk.site.routes["/data/others"] = b"<html>not what was asked for</html>"
    desk.open(POINTS)
    desk.tell("data/others")
    expect(desk.page.get_by_role("alert")).to_contain_text("not a set of frames")


def test_the_newest_request_wins(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    desk.tell("data/slow")
    desk.state("loading")
    assert desk.picture() == before
    desk.tell("data/others")
    expect(desk.player()).to_contain_text("others 0 of 10")
    desk.site.slow.set()
    desk.state("ready")
    assert "slow" not in desk.player().inner_text()


def test_new_data_of_the_same_length_keep_the_place(desk: Desk) -> None:
    desk.open(POINTS)
    desk.player().get_by_role("slider").fill("12")
    desk.site.slow.set()
    desk.tell("data/slow")
    expect(desk.player()).to_contain_text("slow 12 of 20")


def test_frames_can_be_added_while_one_looks(desk: Desk) -> None:
    desk.open(POINTS)
    before = desk.painted()
    add = """root => root.player.append(
        { points: root.player.data.frames[3].slice(), label: "live", facts: { loss: "0.5" } })"""
    desk.player().get_by_role("slider").fill(LAST)
    desk.player().evaluate(add)
    desk.at(FRAMES)
    expect(desk.player()).to_contain_text("live")
    expect(desk.player()).to_contain_text("loss")
    desk.player().get_by_role("slider").fill("0")
    desk.player().evaluate(add)
    expect(desk.player()).to_have_attribute("data-frames", str(FRAMES + 2))
    desk.at(0)
    desk.shows(before)


def test_it_plays_by_itself_when_asked(desk: Desk) -> None:
    desk.open({**POINTS, "autoplay": True})
    desk.state("playing")


def test_it_never_plays_by_itself_for_who_wants_less_motion(desk: Desk) -> None:
    desk.page.emulate_media(reduced_motion="reduce")
    desk.open({**POINTS, "autoplay": True})
    desk.painted()
    desk.state("ready")
    desk.at(0)


def test_a_destroyed_player_leaves_nothing_behind(desk: Desk) -> None:
    desk.open({**POINTS, "group": "a"}, {**POINTS, "group": "a"})
    desk.player(0).get_by_role("button", name="Play").click()
    desk.player(1).evaluate("root => root.player.destroy()")
    desk.state("playing", 0)
    desk.player(0).evaluate("root => { root.player.destroy(); root.remove(); }")
    desk.page.wait_for_function("async () => (await framesAskedFor(5)) === 0")


def test_on_a_phone_touch_targets_are_large_and_a_tap_follows(browser: Browser) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    try:
        with at_desk(phone.new_page()) as desk:
            desk.open({"value": {"src": "data/lone"}, "strip": True})
            desk.page.add_style_tag(content="body { width: 358px !important }")
            player, speed = desk.player(), desk.player().get_by_label("Speed")
            for control in [*player.get_by_role("button").all(), speed]:
                box = control.bounding_box()
                assert box is not None
                assert min(box["width"], box["height"]) > 39.9
            assert player.evaluate("root => root.scrollWidth <= root.clientWidth")
            player.get_by_role("button", name="Step forward").tap()
            desk.at(1)
            player.get_by_role("slider").fill("0")
            desk.page.wait_for_function(
                "canvas => ink(canvas).x > 0", arg=desk.canvas().element_handle()
            )
            spot = desk.canvas().evaluate("canvas => ink(canvas)")
            # A finger is broad: a few pixels beside the point are near enough.
            desk.canvas().tap(position={"x": spot["x"] - 12, "y": spot["y"]})
            expect(player).to_contain_text("x \u20071.00")
            desk.canvas().tap(position={"x": 60, "y": 40})
            expect(player).not_to_contain_text("x \u20071.00")
    finally:
        phone.close()
