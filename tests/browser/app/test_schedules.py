"""The tab "Schedule plots", as a person uses it."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.schedules import make_schedule
from tests.browser.app.pages import choose, player, visit

pytestmark = pytest.mark.browser
TAB = "Schedule plots"
PANELS = 9  # and the floor


def lines(page: Page) -> Locator:
    return page.locator("[data-charts] .scatterlayer .trace")


def test_schedules_are_drawn_and_chosen(page: Page, app: str) -> None:
    visit(page, app, TAB)
    titles = page.locator("[data-charts]").get_by_role("heading", level=2)
    expect(titles).to_have_count(PANELS + 1, timeout=15_000)
    # The floor has a line for each schedule, and another for its mean.
    expect(lines(page)).to_have_count((PANELS + 2) * 3, timeout=15_000)
    page.get_by_label("sigmoid (in ᾱ)").check()
    expect(lines(page)).to_have_count((PANELS + 2) * 4, timeout=15_000)
    expect(page.locator(".dx-legend li")).to_have_text(["tutorial", "linear", "cosine", "sigmoid"])
    for name in ("tutorial (sigmoid in β)", "linear", "cosine", "sigmoid (in ᾱ)"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    expect(page.get_by_text("schedules must name at least one schedule.")).to_be_visible()
    expect(lines(page)).not_to_have_count(0)  # what was on screen stays


def test_the_floor_tells_why_a_loss_stops(page: Page, app: str) -> None:
    visit(page, app, TAB)
    stated = page.get_by_text(re.compile(r"Mean: tutorial 0\.\d+, linear 0\.\d+, cosine 0\.\d+"))
    expect(stated).to_be_visible(timeout=15_000)
    tutorial, linear, cosine = map(float, re.findall(r"0\.\d+", stated.inner_text()))
    assert tutorial > linear > cosine
    assert tutorial > 0.5


def test_every_schedule_has_its_row_and_verdict(page: Page, app: str) -> None:
    visit(page, app, TAB)
    rows = page.locator("[data-rows]")
    expect(rows).to_contain_text("starts where the data never went", timeout=15_000)
    expect(rows).to_contain_text("could not be told from N(0, I)")
    rows.scroll_into_view_if_needed()
    expect(rows.locator("canvas")).to_have_count(15)
    drawn = """() => [...document.querySelectorAll("[data-rows] canvas")].map((canvas) => {
      const context = canvas.getContext("2d");
      const { data } = context.getImageData(0, 0, canvas.width || 1, canvas.height || 1);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        const rgb = [data[i], data[i + 1], data[i + 2]];
        if (Math.max(...rgb) - Math.min(...rgb) > 60) count += 1;
      }
      return count;
    })"""
    page.wait_for_function(f"({drawn})().every((count) => count > 100)")


def test_numbers_go_home_as_csv(page: Page, app: str) -> None:
    visit(page, app, TAB)
    expect(lines(page)).not_to_have_count(0, timeout=15_000)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("CSV")).click()
    assert download.value.suggested_filename == "schedules.csv"
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert len(rows) == 300
    cosine = [float(row["alphas_cumprod"]) for row in rows if row["schedule"] == "cosine"]
    known = make_schedule("cosine", 100).alphas_cumprod.numpy()
    np.testing.assert_allclose(cosine, known, rtol=1e-6)


def test_a_designed_schedule_goes_everywhere(page: Page, app: str) -> None:
    visit(page, app, TAB)
    expect(lines(page)).to_have_count((PANELS + 2) * 3, timeout=15_000)
    handle = page.locator("[data-designer]").get_by_role("slider").nth(2)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 50, steps=6)
    page.mouse.up()
    expect(page.get_by_role("checkbox", name="my schedule")).to_be_checked()
    expect(lines(page)).to_have_count((PANELS + 2) * 4, timeout=15_000)
    expect(page.locator(".dx-legend li")).to_contain_text(["my schedule"])
    expect(page.locator("[data-rows]")).to_contain_text("my schedule")
    page.get_by_role("tab", name="Forward process").click()
    choose(page, "Noise schedule", "my schedule")
    cloud = player(page, "Forward process")
    cloud.get_by_role("slider").fill("60")
    expect(cloud).to_contain_text("t = 60 of 100")
    expect(cloud).not_to_contain_text(f"{make_schedule('cosine', 100).alpha_bar(59):.4f}")
    page.get_by_role("tab", name="Train live").click()
    choose(page, "Noise schedule", "my schedule")
    page.get_by_role("button", name="Start", exact=True).click()
    status = page.get_by_role("status").filter(has_text="S-curve · Fast, changed · seed 0:")
    expect(status).to_contain_text("Done.", timeout=60_000)


def test_pasted_betas_are_used_or_refused_by_name(page: Page, app: str) -> None:
    visit(page, app, TAB)
    expect(lines(page)).to_have_count((PANELS + 2) * 3, timeout=15_000)
    betas = page.get_by_label("Paste betas")
    use = page.get_by_role("button", name="Use these betas")
    alert = page.get_by_role("alert").filter(has_text=re.compile("\\w"))
    for text, says in (
        ("0.1, 0.2, 1.2", "Beta 3 is 1.2"),
        ("0.1 nan 0.2", "Beta 2"),
        ("0.1, abc", "Beta 2 is not a number"),
    ):
        betas.fill(text)
        use.click()
        expect(alert).to_contain_text(says)
        expect(lines(page)).to_have_count((PANELS + 2) * 3)
    betas.fill(", ".join(["0.05"] * 40))
    use.click()
    expect(page.get_by_role("checkbox", name="my schedule")).to_be_checked()
    expect(page.get_by_label("number input for Steps T").locator("visible=true")).to_have_value(
        "40"
    )
    expect(page.locator("[data-rows]")).to_contain_text("At t = 40")


def test_a_designed_schedule_survives_a_reload(page: Page, app: str) -> None:
    visit(page, app, TAB)
    page.get_by_role("button", name="drops early").click()
    expect(page.get_by_role("checkbox", name="my schedule")).to_be_checked()
    page.reload()
    page.get_by_label("Noise schedule", exact=True).locator("visible=true").first.click()
    expect(page.get_by_role("option", name="my schedule")).to_be_visible()
