"""The tab "Train live" when things happen at once, twice, too early, or not at all any more."""

from __future__ import annotations

import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from explainer.checkpoints import from_bytes
from explainer.frames import decode
from explainer.jobs import UnknownJob
from explainer.ui.text.train import WORDS
from tests.browser.app.pages import choose, painted, visit
from tests.browser.app.training import LOSS, TAB, TITLE, Desk
from tests.made_models import SMALL, model_bytes

pytestmark = pytest.mark.browser
LOST = "This run was lost with the server, which has started anew. Your settings are kept."
FORGOTTEN = WORDS["forgotten"]
RUNS = re.compile(r"/api/runs/")


def statuses(desk: Desk) -> list[str]:
    """Ask the server how the runs stand that the page has followed.

    Those that ended before the last few are there no more; one that lives always is.
    """
    found = []
    for run in desk.runs:
        try:
            with urllib.request.urlopen(f"{desk.app}api/runs/{run}", timeout=30) as answer:
                found.append(decode(answer.read())[0]["status"])
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
    return found


def test_start_and_stop_twice_and_too_early(page: Page, app: str) -> None:
    """Races 54, 56, 57: of two clicks there is one run, and Stop without one does nothing."""
    desk = Desk(page, app)
    expect(desk.button("Stop")).to_be_disabled()
    desk.recipe("Tutorial")
    desk.button("Start").dblclick()
    desk.says("S-curve · Tutorial · seed 0", "Training.")
    desk.drawn(LOSS, "held-out data", 2)
    assert statuses(desk)[-1] == "running"
    assert statuses(desk).count("running") == 1
    desk.button("Stop").dblclick(force=True)  # the second click may meet a button that is off
    desk.says("Stopped.")
    expect(desk.alert).to_have_count(0)
    assert set(statuses(desk)) == {"stopped"}
    desk.recipe("Fast")
    desk.button("Start").dblclick()
    desk.done()
    desk.at_step(400)
    desk.drawn(LOSS, "training", 400)
    assert len(desk.lines(LOSS)["training"]["x"]) == 400  # the other run has left nothing


def test_two_tabs_have_a_run_each(page: Page, app: str) -> None:
    """Race 55."""
    desks = [Desk(page, app), Desk(page.context.new_page(), app)]
    for seed, desk in enumerate(desks, start=1):
        desk.set("Seed", str(seed))
        desk.pace("10 steps")
        desk.press("Start")
    for seed, desk in enumerate(desks, start=1):
        desk.says(f"seed {seed}", "Training.")
        desk.beyond(10)
    pictures = []
    for seed, desk in enumerate(desks, start=1):
        desk.page.bring_to_front()
        desk.pace("full")
        desk.done()
        desk.says(f"seed {seed}")
        desk.at_step(400)
        assert statuses(desk) == ["done"]
        pictures.append(desk.picture())
    assert pictures[0] != pictures[1]


def test_another_browser_knows_nothing_of_it(page: Page, browser: Browser, app: str) -> None:
    desk = Desk(page, app)
    desk.press("Start")
    desk.done()
    with browser.new_context() as other:
        stranger = Desk(other.new_page(), app)
        stranger.says("Press Start to train your own")
        expect(stranger.checkpoints.get_by_role("listitem")).to_have_count(0)
        assert stranger.runs == []


def test_other_data_chosen_in_the_midst_of_it(page: Page, app: str) -> None:
    """Race 58: the old run is stopped, and the new one has an id of its own."""
    desk = Desk(page, app)
    desk.start_slowly(10)
    choose(page, "Data set", "Circles")
    desk.press("Start again")  # at once
    desk.says("Circles · Fast · seed 0", "Training.")
    desk.pace("full")
    desk.done()
    desk.at_step(400)
    assert statuses(desk) == ["stopped", "done"]


