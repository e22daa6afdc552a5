"""The tab "Train live": a network learns, step by step or at full speed, and can be rewound."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app.pages import PICTURE, canvas, painted
from tests.browser.app.training import (
    BY_T,
    DISTANCE,
    LOSS,
    TITLE,
    Desk,
    differ,
    pixels,
    until,
)

pytestmark = pytest.mark.browser


def test_a_network_learns_and_the_way_there_can_be_rewound(page: Page, app: str) -> None:
    desk = Desk(page, app)
    painted(desk.view)
    desk.says(TITLE, "Press Start to train your own")
    desk.press("Start")
    desk.done()
    desk.at_step(400)
    desk.says(TITLE)
    pictures = desk.last + 1
    assert 5 <= pictures <= 41  # a busy machine folds several snapshots into one

    desk.drawn(LOSS, "training", 400)
    losses = desk.lines(LOSS)
    assert list(losses) == ["training", "training, smoothed", "held-out data", "lowest possible"]
    floor = losses["lowest possible"]["y"][0]
    held = losses["held-out data"]["y"]
    assert held[0] > 1.05 * floor
    assert floor * 0.97 < held[-1] < floor * 1.03
    assert losses["training, smoothed"]["x"] == list(range(1, 401))
    distances = desk.lines(DISTANCE)["samples"]
    assert len(distances["y"]) == len(held)
    assert distances["y"][-1] < distances["y"][0] / 2
    expect(desk.fact("points seen")).to_have_text("4.0 · 10⁵")
    expect(desk.fact("time left")).to_have_text("–")

    row = desk.view.get_by_role("button", name=re.compile(r"^step \d+$"))
    assert 4 <= row.count() <= 5
    expect(row.first).to_have_text("step 0")
    expect(row.last).to_have_text("step 400")
    assert differ(thumbnail.evaluate(PICTURE) for thumbnail in row.locator("canvas").all())

    def seen() -> tuple[str, str, list[float]]:
        return desk.picture(), pixels(desk.learned()), desk.lines(BY_T)["now"]["y"]

    last = seen()
    row.first.click()
    expect(desk.view).to_contain_text("step 0 of 400")
    until(desk.chart(LOSS), "e => e.layout.shapes[0]?.x0 === 0")
    until(desk.chart(BY_T), f"e => e.data[0].y[0] !== {last[2][0]!r}")
    first = seen()
    assert all(now != then for now, then in zip(first, last, strict=True))
    assert min(first[2]) > 0.9  # nothing is known yet, at no noise level
    desk.rewind(pictures // 2)
    plain = desk.picture()  # from here on the words belong to it
    between = int(re.findall(r"step (\d+) of 400", desk.view.inner_text())[0])
    assert 0 < between < 400
    until(desk.chart(LOSS), f"e => e.layout.shapes[0]?.x0 === {between}")
    for name in ("Trails", "Density"):
        desk.view.get_by_role("button", name=name).click()
        shown = desk.picture()
        assert shown != plain
        plain = shown
    for name in ("Trails", "Density"):
        desk.view.get_by_role("button", name=name).click()
    desk.rewind(desk.last)
    until(desk.chart(LOSS), "e => e.layout.shapes.length === 0")
    assert seen() == last


def test_single_steps_before_any_start_and_then_at_every_speed(page: Page, app: str) -> None:
    desk = Desk(page, app)
    expect(desk.step_panel).to_be_hidden()
    desk.press("Step")
    desk.at_step(1)
    desk.says("Paused.")
    heading = desk.step_panel.get_by_role("heading", name="This very step")
    expect(heading).to_be_visible()
    expect(desk.step_panel.get_by_role("rowheader")).to_have_count(8)

    def told() -> tuple[str, str]:
        """Return what panel and curve say of the loss."""
        step, _, loss, _ = desk.step_panel.locator(".dt-sentence b").all_inner_texts()
        desk.drawn(LOSS, "training", int(step))
        curve = desk.lines(LOSS)["training"]
        assert curve["x"][-1] == int(step)
        return loss, f"{curve['y'][-1]:.3f}"

    panel, curve = told()
    assert panel == curve
    desk.press("Step")
    desk.at_step(2)
    assert told()[0] == told()[1]
    assert told()[0] != panel
    desk.rewind(1)
    expect(desk.step_panel).to_contain_text("Step 1: 1,000 points")
    desk.rewind(0)
    expect(heading).to_be_hidden()  # no step led there
    desk.rewind(2)

    desk.pace("10 steps")
    desk.press("Resume")
    desk.says("Training.")
    desk.beyond(12)
    desk.press("Pause")
    desk.says("Paused.")
    assert desk.settled() % 10 == 2
    desk.at_step(desk.steps())
    expect(heading).to_be_hidden()
    desk.pace("1 step")
    desk.press("Resume")
    expect(heading).to_be_visible()  # slow motion: every step can be seen
    desk.pace("full")
    desk.done()
    desk.at_step(400)
    assert len(desk.lines(LOSS)["training"]["x"]) == 400


def test_a_long_run_is_paused_resumed_and_stopped(page: Page, app: str) -> None:
    desk = Desk(page, app)
    desk.recipe("Tutorial")
    desk.says("S-curve · Tutorial · seed 0", "A finished run")
    expect(desk.view).to_have_attribute("data-frames", "5")  # the shipped epochs
    painted(desk.view)
    expect(desk.button("Stop")).to_be_disabled()
    expect(desk.button("Pause")).to_be_disabled()
    desk.press("Start")
    desk.says("Training.")
    expect(desk.button("Start again")).to_be_visible()
    desk.drawn(LOSS, "held-out data", 2)  # while it goes on, the picture changes
    before, count = desk.picture(), desk.last
    desk.drawn(LOSS, "held-out data", count + 2)
    assert desk.last > count
    assert desk.picture() != before
    expect(desk.fact("time left")).not_to_have_text("–")
    desk.press("Pause")
    desk.says("Paused.")
    paused, still = desk.settled(), desk.picture()
    pictures = len(desk.lines(LOSS)["held-out data"]["x"])
    desk.press("Resume")
    desk.beyond(paused + 100)
    desk.drawn(LOSS, "held-out data", pictures + 1)  # due after some work, not at once
    assert desk.picture() != still
    desk.press("Stop")
    desk.says("Stopped.")
    for name in ("Stop", "Pause"):
        expect(desk.button(name)).to_be_disabled()
    expect(desk.button("Start")).to_be_visible()
    expect(desk.alert).to_have_count(0)


def test_a_seed_has_its_first_weights(page: Page, app: str) -> None:
    desk = Desk(page, app)
    desk.press("Reset")
    desk.at_step(0)
    desk.says(TITLE, "Paused.")
    first = desk.picture()
    desk.press("Resume")
    desk.done()
    last = desk.picture()
    assert last != first
    desk.rewind(0)
    assert desk.picture() == first
    desk.press("Reset")
    desk.says("Paused.")
    desk.at_step(0)
    assert desk.picture() == first
    desk.press("New seed")
    seed = page.get_by_role("spinbutton", name="Seed")
    expect(seed).not_to_have_value("0")
    desk.says(f"S-curve · Fast · seed {seed.input_value()}", "Paused.")
    desk.at_step(0)
    until(canvas(desk.view), "(canvas, ...old) => !old.includes(canvas.toDataURL())", first, last)
    assert desk.picture() not in (first, last)
    desk.set("Seed", "0")
    desk.press("Start again")
    desk.done()
    desk.says(TITLE)
    assert desk.picture() == last


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone(page: Page, app: str, theme: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    desk = Desk(page, f"{app}?__theme={theme}")
    expect(page.locator("body.dark")).to_have_count(int(theme == "dark"))
    start = desk.button("Start")
    start.scroll_into_view_if_needed()
    expect(start).to_be_in_viewport(ratio=1)
    picture, button = canvas(desk.view).bounding_box(), start.bounding_box()
    assert picture
    assert button
    assert button["y"] + button["height"] < picture["y"]
    desk.press("Step")
    desk.at_step(1)
    expect(desk.step_panel.get_by_role("rowheader")).to_have_count(8)
    desk.no_wider_than(390)
    desk.press("Resume")
    desk.done()
    painted(desk.view)
    desk.no_wider_than(390)
