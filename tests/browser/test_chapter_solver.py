"""The chapter on a second-order solver in a real Chromium, answered by the real experiment."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.experiments.reverse import sample_path
from explainer.frames import decode
from explainer.page_settings import SampleSettings
from explainer.ui.text.solver import WORDS
from tests.browser.chapter_page import ABOVE, ChapterDesk
from tests.browser.modules import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

ALIKE = 1.1  # times as far counts as equally far, as in the module


@cache
def answer(query: str) -> bytes:
    return sample_path(SampleSettings.from_query(dict(_pairs(query))).model_dump())


def _pairs(query: str) -> list[list[str]]:
    return [part.split("=") for part in query.split("&")]


def settings(sampler: str, steps: int = 10, seed: int = 0) -> SampleSettings:
    return SampleSettings(model=ABOVE["model"], sampler=sampler, steps=steps, seed=seed, n=2000)


def cost(sampler: str, steps: int = 10, seed: int = 0) -> dict[str, Any]:
    header, _ = decode(answer(settings(sampler, steps, seed).to_query()))
    found: dict[str, Any] = header["cost"]
    return found


def expected(steps: int = 10, seed: int = 0) -> str:
    """Return the sentences, where the solver is nearer."""
    ddim, solver = cost("ddim", steps, seed)["swd"], cost("dpm", steps, seed)
    dpm, real = solver["swd"], solver["real"]
    nearer = WORDS["nearer"].format(
        steps=steps, ddim=f"{ddim:.4f}", dpm=f"{dpm:.4f}", factor=f"{ddim / dpm:.1f}"
    )
    reached = dpm < ALIKE * real
    return f"{nearer} {WORDS['reached'].format(real=f'{real:.4f}')}" if reached else nearer


class SolverDesk(ChapterDesk):
    """A page with this chapter."""

    def __init__(self, page: Page) -> None:
        def answered(fields: dict[str, Any]) -> bytes:
            return answer(SampleSettings(**fields).to_query())

        super().__init__(page, "solver", WORDS, SampleSettings, answered)

    @property
    def slider(self) -> Locator:
        return self.page.get_by_role("slider", name=WORDS["steps"])

    @property
    def count(self) -> Locator:
        return self.page.locator("output")

    @property
    def alert(self) -> Locator:
        return self.page.locator(".dc-error")

    def steps_asked(self) -> list[tuple[str, str]]:
        return [(asked["sampler"], asked["steps"]) for asked in self.asked]


@pytest.fixture
def desk(page: Page) -> SolverDesk:
    return SolverDesk(page)


def test_both_start_from_the_same_noise_and_the_sentence_tells_who_is_nearer(
    desk: SolverDesk,
) -> None:
    desk.open()
    expect(desk.told).to_have_text(expected())
    assert cost("ddim")["evaluations"] == cost("dpm")["evaluations"] == 10
    assert sorted(desk.steps_asked()) == [("ddim", "10"), ("dpm", "10")]
    for name in ("model", "seed", "spacing", "n", "eta"):
        assert len({asked[name] for asked in desk.asked}) == 1
    pictures = []
    desk.to_the_end()
    for name in ("ddim", "dpm"):
        player = desk.player(WORDS[name])
        expect(player).to_have_attribute("data-frame", "10")
        expect(player.get_by_text(f"{cost(name)['swd']:.4f}", exact=True)).to_be_visible()
        assert len(desk.colors(WORDS[name])) > 5
        pictures.append(player.locator("canvas").evaluate("canvas => canvas.toDataURL()"))
    assert pictures[0] != pictures[1]


def test_the_slider_chooses_the_steps_of_both(desk: SolverDesk) -> None:
    desk.open()
    expect(desk.told).to_have_text(expected())
    expect(desk.count).to_have_text("10")
    desk.slider.focus()
    desk.page.keyboard.press("Home")
    expect(desk.count).to_have_text("5")
    expect(desk.told).to_have_text(expected(steps=5))
    for name in ("ddim", "dpm"):
        expect(desk.player(WORDS[name])).to_have_attribute("data-frames", "6")
    desk.page.keyboard.press("End")
    expect(desk.count).to_have_text("20")
    # Held down, it asks where it stops and not on its way.
    for _ in range(5):
        desk.page.keyboard.press("ArrowLeft")
    expect(desk.told).to_have_text(expected(steps=15))
    assert {steps for _, steps in desk.steps_asked()} <= {"10", "5", "20", "15"}
    desk.tell(seed=4)  # what was chosen here stays
    expect(desk.told).to_have_text(expected(steps=15, seed=4))


@pytest.mark.parametrize(("T", "ends", "steps"), [(8, ("5", "8"), "8"), (2, ("1", "2"), "2")])
def test_the_slider_ends_where_the_model_does(
    desk: SolverDesk, T: int, ends: tuple[str, str], steps: str
) -> None:
    desk.open()
    expect(desk.told).to_have_text(expected())
    desk.tell(T=T, seed=1)
    expect(desk.count).to_have_text(steps)
    expect(desk.slider).to_have_attribute("min", ends[0])
    expect(desk.slider).to_have_attribute("max", ends[1])
    expect(desk.told).to_contain_text(f"After the same {steps} evaluations")
    desk.tell(seed=2)  # with the levels that it had: what was chosen here is chosen again
    expect(desk.count).to_have_text("10")
    expect(desk.told).to_have_text(expected(seed=2))


def test_settings_above_that_do_not_matter_ask_for_nothing(desk: SolverDesk) -> None:
    desk.open()
    expect(desk.told).to_have_text(expected())
    desk.tell(eta=0.5, steps=30, ddpm_steps=70)
    desk.tell(eta=0.5, steps=30, ddpm_steps=70, seed=3)
    expect(desk.told).to_have_text(expected(seed=3))
    assert len(desk.asked) == 4


def test_a_refusal_is_told_and_what_was_seen_stays(desk: SolverDesk, errors: list[str]) -> None:
    desk.open()
    expect(desk.told).to_have_text(expected())
    desk.refusal = "The samples are not finite numbers."
    desk.tell(seed=1)
    expect(desk.alert).to_have_text(desk.refusal)
    expect(desk.told).to_have_text(expected())
    expect(desk.player(WORDS["dpm"])).to_have_attribute("data-frames", "11")
    desk.refusal = ""
    desk.tell(seed=2)
    expect(desk.told).to_have_text(expected(seed=2))
    expect(desk.alert).to_be_empty()
    desk.refusal = "Please wait."
    desk.tell(seed=1)
    expect(desk.alert).to_have_text("Please wait.")
    desk.refusal = ""
    desk.tell(seed=1, eta=0.3)  # asking for the same again may help
    expect(desk.told).to_have_text(expected(seed=1))
    assert errors
    assert all("422" in error for error in errors)
    errors.clear()


def test_only_the_newest_answer_is_shown(desk: SolverDesk) -> None:
    desk.open()
    expect(desk.told).to_have_text(expected())
    held: list[Any] = []
    desk.page.route(re.compile(r"api/sample\?.*seed=1&"), lambda route: held.append(route))
    desk.tell(seed=1)
    desk.page.wait_for_timeout(100)
    desk.tell(seed=2)
    expect(desk.told).to_have_text(expected(seed=2))
    for route in held:
        body = answer(settings("ddim", seed=1).to_query())
        route.fulfill(body=body, content_type="application/octet-stream")
    desk.page.wait_for_timeout(100)
    assert len(held) == 2
    expect(desk.told).to_have_text(expected(seed=2))
    expect(desk.page.locator(".dc-pair")).to_have_attribute("aria-busy", "false")


@pytest.mark.parametrize(
    ("ddim", "dpm", "real", "verdict", "factor", "reached"),
    [
        (0.0070, 0.0037, 0.0039, "nearer", "1.9", True),
        (0.0300, 0.0020, 0.0010, "nearer", "15", False),
        (0.0040, 0.0060, 0.0030, "farther", "1.5", False),
        (0.0051, 0.0050, 0.0010, "alike", "", False),
        (0.0050, 0.0052, 0.0050, "alike", "", True),
    ],
)
def test_the_sentence_is_of_the_numbers(
    page: Page, ddim: float, dpm: float, real: float, verdict: str, factor: str, reached: bool
) -> None:
    costs = [{"swd": swd, "real": real, "evaluations": 7} for swd in (ddim, dpm)]
    said = Desk(page).call("page/solver.js", "return m.compared(...a)", *costs, WORDS)
    wanted = WORDS[verdict] + (" " + WORDS["reached"] if reached else "")
    values = {"ddim": f"{ddim:.4f}", "dpm": f"{dpm:.4f}", "real": f"{real:.4f}"}
    assert said == wanted.format(steps=7, factor=factor, **values)


def test_a_phone_has_nothing_to_scroll_sideways(desk: SolverDesk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open()
    expect(desk.told).to_have_text(expected())
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
    expect(desk.player(WORDS["ddim"])).to_be_visible()