def test_an_answer_that_comes_too_late(page: Page, app: str) -> None:
    """Race 58: late news of the run before is dropped."""
    desk = Desk(page, app)
    desk.start_slowly()
    (first,) = desk.runs
    held: list[Route] = []
    page.route(re.compile(first), lambda route: held.append(route))
    page.wait_for_event("request", lambda request: first in request.url)
    desk.set("Seed", "1")
    desk.press("Start again")
    desk.says("seed 1", "Training.")
    desk.beyond(10)
    with page.expect_response(lambda response: first in response.url):
        for route in held:
            route.continue_()
    desk.pace("full")
    desk.done()  # and not stopped, as the first run is
    desk.says("seed 1")
    desk.drawn(LOSS, "training", 400)
    assert desk.lines(LOSS)["training"]["x"] == list(range(1, 401))


def test_a_reload_finds_the_run_as_it_is(page: Page, app: str) -> None:
    """Race 62."""
    desk = Desk(page, app)
    desk.start_slowly(30)
    desk.press("Pause")
    step, frames = desk.settled(), desk.last
    before = desk.picture()
    desk.reload()
    desk.says(TITLE, "Paused.")
    desk.at_step(step)
    expect(page.get_by_role("radio", name="10 steps")).to_be_checked()
    assert desk.last == frames
    assert desk.picture() == before
    desk.pace("full")
    desk.press("Resume")
    desk.done()
    desk.at_step(400)
    ended, frames = desk.picture(), desk.last
    desk.reload()
    desk.says(TITLE, "Done.")
    desk.at_step(400)
    assert desk.last == frames
    assert desk.picture() == ended
    desk.drawn(LOSS, "training", 400)
    kept = desk.checkpoints.get_by_role("listitem")
    expect(kept).to_have_count(1)
    kept.get_by_role("button", name="Remove").click()
    desk.reload()
    desk.says(TITLE, "Done.")
    desk.at_step(400)
    expect(kept).to_have_count(0)  # what was removed stays away
    assert desk.runs[1:] == []


def test_a_run_that_ends_while_the_page_is_away_is_kept_like_any_other(
    page: Page, app: str
) -> None:
    desk = Desk(page, app)
    desk.start_slowly()
    (run,) = desk.runs
    page.goto("about:blank")
    tell = urllib.request.Request(f"{app}api/runs/{run}/pace-full", method="POST")
    urllib.request.urlopen(tell, timeout=30).close()
    while statuses(desk) != ["done"]:
        page.wait_for_timeout(200)
    visit(page, app, TAB)
    desk.done()
    kept = desk.checkpoints.get_by_role("listitem")
    expect(kept).to_contain_text(["S-curve · all 400 steps"])
    verdict = desk.compared.get_by_role("status")
    expect(verdict).to_contain_text("Change a setting and train again")
    kept.get_by_role("button", name="Remove").click()
    desk.reload()
    desk.says(TITLE, "Done.")
    desk.at_step(400)
    expect(kept).to_have_count(0)  # its end has been seen now


def test_a_run_that_the_server_forgot(page: Page, app: str, errors: list[str]) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as refusal:
        urllib.request.urlopen(app + "api/runs/unknown", timeout=30)
    with refusal.value as answer:
        assert answer.headers["content-type"] == "application/json"
    desk = Desk(page, app)
    desk.start_slowly(10)

    def forget(route: Route) -> None:
        route.fulfill(status=404, json={"error": str(UnknownJob())})

    page.route(RUNS, forget)
    desk.says(TITLE, LOST)
    painted(desk.view)
    desk.reload()
    desk.says(TITLE, LOST)  # and a third time it would say so too, until another run begins
    page.unroute(RUNS, forget)
    desk.press("Start")
    desk.done()
    assert errors
    assert all("status of 404" in error for error in errors)
    errors.clear()


def test_a_run_that_is_gone_after_a_long_sleep_may_have_been_stopped(
    page: Page, app: str, errors: list[str]
) -> None:
    page.clock.install()
    desk = Desk(page, app)
    desk.start_slowly(10)
    (run,) = desk.runs
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)  # the laptop sleeps

    def forget(route: Route) -> None:
        route.fulfill(status=404, json={"error": str(UnknownJob())})

    page.route(RUNS, forget)
    page.clock.fast_forward(200_000)
    page.clock.resume()
    desk.says(TITLE, FORGOTTEN)
    desk.reload()
    desk.says(TITLE, FORGOTTEN)
    page.unroute(RUNS, forget)
    stop = urllib.request.Request(f"{app}api/runs/{run}/stop", method="POST")
    urllib.request.urlopen(stop, timeout=30).close()
    assert errors
    assert all("status of 404" in error for error in errors)
    errors.clear()


