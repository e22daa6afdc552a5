"""The chapter "Where the formula comes from" in a real Chromium, on a page of its own."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, Route, expect

from explainer.experiments.derivation import derivation, loss_weight, step_back
from explainer.page_settings import WalkSettings
from explainer.sampling import ddim_weights
from explainer.schedules import NoiseSchedule, make_schedule
from explainer.ui.text.derivation import WORDS
from tests.browser.modules import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

VALUE = {
    "model": "exact-s_curve", "schedule": "cosine", "seed": 0, "spacing": "trailing",
    "ddpm_steps": 100, "steps": 20, "eta": 0, "T": 100,
}  # fmt: skip
MOUNT = """
  const [value, words] = a;
  const host = document.querySelector("#here");
  host.innerHTML = "<div data-chapter></div>";
  window.props = { value, words, open: true };
  await m.mount(host, props, (name, told) => (window.told = told));
"""


class Chapter(Desk):
    """A page with the chapter, whose answers the experiment makes here."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.asked: list[str] = []
        self.answer: Any = None
        page.route("http://page.test/api/derivation**", self._answer)
        page.route("http://page.test/static/plotly.js", self._plotly)

    def _plotly(self, route: Route) -> None:
        script = files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
        route.fulfill(body=script, content_type="text/javascript")

    def _answer(self, route: Route) -> None:
        query = urlsplit(route.request.url).query
        self.asked.append(query)
        settings = WalkSettings.from_query(dict(parse_qsl(query)))
        route.fulfill(json=self.answer or derivation(settings.model_dump()))

    def open(self, **changes: Any) -> Chapter:
        self.call("page/derivation.js", MOUNT, {**VALUE, **changes}, WORDS)
        expect(self.step).to_be_visible()
        return self

    @property
    def step(self) -> Locator:
        return self.page.get_by_role("slider", name=WORDS["step"])

    @property
    def eta(self) -> Locator:
        return self.page.get_by_role("slider", name=WORDS["eta"])

    @property
    def items(self) -> Locator:
        return self.page.locator(".dd-steps > li")

    def numbers(self, step: int) -> str:
        """Return what is told in numbers at a step, counted from 1."""
        found: str = self.items.nth(step - 1).locator(".dd-numbers").inner_text()
        return re.sub(r"\s+", "", found).replace("−", "-")

    def weights(self) -> list[list[float]]:
        """Return the table of a, b, of eps's weight and of sigma, for three etas."""
        rows = self.page.locator(".dd-choices tbody tr")
        cells = [row.locator("td").all_inner_texts() for row in rows.all()]
        return [[float(cell) for cell in row] for row in cells]

    def traces(self) -> dict[str, list[Any]]:
        """Return the lines of the chart, by name."""
        chart = self.page.locator(".dd-chart")
        expect(chart).to_have_attribute("data-state", "ready")
        script = "e => Object.fromEntries(e.data.map(({ name, y }) => [name, y]))"
        found: dict[str, list[Any]] = chart.evaluate(script)
        return found


@pytest.fixture
def chapter(page: Page) -> Chapter:
    return Chapter(page)


def test_the_maths_of_the_page_is_that_of_the_samplers(page: Page) -> None:
    """For random schedules, steps and etas: a, b, sigma, the update's weights, and gamma."""
    random = np.random.default_rng(0)
    cases, known = [], []
    for _ in range(40):
        schedule = NoiseSchedule(torch.from_numpy(random.uniform(1e-4, 0.2, 30)))
        t = int(random.integers(1, 30))
        t_prev = int(random.integers(-1, t))
        eta = float(random.choice([0, 1, random.uniform(0, 1)]))
        weights = ddim_weights(t, t_prev, schedule, eta=eta)
        a, b, sigma = step_back(t, t_prev, schedule, eta=eta)
        gamma = loss_weight(t, t_prev, schedule, eta=eta)
        cases.append([schedule.alpha_bar(t), schedule.alpha_bar(t_prev), eta])
        known.append([a, b, sigma, weights.x0, weights.eps, weights.noise, gamma])
    script = """return a[0].map((given) => {
      const { a, b, sigma, x0, eps, gamma } = m.stepBack(...given);
      return [a, b, sigma, x0, eps, sigma, gamma];
    })"""
    found = Desk(page).call("page/stepback.js", script, cases)
    assert {row[-1] is None for row in known} == {True, False}
    for ours, theirs in zip(found, known, strict=True):
        assert ours[:-1] == pytest.approx(theirs[:-1], rel=1e-9, abs=1e-9)
        assert ours[-1] == (None if theirs[-1] is None else pytest.approx(theirs[-1], rel=1e-6))


def test_six_steps_with_the_numbers_of_t(chapter: Chapter) -> None:
    chapter.open()
    expect(chapter.items).to_have_count(6)
    expect(chapter.items.locator("h3")).to_have_text([step["title"] for step in WORDS["steps"]])
    expect(chapter.page.locator(".dd-controls output").first).to_have_text("t = 50 → 45")
    schedule = make_schedule("cosine", 100)
    abar, abar_prev = schedule.alpha_bar(49), schedule.alpha_bar(44)
    a, b, sigma = step_back(49, 44, schedule, eta=0.5)
    assert f"={abar**0.5:.4f}" in chapter.numbers(1)
    assert f"{a:.4f}+{b:.4f}" in chapter.numbers(3)
    assert f"={abar_prev**0.5:.4f}" in chapter.numbers(3)
    assert f"={1 - abar_prev:.4f}" in chapter.numbers(3)
    for value in (a, b, sigma):
        assert f"={value:.4f}" in chapter.numbers(4)
    assert "x̂0=" in chapter.numbers(5)
    # Mean and variance; sigma, b and a; x̂_0 and its mistake; the collected form.
    expect(chapter.page.get_by_role("img", name=WORDS["agree"])).to_have_count(8)
    expect(chapter.page.get_by_role("img", name=WORDS["differ"])).to_have_count(0)


