"""The top of the tab "Noise types": three clouds and one slider, as a learner uses them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.ui.text.noise import NOISE_TYPES, SIDES
from tests.browser.app.pages import PICTURE, canvas, choose, painted, pause, player, visit

pytestmark = pytest.mark.browser

TAB = "Noise types"
# The open chapters below may still be asking for what is theirs.
QUESTION = re.compile(r"/api/corruption|/gradio_api/(run|queue)")
MAIN = ("gaussian", "salt_and_pepper", "uniform")
CHANGED = "([canvas, before]) => canvas.toDataURL() !== before"


def three(page: Page, app: str, *, plays: bool = False) -> list[Locator]:
    """Open the tab and wait for its clouds, at rest."""
    visit(page, app, TAB, plays=plays)
    clouds = [player(page, NOISE_TYPES[kind]) for kind in MAIN]
    pause(clouds[0])
    clouds[0].get_by_role("slider").fill("30")  # wherever it stopped; at the end four dots are left
    for cloud in clouds:
        expect(cloud).to_contain_text("amount 0.60")
        cloud.scroll_into_view_if_needed()
        painted(cloud)
    return clouds


def choose_kind(page: Page, side: str, kind: str) -> None:
    choose(page, side, NOISE_TYPES[kind])


def test_one_slider_moves_all_three_and_asks_nobody(page: Page, app: str) -> None:
    clouds = three(page, app)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for moved, frame in ((0, "10"), (2, "40"), (1, "0")):
        before = [canvas(cloud).evaluate(PICTURE) for cloud in clouds]
        clouds[moved].get_by_role("slider").fill(frame)
        for cloud, picture in zip(clouds, before, strict=True):
            expect(cloud).to_have_attribute("data-frame", frame)
            expect(cloud).to_contain_text(f"amount {int(frame) / 50:.2f}")
            handle = canvas(cloud).element_handle()
            page.wait_for_function(CHANGED, arg=[handle, picture])
    assert [url for url in asked if QUESTION.search(url)] == []


def test_numbers_and_words_follow_the_amount(page: Page, app: str) -> None:
    gaussian, salt, uniform = three(page, app)
    gaussian.get_by_role("slider").fill("25")
    expect(gaussian).to_contain_text("0.71 x₀ + 0.71 ε")
    expect(salt).to_contain_text("salt or pepper (25 % each)")
    expect(uniform).to_contain_text("0.50 x₀ + 0.50 u")
    ratio = gaussian.get_by_role("row", name=re.compile("^SNR"))
    expect(ratio.get_by_role("cell").last).to_have_text("0.0 dB")  # in theory
    expect(ratio.get_by_role("cell").first).to_have_text(re.compile(r"^−?0\.\d dB$"))  # measured
    gaussian.get_by_role("slider").fill("50")
    expect(gaussian).to_contain_text("the same whatever the data were")
    expect(salt).to_contain_text("four corners")
    expect(uniform).to_contain_text("flat, with sharp edges")


def test_a_further_kind_has_its_title_and_its_numbers(page: Page, app: str) -> None:
    clouds = three(page, app)
    clouds[0].get_by_role("slider").fill("25")
    choose_kind(page, SIDES[2], "poisson")
    poisson = player(page, NOISE_TYPES["poisson"])
    expect(poisson.get_by_role("heading")).to_have_text(NOISE_TYPES["poisson"])
    expect(poisson).to_have_attribute("data-frame", "25")  # where the others are
    expect(poisson).to_contain_text("N / k, k = 10")
    expect(poisson).to_contain_text("he points are shifted first")
    expect(poisson).to_contain_text(re.compile(r"[\d,]+ of 2,000 points"))
    painted(poisson)
    expect(page.get_by_role("group", name=NOISE_TYPES["uniform"], exact=True)).to_have_count(0)
    # Any two can be compared: also one with itself.
    choose_kind(page, SIDES[0], "multiplicative")
    speckle = player(page, NOISE_TYPES["multiplicative"])
    expect(speckle).to_contain_text("x₀ · (0.50 + 0.50 g)")
    speckle.get_by_role("slider").fill("50")
    expect(poisson).to_contain_text("No photon comes any more")
    expect(speckle).to_contain_text("cannot be drawn without them")
    choose_kind(page, SIDES[2], "multiplicative")
    both = page.get_by_role("group", name=NOISE_TYPES["multiplicative"], exact=True)
    expect(both).to_have_count(2)


def test_data_and_seed_change_all_clouds(page: Page, app: str) -> None:
    clouds = three(page, app, plays=True)
    choose_kind(page, SIDES[1], "additive")
    clouds[1] = player(page, NOISE_TYPES["additive"])
    before = [canvas(cloud).evaluate(PICTURE) for cloud in clouds]
    seed = page.get_by_label("Seed", exact=True).locator("visible=true").first
    with page.expect_response(re.compile(r"/api/corruption\?kind=additive.*seed=5")):
        seed.fill("5")
        seed.press("Enter")
    for cloud, picture in zip(clouds, before, strict=True):
        page.wait_for_function(CHANGED, arg=[canvas(cloud).element_handle(), picture])
        expect(cloud).to_have_attribute("data-frame", "30")  # the same data: the place is kept
    with page.expect_response(re.compile(r"/api/corruption\?kind=additive.*dataset=moons.*seed=5")):
        choose(page, "Data set", "Moons")
    for cloud in clouds:
        expect(cloud).to_have_attribute("data-state", "playing")  # other data: from the beginning


def test_what_cannot_be_is_told_and_the_pictures_stay(page: Page, app: str) -> None:
    clouds = three(page, app)
    seed = page.get_by_label("Seed", exact=True).locator("visible=true").first
    before = [canvas(cloud).evaluate(PICTURE) for cloud in clouds]
    seed.fill("-3")
    seed.press("Enter")
    for cloud, picture in zip(clouds, before, strict=True):
        expect(cloud.get_by_role("alert")).to_have_text("seed must be at least 0, not -3.")
        assert canvas(cloud).evaluate(PICTURE) == picture
    seed.fill("4")
    seed.press("Enter")
    for cloud in clouds:
        expect(cloud.get_by_role("alert")).to_have_count(0)


def test_on_a_phone_a_chooser_stands_over_its_picture(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    clouds = three(page, app)
    choose_kind(page, SIDES[2], "multiplicative")
    clouds[2] = player(page, NOISE_TYPES["multiplicative"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    height = float("-inf")  # the page has been scrolled
    for side, cloud in zip(SIDES, clouds, strict=True):
        for element in (page.get_by_label(side, exact=True), cloud):
            box = element.bounding_box()
            assert box is not None
            assert box["y"] > height
            assert box["x"] + box["width"] <= 390
            height = box["y"]
