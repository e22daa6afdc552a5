"""What a learner sees when the network, the server, a worker or the laptop itself gives out."""

from __future__ import annotations

import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.frames import decode
from tests.browser.app.fault_app import LEASE
from tests.browser.app.pages import PICTURE, TABS, canvas, choose, open_tab, painted, player, visit
from tests.browser.app.server import serving
from tests.browser.app.traffic import Traffic
from tests.browser.app.training import LOSS, TAB, Desk
from tests.browser.app.wire import Wire, wired

pytestmark = pytest.mark.browser
FAULT_APP = ["-m", "tests.browser.app.fault_app"]
AWAY = "The server cannot be reached; trying again …"
LOST = "This run was lost with the server, which has started anew. Your settings are kept."
GO_ON = re.compile(r"^Go on from step ([\d,]+)$")
STAYS = "window.sinceItWasLoaded = true"  # a reload forgets it
LONG = ("Tutorial", "10 steps")  # a run that outlasts what happens to it
# Set before anything else runs, as the browser does it: a tab that nobody sees.
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def fault_app() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """An app with a lease of seconds: its address and its process."""
    with serving(FAULT_APP) as started:
        yield started


@pytest.fixture
def wire(app: str) -> Iterator[Wire]:
    with wired(app) as wire:
        yield wire


@pytest.fixture
def traffic(page: Page) -> Traffic:
    return Traffic(page)


@pytest.fixture
def cut_off(errors: list[str]) -> Iterator[None]:
    """Forgive that the browser itself writes down what it could not reach."""
    yield
    expected = re.compile("net::ERR_|Failed to fetch dynamically imported module")
    errors[:] = [error for error in errors if not expected.search(error)]


def long_run(desk: Desk) -> str:
    """Start a run that goes on for minutes, and return its id."""
    recipe, pace = LONG
    desk.recipe(recipe)
    desk.pace(pace)
    desk.press("Start")
    desk.says("Training.")
    desk.beyond(10)
    return desk.runs[-1]


def step_of(button: Locator) -> int:
    found = GO_ON.match(button.inner_text())
    assert found
    return int(found[1].replace(",", ""))


def only_a_sign_of_life(asked: list[str], run: str) -> bool:
    """Whether a page asked for nothing but, once, whether its run goes on."""
    return len(asked) <= 1 and all(f"/api/runs/{run}?" in address for address in asked)


def status_of(app: str, run: str) -> str:
    with urllib.request.urlopen(f"{app}api/runs/{run}", timeout=30) as answer:
        return str(decode(answer.read())[0]["status"])


# --- the network ---


@pytest.mark.usefixtures("cut_off")
def test_after_ten_seconds_without_network_the_same_run_goes_on(page: Page, wire: Wire) -> None:
    desk = Desk(page, wire.address)
    run = long_run(desk)
    page.evaluate(STAYS)
    wire.cut()
    desk.says("The server does not answer; trying again …")
    before, step = desk.picture(), desk.steps()
    desk.set("Seed", "7")  # an event that finds no server
    away = page.get_by_role("status").filter(has_text=AWAY)
    expect(away).to_be_visible()
    page.wait_for_timeout(10_000)
    assert (desk.picture(), desk.steps()) == (before, step)
    desk.says("S-curve · Tutorial · seed 0", "The server does not answer; trying again …")
    wire.mend()
    desk.says("Training.")
    desk.beyond(step)
    expect(away).to_have_count(0)
    expect(page.get_by_text(re.compile("seed 0 → 7"))).to_be_visible()  # the event has arrived
    assert desk.runs == [run]
    assert status_of(wire.address, run) == "running"
    pictured = desk.lines(LOSS)["held-out data"]["x"]
    assert pictured == sorted(set(pictured))  # none is missing its place, none is there twice
    steps = desk.lines(LOSS)["training, smoothed"]["x"]
    assert steps == sorted(set(steps))
    assert page.evaluate("window.sinceItWasLoaded")  # nor has the page loaded itself again
    desk.press("Stop")
    desk.says("Stopped.")


@pytest.mark.usefixtures("cut_off")
def test_a_change_that_finds_no_server_waits_for_it_in_every_tab(
    page: Page, wire: Wire, traffic: Traffic
) -> None:
    visit(page, wire.address, TABS[0])
    page.evaluate(STAYS)
    away = page.locator(".dx-away")
    for tab in TABS:
        open_tab(page, tab)
        field = page.get_by_role("spinbutton").locator("visible=true").first
        expect(field).to_be_visible()
        traffic.at_rest()
        wire.cut()
        field.fill("77")
        field.blur()
        expect(away).to_contain_text(AWAY)
        with page.expect_response(re.compile("run/predict")) as answer:
            wire.mend()
        assert answer.value.ok
        expect(away).to_be_hidden()
        expect(field).to_have_value("77")
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("Connection to the server was lost")).to_have_count(0)
    assert page.evaluate("window.sinceItWasLoaded")


