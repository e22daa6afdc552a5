"""The chapter "One particle, step by step" in a real Chromium, on a page of its own."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from explainer.experiments.particle import particle
from explainer.page_settings import ParticleSettings
from explainer.ui.text.particle import WORDS
from tests.browser.modules import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

VALUE = {
    "model": "s_curve-fast", "schedule": None, "seed": 0, "spacing": "trailing",
    "ddpm_steps": 8, "steps": 6, "eta": 0.5, "T": 100,
}  # fmt: skip
MOUNT = """
  const [value, words] = a;
  const host = document.querySelector("#here");
  host.innerHTML = "<div data-chapter></div>";
  window.props = { value, words, open: true };
  await m.mount(host, props, (name, told) => (window.told = told));
"""
# How many pixels of a tone the picture shows.
INK = """(canvas, [r, g, b]) => {
  const d = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let i = 0; i < d.length; i += 4) {
    const off = Math.hypot(d[i] - r, d[i + 1] - g, d[i + 2] - b);
    if (d[i + 3] > 200 && off < 24) count += 1;
  }
  return count;
}"""
BLUE, ORANGE, PURPLE = (0x00, 0x74, 0xB8), (0xC2, 0x50, 0x0A), (0xA0, 0x3A, 0x94)


class Chapter(Desk):
    """A page with the chapter, whose answers the experiment makes here."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.asked: list[dict[str, Any]] = []
        self.refusal = ""
        page.route("http://page.test/api/particle**", self._answer)

    def _answer(self, route: Route) -> None:
        if self.refusal:
            return route.fulfill(json={"error": self.refusal})
        settings = ParticleSettings.from_query(dict(parse_qsl(urlsplit(route.request.url).query)))
        self.asked.append(settings.model_dump())
        return route.fulfill(json=particle(settings.model_dump()))

    def open(self, **changes: Any) -> Chapter:
        self.call("page/particle.js", MOUNT, {**VALUE, **changes}, WORDS)
        expect(self.at).to_be_visible(timeout=30_000)
        return self

    def change(self, **changes: Any) -> None:
        self.page.evaluate(
            "changes => { Object.assign(props.value, changes); told(); }", {**changes}
        )

    @property
    def at(self) -> Locator:
        return self.page.locator("output")

    @property
    def slider(self) -> Locator:
        return self.page.get_by_role("slider", name=WORDS["step"])

    @property
    def picture(self) -> Locator:
        return self.page.get_by_role("img", name=WORDS["picture"])

    @property
    def table(self) -> Locator:
        return self.page.get_by_role("table", name=WORDS["table"])

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, name: str) -> list[float]:
        """Return the numbers in a row of the table."""
        text = self.table.get_by_role("row", name=re.compile(name)).locator("td").all_inner_texts()
        found = re.findall(r"−?\d+\.\d+", " ".join(text))
        return [float(number.replace("−", "-")) for number in found]

    def ink(self, tone: tuple[int, int, int]) -> int:
        self.page.evaluate(
            "async () => { for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame); }"
        )
        count: int = self.picture.evaluate(INK, tone)
        return count


@pytest.fixture
def chapter(page: Page) -> Chapter:
    return Chapter(page)


def answer(**changes: Any) -> Any:
    return particle({"sampler": "ddim", "steps": 6, "eta": 0.5, "point": 42, **changes})


def test_the_table_shows_the_step_and_its_sum(chapter: Chapter) -> None:
    chapter.open()
    step = answer()["steps"][3]
    expect(chapter.at).to_have_text("step 4 of 6: t = 50 → 33")
    weight, *rest = chapter.row(WORDS["terms"]["ddim"]["x0"])
    assert weight == pytest.approx(step["weights"]["x0"], abs=6e-5)
    assert rest == pytest.approx([*step["x0_hat"], *step["terms"]["x0"]], abs=6e-5)
    noise = chapter.row(WORDS["terms"]["ddim"]["noise"])
    assert noise == pytest.approx(
        [step["weights"]["noise"], *step["z"], *step["terms"]["noise"]], abs=6e-5
    )
    assert chapter.row(WORDS["sum"]) == chapter.row(WORDS["next"])
    assert chapter.row(WORDS["next"]) == pytest.approx(step["x_prev"], abs=6e-5)
    expect(chapter.table).to_contain_text(WORDS["same"])


def test_a_sum_that_is_not_the_next_place_is_told(chapter: Chapter) -> None:
    def altered(route: Route) -> None:
        found = answer()
        found["steps"][3]["x_prev"][0] += 0.25
        route.fulfill(json=found)

    chapter.page.route("http://page.test/api/particle**", altered)
    chapter.open()
    expect(chapter.table).to_contain_text("They differ by 2.5e-1.")


def test_all_steps_are_there_without_the_server(chapter: Chapter) -> None:
    chapter.open()
    chapter.button(WORDS["forward"]).click()
    expect(chapter.at).to_have_text("step 5 of 6: t = 33 → 17")
    chapter.page.keyboard.press("ArrowRight")
    expect(chapter.at).to_have_text("step 6 of 6: t = 17 → 0")
    chapter.page.keyboard.press("ArrowRight")
    expect(chapter.at).to_have_text("step 6 of 6: t = 17 → 0")
    expect(chapter.table).to_contain_text(WORDS["none"])
    chapter.page.keyboard.press("ArrowLeft")
    chapter.button(WORDS["back"]).click()
    expect(chapter.at).to_have_text("step 4 of 6: t = 50 → 33")
    chapter.picture.click()
    chapter.page.keyboard.press("Home")
    expect(chapter.at).to_have_text("step 1 of 6: t = 100 → 83")
    expect(chapter.slider).to_have_attribute("aria-valuetext", "step 1 of 6: t = 100 → 83")
    assert len(chapter.asked) == 1


