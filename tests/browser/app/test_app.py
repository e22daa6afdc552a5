"""The whole app as a person meets it: ``python app.py``, a real Chromium, every tab."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app.pages import (
    READY,
    TABS,
    choose,
    evaluations,
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


def test_two_samplers_from_the_same_noise(page: Page, app: str) -> None:
    visit(page, app, "DDPM vs DDIM")
    left, right = player(page, "DDPM"), player(page, "DDIM")
    painted(left)
    painted(right)
    pause(left)
    left.get_by_role("slider").fill("0")
    expect(right).to_have_attribute("data-frame", "0")  # linked
    expect(evaluations(left)).to_have_text("100")
    expect(evaluations(right)).to_have_text("20")
    expect(right).to_contain_text("from real data (SWD")
    box = page.get_by_label("number input for DDIM steps")
    box.fill("7")
    box.press("Enter")
    expect(evaluations(right)).to_have_text("7")
    expect(right).to_have_attribute("data-frames", "8")
    expect(evaluations(left)).to_have_text("100")


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


@pytest.mark.parametrize("tab", TABS)
def test_nothing_is_wider_than_a_phone(page: Page, app: str, tab: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, app, tab)
    first = page.locator("[data-state]:visible").first
    expect(first).to_have_attribute("data-state", READY)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_a_taken_port_gets_one_sentence(app: str) -> None:
    port = int(app.rstrip("/").rsplit(":", 1)[1])
    process = start_app(port)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert printed.startswith(f"Cannot serve on 127.0.0.1, port {port}: ")
    assert len(printed.strip().splitlines()) == 1


@pytest.mark.parametrize("junk", [None, True, "x", -1e300, ["x"]], ids=repr)
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