@pytest.mark.usefixtures("cut_off")
def test_start_that_finds_no_server_waits_for_it(page: Page, wire: Wire) -> None:
    desk = Desk(page, wire.address)
    desk.says("Press Start")
    wire.cut()
    desk.press("Start")
    expect(page.locator(".dx-away")).to_contain_text(AWAY)
    wire.mend()
    desk.done()
    desk.at_step(400)
    assert len(desk.runs) == 1


@pytest.mark.usefixtures("cut_off")
def test_a_tab_first_opened_without_network_fills_once_there_is_one(
    page: Page, wire: Wire, traffic: Traffic
) -> None:
    visit(page, wire.address, TABS[0])
    traffic.at_rest()
    wire.cut()
    with page.expect_event("console", lambda message: "training view could not" in message.text):
        open_tab(page, TAB)
    wire.mend()
    painted(player(page, "What the network draws now"))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("[data-transport]").get_by_role("status")).to_contain_text("Training.")


# --- a reload ---


def test_a_reload_finds_run_and_controls_as_they_were(page: Page, app: str) -> None:
    desk = Desk(page, app)
    desk.recipe("Tutorial")
    choose(page, "Data set", "Moons")
    desk.set("Seed", "5")
    desk.press("Start")
    desk.says("Moons · Tutorial · seed 5", "Training.")
    desk.beyond(10)
    painted(desk.view)  # the very first picture may lie all out of sight
    desk.press("Stop")
    desk.says("Stopped.")
    step, picture = desk.steps(), desk.picture()
    desk.recipe("Fast")
    desk.set("Seed", "6")
    expect(page.get_by_text(re.compile("Start trains with yours."))).to_be_visible()
    runs = list(desk.runs)
    desk.reload()
    expect(page.get_by_label("Seed", exact=True).first).to_have_value("6")
    expect(page.get_by_role("radio", name="Fast", exact=True)).to_be_checked()
    expect(page.get_by_label("Data set", exact=True).last).to_have_value("Moons")
    desk.says("Moons · Tutorial · seed 5", "Stopped.")
    assert (desk.steps(), desk.picture()) == (step, picture)
    assert desk.runs == runs  # the same, and none has begun


def test_a_reload_finds_what_was_only_chosen(page: Page, app: str) -> None:
    desk = Desk(page, app)
    desk.recipe("Tutorial")
    desk.says("S-curve · Tutorial · seed 0", "A finished run")
    desk.reload()
    expect(page.get_by_role("radio", name="Tutorial", exact=True)).to_be_checked()
    desk.says("S-curve · Tutorial · seed 0", "A finished run")
    expect(desk.view).to_have_attribute("data-frames", "5")
    assert desk.runs == []


def test_a_run_outlives_a_reload_although_its_tab_is_not_opened(
    page: Page, fault_app: tuple[str, subprocess.Popen[str]]
) -> None:
    address, _ = fault_app
    page.clock.install()
    desk = Desk(page, address)
    run = long_run(desk)
    page.reload()
    for _ in range(4):
        with page.expect_response(re.compile(f"/api/runs/{run}")):
            page.clock.fast_forward(20_000)
        page.wait_for_timeout(LEASE / 3 * 1000)
    assert status_of(address, run) == "running"
    open_tab(page, TAB)
    desk.says("Training.")
    desk.beyond(desk.steps())
    desk.press("Stop")
    desk.says("Stopped.")


# --- the server ---