def test_a_server_that_is_silent_for_a_while(page: Page, app: str, errors: list[str]) -> None:
    desk = Desk(page, app)
    desk.start_slowly(10)
    page.route(RUNS, lambda route: route.abort())
    desk.says("The server does not answer; trying again …")
    desk.press("Stop")
    expect(desk.alert).to_have_text("The server does not answer; trying again …")
    page.unroute(RUNS)
    desk.beyond(desk.steps())
    desk.says("Training.")
    desk.pace("full")
    desk.done()
    desk.at_step(400)
    expect(desk.alert).to_have_count(0)
    assert all("net::ERR_FAILED" in error for error in errors)
    errors.clear()


def test_a_closed_page_makes_room_for_the_next(
    page: Page, small_app: tuple[str, subprocess.Popen[str]]
) -> None:
    """Races 61 and 67: the lease of a closed page, and the place in the queue."""
    address, _ = small_app
    first, second = Desk(page, address), Desk(page.context.new_page(), address)
    page.bring_to_front()
    first.recipe("Tutorial")
    first.button("Start").dblclick()
    first.says("Training.")
    second.page.bring_to_front()
    second.press("Start")
    # Not number 2: of the two clicks there is one run.
    second.says("Waiting for a place: number 1 in the queue.")
    expect(second.button("Pause")).to_be_disabled()
    first.page.close()
    second.done()
    second.at_step(400)


def test_a_killed_worker_is_told_of_and_replaced(
    page: Page, small_app: tuple[str, subprocess.Popen[str]]
) -> None:
    address, server = small_app
    desk = Desk(page, address)
    desk.start_slowly(10)
    server.send_signal(signal.SIGUSR1)
    desk.says("Stopped.", "The process that trained this run ended unexpectedly.")
    painted(desk.view)
    desk.pace("full")
    desk.press("Start")
    desk.done()
    desk.at_step(400)


def test_reset_and_a_new_seed_at_once_leave_the_last_of_them(page: Page, app: str) -> None:
    """Race 59: the last wins."""
    desk = Desk(page, app)
    desk.start_slowly(10)
    desk.button("Reset").dblclick()
    desk.press("New seed")
    seed = page.get_by_role("spinbutton", name="Seed")
    expect(seed).not_to_have_value("0")
    desk.says(f"seed {seed.input_value()}", "Paused.")
    desk.at_step(0)
    assert desk.settled() == 0
    found = statuses(desk)
    assert found.count("paused") == 1
    assert found[-1] == "paused"
    assert set(found[:-1]) == {"stopped"}


def test_a_model_is_uploaded_and_the_run_downloaded_while_it_trains(
    page: Page, app: str, tmp_path: Path
) -> None:
    """Races 60 and 68: training goes on, and what is downloaded is one whole state."""
    file = tmp_path / "mine.safetensors"
    file.write_bytes(model_bytes(SMALL, state=True))
    desk = Desk(page, app)
    desk.recipe("Tutorial")
    desk.press("Start")
    desk.says("Training.")
    desk.beyond(100)
    (run,) = desk.runs
    desk.checkpoints.locator("input[type=file]").set_input_files(file)
    steps = []
    for _ in range(5):
        address = f"{app}api/runs/{run}/checkpoint"
        with urllib.request.urlopen(address, timeout=30) as answer:
            checkpoint = from_bytes(answer.read())
        assert checkpoint.state is not None
        assert checkpoint.state.step == checkpoint.info["step"]
        steps.append(checkpoint.info["step"])
    assert steps == sorted(steps)
    expect(desk.checkpoints.get_by_role("status")).to_contain_text("Uploaded “mine”.")
    desk.beyond(desk.steps())
    desk.says("Training.")
    assert desk.runs == [run]
    desk.press("Stop")
    desk.says("Stopped.")