@pytest.mark.parametrize("at", ["Home", "End"])
@pytest.mark.parametrize("eta", ["Home", "End"])
def test_both_sides_agree_at_every_end_of_the_sliders(chapter: Chapter, at: str, eta: str) -> None:
    chapter.open(steps=100)
    chapter.step.press(at)
    chapter.eta.press(eta)
    expect(chapter.page.locator(".dd-controls output")).to_have_text(
        ["t = 100 → 99" if at == "Home" else "t = 1 → 0", "0" if eta == "Home" else "1"]
    )
    expect(chapter.page.get_by_role("img", name=WORDS["agree"])).to_have_count(8)
    assert "NaN" not in chapter.page.locator("body").inner_text()
    assert len(chapter.asked) == 1, "the sliders ask nobody"


def test_sides_that_differ_are_told(page: Page) -> None:
    found = Desk(page).call(
        "page/derivationsteps.js",
        """const v = m.valuesOf({ abar: 0.5, abar_prev: 0.7 }, 1, { a: 0.3, b: 0.8, sigma: 0.1 });
        return ["mean", "variance", "guess"].map((name) => m.inNumbers(name, v).agree);""",
    )
    assert found == [False, False, True]


def test_the_choice_of_sigma(chapter: Chapter) -> None:
    chapter.open()
    chapter.eta.press("ArrowRight")
    schedule = make_schedule("cosine", 100)
    columns = []
    for eta in (0.0, 0.55, 1.0):
        a, b, sigma = step_back(49, 44, schedule, eta=eta)
        columns.append([a, b, ddim_weights(49, 44, schedule, eta=eta).eps, sigma])
    rows = [list(row) for row in zip(*columns, strict=True)]
    assert np.array(chapter.weights()) == pytest.approx(np.array(rows), abs=6e-5)
    head = chapter.page.locator(".dd-choices thead")
    expect(head).to_contain_text("η = 0.55: yours")


def test_the_weight_over_t_follows_eta_and_the_current_step_is_marked(chapter: Chapter) -> None:
    chapter.open()
    schedule = make_schedule("cosine", 100)
    lines = chapter.traces()
    assert set(lines[WORDS["simple"]]) == {1}
    for name, eta in ((WORDS["ddpm"], 1.0), (WORDS["here"].format(eta=0.5), 0.5)):
        known = [loss_weight(t, t - 1, schedule, eta=eta) for t in range(100)]
        assert lines[name][0] is None
        assert lines[name][1:] == pytest.approx(known[1:], rel=1e-6)
    assert len(lines[WORDS["visited"]]) == 20
    gamma = loss_weight(49, 44, schedule, eta=0.5)
    told = chapter.page.get_by_text("From t = 50 to 45 with η = 0.5")
    expect(told).to_contain_text(f"γₜ = {gamma:.3g},")
    mark = "e => e.layout.shapes[0].x0"
    assert chapter.page.locator(".dd-chart").evaluate(mark) == 50
    chapter.step.press("ArrowRight")
    chapter.page.wait_for_function("document.querySelector('.dd-chart').layout.shapes[0].x0 === 45")
    chapter.eta.press("Home")
    expect(chapter.page.get_by_text(WORDS["deterministic"])).to_be_visible()
    chapter.page.wait_for_function("document.querySelector('.dd-chart').data.length === 2")


def test_a_schedule_that_leaves_nothing(chapter: Chapter) -> None:
    schedule = make_schedule("cosine", 100, zero_terminal_snr=True)
    levels = [schedule.alpha_bar(t) for t in range(-1, 100)]
    pair = {"t": 100, "t_prev": 90, "abar": levels[100], "abar_prev": levels[90]}
    ddpm = [loss_weight(t, t - 1, schedule, eta=1.0) for t in range(100)]
    chapter.answer = {"T": 100, "pairs": [pair], "levels": levels, "ddpm": ddpm}
    chapter.open()
    expect(chapter.page.get_by_text(WORDS["nothing"])).to_have_count(2)
    expect(chapter.page.get_by_text(WORDS["lost"])).to_be_visible()
    expect(chapter.page.get_by_role("img", name=WORDS["agree"])).to_have_count(5)
    assert "NaN" not in chapter.page.locator("body").inner_text()


def test_a_failure_is_told_and_leaves_what_is_there(chapter: Chapter) -> None:
    chapter.open()
    before = chapter.numbers(3)
    chapter.answer = {"error": "No such thing."}
    chapter.page.evaluate("() => { props.value.steps = 7; told(); }")
    expect(chapter.page.get_by_role("alert")).to_have_text("No such thing.")
    assert chapter.numbers(3) == before


def test_it_fits_a_phone(browser: Browser) -> None:
    """Of 390 pixels, of which the app around it needs some."""
    page = browser.new_page(viewport={"width": 330, "height": 844})
    try:
        chapter = Chapter(page).open()
        assert chapter.traces()
        assert page.evaluate("document.documentElement.scrollWidth") <= 330
    finally:
        page.close()