@pytest.mark.usefixtures("cut_off")
def test_a_run_lost_with_the_server_goes_on_from_what_the_browser_kept(
    page: Page, errors: list[str]
) -> None:
    with ExitStack() as apps:
        first = apps.enter_context(ExitStack())
        wire = apps.enter_context(wired(first.enter_context(serving())[0]))
        desk = Desk(page, wire.address)
        desk.set("Seed", "5")
        lost = long_run(desk)
        with page.expect_response(re.compile("/checkpoint$")) as fetched:
            pass  # it comes every now and then
        kept = len(fetched.value.body())
        assert 100_000 < kept < 2_000_000
        desk.checkpoints.get_by_role("textbox").fill("by name")
        desk.checkpoints.get_by_role("button", name="Save", exact=True).click()
        named = desk.checkpoints.get_by_role("listitem").filter(has_text="by name")
        expect(named).to_be_visible()
        desk.set("Seed", "6")
        expect(page.get_by_text(re.compile("seed 5 → 6"))).to_be_visible()
        page.evaluate(STAYS)
        wire.cut()  # or it would still say that it was closed
        first.close()
        desk.says("The server does not answer; trying again …")
        before, step = desk.picture(), desk.steps()
        wire.lead_to(apps.enter_context(serving())[0])
        wire.mend()
        desk.says("S-curve · Tutorial · seed 5", LOST)
        assert (desk.picture(), desk.steps()) == (before, step)
        assert page.evaluate("window.sinceItWasLoaded")
        go_on = desk.transport.get_by_role("button", name=GO_ON)
        expect(go_on).to_be_visible()
        at = step_of(go_on)
        assert 0 < at <= step

        desk.reload()
        desk.says("S-curve · Tutorial · seed 5", LOST)
        expect(page.get_by_label("Seed", exact=True).first).to_have_value("6")
        expect(page.get_by_role("radio", name="Tutorial", exact=True)).to_be_checked()
        assert step_of(go_on) == at
        go_on.click()
        desk.says("S-curve · Tutorial · seed 5", "Training.")
        desk.beyond(at)
        painted(desk.view)
        expect(go_on).to_be_hidden()
        assert desk.runs[-1] != lost
        assert desk.lines(LOSS)["held-out data"]["x"][0] == at
        desk.press("Stop")

        named.get_by_role("button", name="Restore").click()
        desk.says("S-curve · Tutorial · seed 5", "Paused.")
        desk.press("Stop")
        desk.says("Stopped.")
        errors[:] = [error for error in errors if "status of 404" not in error]


# --- a worker ---


def test_a_killed_worker_is_told_of_within_a_second_and_no_other_run_notices(
    page: Page, fault_app: tuple[str, subprocess.Popen[str]]
) -> None:
    address, server = fault_app
    desk, other = Desk(page, address), Desk(page.context.new_page(), address)
    for one in (desk, other):
        one.page.bring_to_front()
        long_run(one)
    desk.page.bring_to_front()
    step = desk.steps()
    server.send_signal(signal.SIGUSR1)
    told = "Stopped. The process that trained this run ended unexpectedly."
    expect(desk.status).to_contain_text(told, timeout=1000)
    painted(desk.view)
    desk.press("Start")
    desk.says("Training.")
    desk.beyond(10)
    other.page.bring_to_front()
    other.beyond(other.steps() + step)
    other.says("Training.")
    assert [len(one.runs) for one in (desk, other)] == [2, 1]
    for one in (desk, other):
        one.press("Stop")
        one.says("Stopped.")
    expect(desk.button("Start")).to_be_visible()


# --- a laptop that sleeps, and tabs that nobody sees ---


def test_a_page_that_slept_too_long_is_told_so_and_may_go_on(
    page: Page, fault_app: tuple[str, subprocess.Popen[str]]
) -> None:
    address, _ = fault_app
    page.clock.install()
    desk = Desk(page, address)
    with page.expect_response(re.compile("/checkpoint$")):
        run = long_run(desk)
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)  # no timer runs any more
    before, step = canvas(desk.view).evaluate(PICTURE), desk.steps()
    page.wait_for_timeout((LEASE + 2) * 1000)
    page.clock.resume()
    desk.says("Stopped. Stopped because no page had asked for this run for")
    assert desk.runs == [run]
    assert desk.steps() >= step
    painted(desk.view)
    go_on = desk.transport.get_by_role("button", name=GO_ON)
    expect(go_on).to_be_visible()
    at = step_of(go_on)
    assert at > 0
    go_on.click()
    desk.says("Training.")
    desk.beyond(at)
    assert desk.picture() != before
    desk.press("Stop")
    desk.says("Stopped.")


def test_what_nobody_sees_asks_next_to_nothing(page: Page, app: str, traffic: Traffic) -> None:
    desk = Desk(page, app)
    run = long_run(desk)
    assert len(traffic.within(2000)) >= 4
    for tab in (tab for tab in TABS if tab != TAB):
        open_tab(page, tab)
        traffic.at_rest()
        assert only_a_sign_of_life(traffic.within(2000), run)
    open_tab(page, TAB)
    assert len(traffic.within(2000)) >= 4
    page.evaluate(HIDE, True)
    traffic.within(500)  # what was under way
    assert only_a_sign_of_life(traffic.within(3000), run)
    page.evaluate(HIDE, False)
    step = desk.steps()
    desk.beyond(step)
    assert desk.runs == [run]
    desk.press("Stop")
    desk.says("Stopped.")


def test_a_page_without_a_run_asks_for_nothing(page: Page, app: str, traffic: Traffic) -> None:
    visit(page, app, TAB)
    traffic.at_rest()
    assert traffic.within(3000) == []
