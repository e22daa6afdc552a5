"""The tab "Train live": what stays of a run: a comparison, checkpoints, a script to take home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from explainer.checkpoints import load
from explainer.presets import PRESETS
from tests.browser.app.pages import open_tab, painted, pause, player
from tests.browser.app.training import LOSS, TAB, TITLE, Desk

pytestmark = pytest.mark.browser


def entry(desk: Desk, title: str) -> Locator:
    """Find a line of the list of checkpoints."""
    return desk.checkpoints.get_by_role("listitem").filter(has_text=title)


def test_two_runs_are_compared(page: Page, app: str) -> None:
    desk = Desk(page, app)
    verdict = desk.compared.get_by_role("status")
    expect(verdict).to_contain_text("Every run that ends is kept here")
    desk.press("Start")
    desk.done()
    expect(verdict).to_contain_text("Change a setting and train again")
    desk.open("Training")
    desk.set("Learning rate", "0.001")
    desk.press("Start")
    desk.says("S-curve · Fast, changed · seed 0")
    desk.done()
    expect(verdict).to_contain_text("One setting differs: learning rate.")
    table = desk.compared.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(
        [f"A{TITLE}", "BS-curve · Fast, changed · seed 0"]
    )

    def row(name: str) -> Locator:
        named = page.get_by_role("rowheader", name=name, exact=True)
        return table.get_by_role("row").filter(has=named).get_by_role("cell")

    expect(row("learning rate")).to_have_text(["0.01", "0.001"])
    losses = row("validation loss").all_inner_texts()
    assert float(losses[0]) < float(losses[1]) < 1
    for name in ("Validation loss", "Distance to the data"):
        chart = desk.compared.get_by_role("img", name=name, exact=True)
        expect(chart.locator(".scatterlayer .trace")).to_have_count(2)
    desk.reload()
    expect(row("learning rate")).to_have_text(["0.01", "0.001"])


def test_a_run_is_restored_and_ends_as_it_did(page: Page, app: str) -> None:
    desk = Desk(page, app)
    save = desk.checkpoints.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_disabled()
    desk.start_slowly(15)
    desk.press("Pause")
    step = desk.settled()
    desk.checkpoints.get_by_role("textbox").fill("on the way")
    save.click()
    expect(entry(desk, "on the way")).to_contain_text(f"S-curve · step {step} of 400")
    desk.pace("full")
    desk.press("Resume")
    desk.done()
    desk.at_step(400)
    desk.drawn(LOSS, "training", 400)

    def result() -> tuple[str, list[float]]:
        return desk.picture(), desk.lines(LOSS)["training"]["y"][-20:]

    ended = result()
    entry(desk, "on the way").get_by_role("button", name="Restore").click()
    desk.says("Paused.")
    desk.at_step(step)
    assert desk.picture() != ended[0]
    desk.press("Resume")
    desk.done()
    desk.at_step(400)
    desk.drawn(LOSS, "training", 400 - step)
    assert len(desk.lines(LOSS)["training"]["y"]) == 400 - step
    assert result() == ended


def test_a_checkpoint_is_used_downloaded_and_uploaded(page: Page, app: str, tmp_path: Path) -> None:
    desk = Desk(page, app)
    desk.press("Start")
    desk.done()
    mine = entry(desk, TITLE)
    expect(mine).to_contain_text("S-curve · all 400 steps")
    with page.expect_download() as download:
        mine.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".safetensors")
    file = tmp_path / "my own model.safetensors"
    download.value.save_as(file)
    kept = load(file)
    assert kept.info["step"] == 400
    fast, settings = PRESETS["fast"].model_dump(), kept.config.model_dump()
    assert {name for name in fast if fast[name] != settings[name]} <= {"snapshot_every"}

    mine.get_by_role("button", name="Remove").click()
    expect(mine).to_have_count(0)
    desk.checkpoints.locator("input[type=file]").set_input_files(file)
    brought = entry(desk, "my own model")
    expect(brought).to_contain_text("S-curve · all 400 steps")
    expect(desk.checkpoints.get_by_role("status")).to_contain_text("Uploaded “my own model”.")
    wrong = tmp_path / "wrong.safetensors"
    wrong.write_bytes(b"no model")
    desk.checkpoints.locator("input[type=file]").set_input_files(wrong)
    expect(desk.checkpoints.get_by_role("alert")).to_contain_text("wrong.safetensors:")
    expect(brought).to_be_visible()

    with page.expect_request(lambda request: "/api/sample?model=own-" in request.url):
        brought.get_by_role("button", name="Use in “DDPM vs DDIM”").click()
        open_tab(page, "DDPM vs DDIM")
    expect(page.get_by_label("Model", exact=True)).to_have_value("my own model")
    for name in ("DDPM", "DDIM"):
        painted(player(page, name))
    pause(player(page, "DDPM"))
    page.reload()
    open_tab(page, "DDPM vs DDIM")  # offered again, though "Train live" is not open
    page.get_by_label("Model", exact=True).click()
    expect(page.get_by_role("option", name="my own model")).to_be_visible()
    page.keyboard.press("Escape")
    open_tab(page, TAB)
    expect(brought).to_be_visible()


def test_a_run_is_taken_home(page: Page, app: str) -> None:
    desk = Desk(page, app)
    desk.set("Seed", "3")
    desk.press("Step")
    desk.says("S-curve · Fast · seed 3")
    taken = {}
    for name in ("Python script", "notebook"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name, exact=True).click()
        taken[name] = Path(download.value.path()).read_text(encoding="utf-8")
    script = taken["Python script"]
    compile(script, "script", "exec")
    assert script.startswith("# --- Diffusion on s_curve, seed 3 ---")
    notebook = json.loads(taken["notebook"])
    assert notebook["nbformat"] == 4
    assert {cell["cell_type"] for cell in notebook["cells"]} == {"markdown", "code"}
