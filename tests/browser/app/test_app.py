"""The whole app as a person meets it: ``python app.py``, a real Chromium, every tab."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from explainer.checkpoints import load
from explainer.presets import PRESETS
from tests.browser.app.pages import (
    PICTURE,
    READY,
    TABS,
    canvas,
    choose,
    painted,
    pause,
    player,
    visit,
)
from tests.browser.app.server import start_app

pytestmark = pytest.mark.browser


def test_the_five_tabs_in_their_order(page: Page, app: str) -> None:
    page.goto(app)
    expect(page.get_by_role("tab")).to_have_text(TABS)
    expect(page).to_have_title("Diffusion, explained")


def test_a_network_learns_while_one_looks_and_a_reload_finds_it(page: Page, app: str) -> None:
    visit(page, app, "Train live")
    view = player(page, "What the network draws")
    painted(view)
    status = page.get_by_role("status").filter(has_text=re.compile("\\w"))
    expect(status.first).to_contain_text("Press Start to train your own")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(status.first).to_contain_text("Done in", timeout=60_000)
    expect(view).to_contain_text("step 400 of 400")
    frames = view.get_attribute("data-frames") or ""
    assert 5 <= int(frames) <= 41  # a busy machine folds several snapshots into one
    painted(view)
    expect(page.locator("[data-loss] .scatterlayer .trace")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download model").click()
    assert load(download.value.path()).config == PRESETS["fast"]
    view.get_by_role("slider").fill("0")
    expect(view).to_contain_text("step 0 of 400")
    page.reload()
    page.get_by_role("tab", name="Train live").click()
    expect(status.first).to_contain_text("Done in")
    expect(view).to_have_attribute("data-frames", frames)


def test_a_long_run_can_be_paused_resumed_and_stopped(page: Page, app: str) -> None:
    visit(page, app, "Train live")
    page.get_by_label("Tutorial: as published").check()
    view = player(page, "What the network draws")
    expect(view).to_have_attribute("data-frames", "5", timeout=15_000)  # the shipped epochs
    page.get_by_role("button", name="Start", exact=True).click()
    status = page.get_by_role("status").filter(has_text=re.compile("\\w")).first
    expect(status).to_contain_text("Training", timeout=15_000)
    expect(view).not_to_have_attribute("data-frames", "5")
    buttons = page.locator("[data-live] .dx-buttons")
    buttons.get_by_role("button", name="Pause").click()
    expect(status).to_contain_text("Paused")
    buttons.get_by_role("button", name="Resume").click()
    expect(status).to_contain_text("Training")
    buttons.get_by_role("button", name="Stop").click()
    expect(status).to_contain_text("Stopped at")
    expect(buttons.get_by_role("button", name="Stop")).to_be_disabled()


def test_a_bad_seed_is_named_and_the_picture_stays(page: Page, app: str) -> None:
    visit(page, app, "Train live")
    view = player(page, "What the network draws")
    painted(view)
    page.get_by_label("Seed").fill("-5")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("seed must be at least 0, not -5.")).to_be_visible()
    painted(view)


def test_two_samplers_from_the_same_noise(page: Page, app: str) -> None:
    visit(page, app, "DDPM vs DDIM")
    left, right = player(page, "DDPM"), player(page, "DDIM")
    painted(left)
    painted(right)
    pause(left)
    left.get_by_role("slider").fill("0")
    expect(right).to_have_attribute("data-frame", "0")  # linked
    expect(left).to_contain_text("100 evaluations of the model")
    expect(right).to_contain_text("20 evaluations of the model")
    expect(right).to_contain_text("sliced Wasserstein distance")
    box = page.get_by_label("number input for DDIM steps")
    box.fill("7")
    box.press("Enter")
    expect(right).to_contain_text("7 evaluations of the model")
    expect(right).to_have_attribute("data-frames", "8")
    expect(left).to_contain_text("100 evaluations of the model")


def test_a_schedule_can_be_chosen_for_exact_denoisers_alone(page: Page, app: str) -> None:
    visit(page, app, "DDPM vs DDIM")
    right = player(page, "DDIM")
    chooser = page.get_by_label("Noise schedule (exact denoisers only)")
    expect(chooser).to_be_disabled()
    choose(page, "Model", "Exact denoiser, no training · Moons")
    expect(chooser).to_be_enabled()
    choose(page, "Noise schedule (exact denoisers only)", "linear")
    right.get_by_role("slider").fill("0")
    expect(right).to_contain_text("0.3636")
    choose(page, "Model", "Moons · fast")
    expect(chooser).to_be_disabled()
    expect(right).not_to_contain_text("0.3636")


def test_three_noises_move_together(page: Page, app: str) -> None:
    visit(page, app, "Noise types")
    clouds = [player(page, name) for name in ("Gaussian", "Salt and pepper", "Uniform")]
    for cloud in clouds:
        painted(cloud)
    pause(clouds[0])
    before = [canvas(cloud).evaluate(PICTURE) for cloud in clouds]
    clouds[0].get_by_role("slider").fill("40")
    for cloud, picture in zip(clouds, before, strict=True):
        expect(cloud).to_contain_text("amount 0.80")
        page.wait_for_function(
            "([canvas, before]) => canvas.toDataURL() !== before",
            arg=[canvas(cloud).element_handle(), picture],
        )


@pytest.mark.parametrize("tab", TABS)
def test_nothing_is_wider_than_a_phone(page: Page, app: str, tab: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(app)
    page.get_by_role("tab").first.wait_for()
    wanted = page.get_by_role("tab", name=tab)
    if not wanted.is_visible():
        page.locator(".overflow-menu > button").click()
        wanted = page.locator(".overflow-dropdown").get_by_role("button", name=tab)
    wanted.click()
    first = page.locator("[data-state]:visible").first
    expect(first).to_have_attribute("data-state", READY, timeout=15_000)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_a_taken_port_gets_one_sentence(app: str) -> None:
    port = int(app.rstrip("/").rsplit(":", 1)[1])
    process = start_app(port)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert printed.startswith(f"Cannot serve on 127.0.0.1, port {port}: ")
    assert len(printed.strip().splitlines()) == 1


@pytest.mark.parametrize("junk", [None, True, "x", -1e300, [["x"]], {"a": []}], ids=repr)
def test_a_forged_event_gets_one_sentence(app: str, junk: object) -> None:
    with urllib.request.urlopen(app + "config", timeout=10) as answer:
        events = json.load(answer)["dependencies"]
    wired = [event for event in events if event["inputs"] and event["backend_fn"]]
    assert len(wired) > 10
    for event in wired:
        data = [junk] * len(event["inputs"])
        body = json.dumps({"fn_index": event["id"], "data": data, "session_hash": "forged"})
        request = urllib.request.Request(
            app + "gradio_api/run/predict",
            data=body.encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            first = json.load(answer)["data"][0]
        refused = isinstance(first, dict) and "error" in first
        skipped = isinstance(first, dict) and first.get("__type__") == "update"
        assert refused or skipped, first
        if refused:
            assert "\n" not in first["error"]


def test_ones_own_run_is_not_lost_by_looking_at_another(page: Page, app: str) -> None:
    visit(page, app, "Train live")
    status = page.get_by_role("status").filter(has_text=re.compile("\\w")).first
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(status).to_contain_text("S-curve, fast recipe, seed 7. Done in", timeout=60_000)
    page.get_by_label("Tutorial: as published").check()
    expect(status).to_contain_text("S-curve, tutorial recipe, seed 0. A finished run")
    page.get_by_role("button", name="Back to my run").click()
    expect(status).to_contain_text("S-curve, fast recipe, seed 7. Done in")
    expect(page.get_by_role("link", name="Download model")).to_be_visible()