def test_three_arrows_in_three_colours(chapter: Chapter) -> None:
    chapter.open()
    for tone in (BLUE, ORANGE, PURPLE):
        assert chapter.ink(tone) > 60
    far = chapter.ink(ORANGE)
    chapter.button(WORDS["views"]["step"]).click()
    assert chapter.ink(ORANGE) > 1.2 * far, "this step alone fills the picture"
    chapter.page.keyboard.press("End")
    chapter.slider.press("End")  # the last step is the predicted x_0 and nothing else
    assert chapter.ink(BLUE) > 60
    assert chapter.ink(ORANGE) == chapter.ink(PURPLE) == 0


def test_without_eta_no_noise_is_drawn(chapter: Chapter) -> None:
    chapter.open(eta=0)
    assert chapter.row(WORDS["terms"]["ddim"]["noise"]) == [0, 0, 0]
    assert chapter.ink(PURPLE) == 0
    expect(chapter.page.locator(".dp-numbers")).to_contain_text(f"η = 0: {WORDS['eta']['none']}.")


def test_ddpm_has_its_own_steps_and_terms(chapter: Chapter) -> None:
    chapter.open()
    chapter.button("DDPM").click()
    expect(chapter.at).to_have_text("step 5 of 8: t = 50 → 38")  # as far as before
    expect(chapter.button("DDPM")).to_have_attribute("aria-pressed", "true")
    step = particle({"sampler": "ddpm", "steps": 8, "point": 42})["steps"][4]
    weight, *rest = chapter.row(WORDS["terms"]["ddpm"]["x_t"])
    assert weight == pytest.approx(step["weights"]["x_t"], abs=6e-5)
    assert rest == pytest.approx([*step["x_t"], *step["terms"]["x_t"]], abs=6e-5)
    assert chapter.asked[-1]["steps"] == 8


def test_another_particle(chapter: Chapter) -> None:
    chapter.open()
    chapter.page.evaluate("Math.random = () => 0.5")
    chapter.button(WORDS["another"]).click()
    expect(chapter.page.get_by_text("This is point number 1000 of")).to_be_visible()
    expect(chapter.page.get_by_label(WORDS["point"], exact=True)).to_have_value("1000")
    assert chapter.row(WORDS["next"]) == pytest.approx(
        answer(point=1000)["steps"][3]["x_prev"], abs=6e-5
    )
    field = chapter.page.get_by_label(WORDS["point"], exact=True)
    field.fill("7")
    field.press("Enter")
    expect(chapter.page.get_by_text("This is point number 7 of")).to_be_visible()
    assert [asked["point"] for asked in chapter.asked] == [42, 1000, 7]


def test_the_players_above_can_follow_it(chapter: Chapter) -> None:
    chapter.open()
    chapter.page.evaluate(
        """async () => {
          const { Timeline } = await import("/static/player/timeline.js");
          window.above = Timeline.of("compare");
        }"""
    )
    chapter.button(WORDS["follow"]).click()
    assert chapter.page.evaluate("above.followed") == 42


def test_new_settings_above_are_shown_and_a_refusal_leaves_what_is_there(chapter: Chapter) -> None:
    chapter.open()
    chapter.change(steps=10)
    expect(chapter.at).to_have_text("step 6 of 10: t = 50 → 40")
    before = chapter.row(WORDS["next"])
    chapter.refusal = "No such thing."
    chapter.change(seed=5)
    expect(chapter.page.get_by_role("alert")).to_have_text("No such thing.")
    assert chapter.row(WORDS["next"]) == before


def test_the_newest_question_wins(chapter: Chapter) -> None:
    """The answer to an older question comes later, and is not shown."""
    held: list[Route] = []
    chapter.open()

    def hold(route: Route) -> None:
        if "seed=1" in route.request.url:
            held.append(route)
        else:
            route.fallback()

    chapter.page.route("http://page.test/api/particle**", hold)
    chapter.change(seed=1)
    chapter.change(seed=2)
    expected = answer(seed=2)["steps"][3]["x_prev"]
    chapter.page.wait_for_function("document.querySelector('.dp-layout').ariaBusy === 'false'")
    assert len(held) == 1
    held[0].abort()
    assert chapter.row(WORDS["next"]) == pytest.approx(expected, abs=6e-5)
    expect(chapter.page.locator(".dc-error")).to_have_text("")


def test_it_fits_a_phone(browser: Browser) -> None:
    """Of 390 pixels, of which the app around it needs some."""
    page = browser.new_page(viewport={"width": 330, "height": 844})
    try:
        Chapter(page).open()
        assert page.evaluate("document.documentElement.scrollWidth") <= 330
        inner = page.locator(".dc-scroll").evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert inner[0] <= inner[1], "the table needs no scrolling"
    finally:
        page.close()
