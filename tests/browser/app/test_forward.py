"""The tab "Forward process", as a person uses it."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.app.pages import PICTURE, canvas, choose, painted, pause, player, visit

pytestmark = pytest.mark.browser
TAB = "Forward process"


def test_forward_process_is_painted_and_scrubbed_without_the_server(page: Page, app: str) -> None:
    visit(page, app, "Forward process")
    cloud = player(page, "Forward process")
    painted(cloud)
    pause(cloud)
    expect(cloud.get_by_role("button", name=re.compile("q\\("))).to_have_count(20)
    # The meter beside it asks a last time once its slider rests: that is not for scrubbing.
    expect(page.get_by_text(re.compile("with 20 DDIM steps, a perfect network"))).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slider = cloud.get_by_role("slider")
    slider.fill("0")
    expect(cloud).to_contain_text("t = 0 of 100 · signal 100 % · noise 0 %")
    data = canvas(cloud).evaluate(PICTURE)
    slider.fill("100")
    expect(cloud).to_contain_text("t = 100 of 100 · signal 0 % · noise 100 %")
    assert canvas(cloud).evaluate(PICTURE) != data
    assert [url for url in asked if "/api/" in url] == []


def numbers_of(cloud: Locator, row: str) -> list[float]:
    cells = cloud.get_by_role("row").filter(has=cloud.page.get_by_role("rowheader", name=row))
    return [float(text.replace("−", "-")) for text in cells.get_by_role("cell").all_inner_texts()]


def test_jump_and_walk_agree_with_theory(page: Page, app: str) -> None:
    visit(page, app, TAB)
    cloud = player(page, TAB)
    pause(cloud)
    slider = cloud.get_by_role("slider")
    slider.fill("50")
    expect(cloud).to_contain_text("t = 50 of 100")
    before = canvas(cloud).evaluate(PICTURE)
    for row in ("variance of x", "variance of y", "√ᾱₜ", "1 − ᾱₜ"):
        theory, *measured = numbers_of(cloud, row)
        assert len(measured) == 2
        assert measured == pytest.approx([theory, theory], abs=0.13), row
    page.get_by_label("walk: one step after another").check()
    page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before",
        arg=[canvas(cloud).element_handle(), before],
    )
    expect(cloud).to_contain_text("t = 50 of 100")  # the place is kept


def test_a_followed_point_shows_its_formula(page: Page, app: str) -> None:
    visit(page, app, TAB)
    cloud = player(page, TAB)
    pause(cloud)
    cloud.get_by_role("slider").fill("40")
    cloud.focus()
    page.keyboard.press("f")
    text = cloud.get_by_text(re.compile("xₜ = .*x₀|xₜ = .* · \\(")).first
    expect(text).to_be_visible()
    found = [float(t.replace("−", "-")) for t in re.findall(r"[−\d.]+\.\d+", text.inner_text())]
    signal, x, y, noise, eps_x, eps_y, *end = found
    assert end == pytest.approx([signal * x + noise * eps_x, signal * y + noise * eps_y], abs=0.03)


def test_the_prior_meter_has_a_way_out(page: Page, app: str) -> None:
    visit(page, app, TAB)
    meter = page.get_by_role("meter", name=re.compile("Prior meter"))
    expect(meter).to_have_attribute("aria-valuetext", "as good as N(0, I)", timeout=15_000)
    expect(page.get_by_text("One click out:")).to_be_hidden()
    choose(page, "Noise schedule", "tutorial (sigmoid in β)")
    expect(meter).to_have_attribute("aria-valuetext", "far from it")
    expect(page.get_by_text("starts where the data never went")).to_be_visible()
    cloud = player(page, TAB)
    cloud.get_by_role("slider").fill("100")
    expect(cloud).to_contain_text("0.7780")
    expect(page.get_by_text(re.compile("with 20 DDIM steps, a perfect network"))).to_be_visible()
    page.get_by_role("button", name=re.compile("T = 1000")).click()
    expect(meter).to_have_attribute("aria-valuetext", "as good as N(0, I)")
    expect(page.get_by_label("number input for Steps T").first).to_have_value("1000")
    expect(cloud).to_contain_text("of 1000")


def draw(page: Page, pad: Locator, corners: list[tuple[float, float]]) -> None:
    """Drag the mouse over the pad, along corners given as shares of its size."""
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=10)
    page.mouse.up()


def test_a_drawing_becomes_the_data_of_every_tab(page: Page, app: str) -> None:
    visit(page, app, TAB)
    cloud = player(page, TAB)
    pause(cloud)
    cloud.get_by_role("slider").fill("0")
    before = canvas(cloud).evaluate(PICTURE)
    page.get_by_text("Draw or upload your own points").click()
    draw(
        page,
        page.get_by_label("Drawing pad"),
        [(0.2, 0.2), (0.8, 0.2), (0.5, 0.8)],
    )
    dataset = page.get_by_label("Data set").first
    expect(dataset).to_have_value(re.compile(r"My drawing · \d+ points"))
    page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before",
        arg=[canvas(cloud).element_handle(), before],
    )
    painted(cloud, 100)
    label = dataset.input_value()

    page.get_by_role("tab", name="Noise types").click()
    choose(page, "Data set", label)
    for name in ("Gaussian", "Salt and pepper", "Uniform"):
        painted(player(page, name), 100)

    page.get_by_role("tab", name="DDPM vs DDIM").click()
    choose(page, "Model", f"Exact denoiser, no training · {label}")
    expect(player(page, "DDIM")).to_contain_text("two halves of these data")

    page.get_by_role("tab", name="Train live").click()
    choose(page, "Data set", label)
    page.get_by_role("button", name="Start", exact=True).click()
    status = page.get_by_role("status").filter(has_text="My points · Fast · seed 0:")
    expect(status).to_contain_text("Done.", timeout=60_000)

    page.reload()  # it is remembered, and offered without being switched to
    page.get_by_label("Data set").first.click()
    expect(page.get_by_role("option", name=label)).to_be_visible()


def test_a_table_is_previewed_used_and_refused_by_line(page: Page, app: str) -> None:
    visit(page, app, TAB)
    page.get_by_text("Draw or upload your own points").click()
    upload = page.locator("[data-pad] input[type=file]")
    rows = [f"{np.sin(i / 9):.3f};{np.cos(i / 7):.3f}".replace(".", ",") for i in range(120)]
    table = "\n".join(["breite;höhe", *rows])
    upload.set_input_files({"name": "swing.csv", "mimeType": "text/csv", "buffer": table.encode()})
    expect(page.get_by_role("cell", name="breite").or_(page.get_by_text("breite"))).to_be_visible()
    page.get_by_role("button", name=re.compile("Use these 120 points")).click()
    expect(page.get_by_label("Data set").first).to_have_value(re.compile("swing.csv · 120 points"))
    broken = "\n".join(["x,y", "1,2", "3,abc"])
    upload.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": broken.encode()})
    expect(page.get_by_role("alert").filter(has_text="Line 3")).to_be_visible()
    expect(page.get_by_label("Data set").first).to_have_value(re.compile("swing.csv · 120 points"))


def test_the_process_goes_home_as_a_gif_and_a_strip(page: Page, app: str) -> None:
    visit(page, app, TAB)
    cloud = player(page, TAB)
    pause(cloud)
    with page.expect_download(timeout=60_000) as download:
        cloud.get_by_role("button", name=re.compile("GIF")).click()
    with Image.open(download.value.path()) as film:
        assert film.n_frames == 101
        assert film.info["loop"] == 0
        assert film.info["duration"] == 100
        first = np.asarray(film.convert("RGB"), dtype=int)
        film.seek(100)
        assert np.abs(np.asarray(film.convert("RGB"), dtype=int) - first).mean() > 1
    with page.expect_download() as download:
        page.get_by_role("link", name="Take these snapshots home").click()
    with Image.open(io.BytesIO(download.value.path().read_bytes())) as strip:
        assert strip.size == (1800, 420)


def test_arrows_come_when_asked_for(page: Page, app: str) -> None:
    visit(page, app, TAB)
    cloud = player(page, TAB)
    pause(cloud)
    cloud.get_by_role("slider").fill("60")
    before = canvas(cloud).evaluate(PICTURE)
    with page.expect_response(re.compile("/api/field")):
        cloud.get_by_role("button", name=re.compile("Arrows")).click()
    expect(cloud).to_contain_text("where the density rises")
    assert canvas(cloud).evaluate(PICTURE) != before


def test_a_bad_number_is_named_and_the_picture_stays(page: Page, app: str) -> None:
    visit(page, app, TAB)
    cloud = player(page, TAB)
    box = page.get_by_label("number input for Steps T").first
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    box.press("Control+a")
    box.press_sequentially("25", delay=150)
    expect(cloud).to_contain_text("of 25")
    assert not [url for url in asked if "T=2&" in url]  # nobody meant the 2 on the way
    box.press_sequentially("00", delay=150)
    expect(cloud.get_by_role("alert")).to_have_text("T must be at most 1000, not 2500.")
    painted(cloud)
    box.press("Tab")  # what is out of range is mended when the field is left
    expect(box).to_have_value("1000")
    expect(cloud).to_contain_text("of 1000")
    expect(cloud.get_by_role("alert")).to_be_hidden()


def test_other_data_are_shown_from_their_beginning(page: Page, app: str) -> None:
    visit(page, app, TAB, plays=True)
    cloud = player(page, TAB)
    pause(cloud)
    cloud.get_by_role("slider").fill("100")
    choose(page, "Noise schedule", "linear")
    expect(cloud).to_contain_text("0.3636")
    expect(cloud).to_have_attribute("data-frame", "100")  # another schedule: the place is kept
    choose(page, "Data set", "Circles")
    expect(cloud).to_have_attribute("data-state", "playing")
    expect(cloud).to_have_attribute("data-frame", re.compile(r"^\d\d?$"))
