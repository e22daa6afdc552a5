"""The list of checkpoints in a real Chromium, on a page of its own with the real routes."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

import explainer.ui
from explainer.experiments.models import check_model
from explainer.folder import FOLDER_VARIABLE
from explainer.jobs import UnknownJob
from explainer.own import is_own, keep_model, load_model_bytes, model_name
from explainer.ui.model_routes import model_routes
from explainer.ui.services import Services
from explainer.ui.text.checkpoints import CHECKPOINT_WORDS
from tests.made_models import SMALL, model_bytes

pytestmark = pytest.mark.browser

UI = Path(explainer.ui.__file__).parent
FOLDERS = {"page": UI / "static", "player": UI / "player"}
MEMORY = "diffusion-explainer-checkpoints"
# Stands in for the view of a run: saves what `run` names, and writes down what it is told.
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body { margin: 12px; font-family: system-ui, sans-serif }
.dark { background: #000; color-scheme: dark; --body-text-color: #f1f5f9;
  --background-fill-primary: #0f172a; --border-color-primary: #334155 }</style>
<div id="here"></div>
<script type="module">
  import { ask } from "./static/page/ask.js";
  import { Checkpoints } from "./static/page/checkpoints.js";
  import { offer } from "./static/page/models.js";
  const words = WORDS;
  window.told = [];
  window.run = "20";
  window.panel = new Checkpoints(document.querySelector("#here"), words, {
    onrestore: async (entry) => {
      told.push(["restore", entry.name]);
      if (window.refuse) throw new Error(window.refuse);
      panel.restored(entry.name);
    },
    onuse: (entries, use) => told.push([use ? "use" : "offer", offer(entries, words).models]),
    onsave: async (title) => {
      told.push(["save", title]);
      const facts = await ask(`api/runs/${window.run}/keep`, { method: "POST" });
      panel.add({ ...facts, title, run: window.run });
    },
  });
  document.body.dataset.ready = "yes";
</script>"""
# What offers the checkpoints of before, on a page without the list.
AGAIN = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="here"></div>
<script type="module">
  import { mount } from "./static/page/models.js";
  window.told = [];
  await mount(document.querySelector("#here"), { words: WORDS }, (...event) => told.push(event));
  document.body.dataset.ready = "yes";
</script>"""


async def page_itself(request: Request) -> Response:
    page = AGAIN if request.url.path == "/again" else PAGE
    return HTMLResponse(page.replace("WORDS", json.dumps(CHECKPOINT_WORDS)))


async def static(request: Request) -> Response:
    return FileResponse(FOLDERS[request.path_params["folder"]] / request.path_params["name"])


class Store:
    """Stands in for the store of runs: the run "20" has a checkpoint of step 20."""

    def result(self, run: str) -> bytes | None:
        if not run.isdecimal():
            raise UnknownJob
        return model_bytes(step=int(run), state=int(run) < 100)


async def calculate(target: str, argument: dict[str, Any]) -> Any:
    assert target == "explainer.experiments.models:check_model"
    return check_model(argument)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    routes = [
        Route("/", page_itself),
        Route("/again", page_itself),
        Route("/static/{folder}/{name}", static),
        *model_routes(Services(Store(), calculate)),  # type: ignore[arg-type]
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, log_level="warning", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(timeout=10)


class Desk:
    """The page, with hands and eyes for the list."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str = "", saveable: bool = True) -> Desk:
        self.page.goto(self.url + path)
        expect(self.page.locator("body")).to_have_attribute("data-ready", "yes")
        if not path:
            self.page.evaluate("whether => { panel.saveable = whether }", saveable)
        return self

    def save(self, title: str, run: str = "20") -> None:
        self.page.evaluate("run => { window.run = run }", run)
        self.name.fill(title)
        self.button("Save").click()
        expect(self.status).to_contain_text(f"Saved “{title}”.")

    def holds(self, data: bytes) -> None:
        """Wait until the browser has a copy of a checkpoint that it can give back."""
        held = """async (name) => {
          const { kept } = await import("/static/page/vault.js");
          const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
          for (let tries = 0; tries < 500; tries += 1, await pause()) {
            const entry = await kept(name);
            if (entry) return entry.bytes.byteLength;
          }
        }"""
        assert self.page.evaluate(held, model_name(data)) == len(data)

    def let_go(self, data: bytes) -> None:
        """Have the browser lose its copy."""
        self.holds(data)
        drop = """name => import("/static/page/vault.js").then((m) => m.drop(name))"""
        self.page.evaluate(drop, model_name(data))

    def upload(self, data: bytes, name: str = "mine.safetensors") -> None:
        chosen = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        self.page.locator("input[type=file]").set_input_files([chosen])  # type: ignore[list-item]

    @property
    def name(self) -> Locator:
        return self.page.get_by_role("textbox", name="Name of the checkpoint")

    @property
    def keep(self) -> Locator:
        return self.page.get_by_label("Keep the last")

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status")

    @property
    def alert(self) -> Locator:
        return self.page.get_by_role("alert")

    def button(self, name: str, of: str = "") -> Locator:
        pattern = re.compile(f"^{name}.*{re.escape(of)}")
        return self.page.get_by_role("button", name=pattern)

    def lists(self, *titles: str) -> None:
        expect(self.page.locator("li strong")).to_have_text(list(titles))

    def told(self, what: str) -> list[Any]:
        return [said[1] for said in self.page.evaluate("told") if said[0] == what]

    def offered(self) -> list[str]:
        """Return the labels that the page was last told of."""
        return [model["label"] for model in self.told("offer")[-1]]


@pytest.fixture
def desk(page: Page, url: str, folder: Path) -> Iterator[Desk]:
    desk = Desk(page, url)
    yield desk
    assert desk.complaints == []


def test_nothing_can_be_saved_before_there_is_a_run(desk: Desk) -> None:
    desk.open(saveable=False)
    expect(desk.page.get_by_role("heading")).to_have_text("Checkpoints")
    expect(desk.button("Save")).to_be_disabled()
    expect(desk.name).to_be_disabled()
    expect(desk.page.get_by_text("Start a run, then you can save it here.")).to_be_visible()
    desk.page.evaluate("panel.saveable = true")
    expect(desk.button("Save")).to_be_enabled()
    expect(desk.page.get_by_text("Start a run, then")).to_be_hidden()
    assert desk.page.evaluate("told") == []


def test_a_run_is_saved_under_a_name(desk: Desk) -> None:
    desk.open()
    desk.name.fill("  before it fell  ")
    desk.name.press("Enter")
    expect(desk.status).to_have_text("Saved “before it fell”.")
    assert desk.told("save") == ["before it fell"]
    desk.lists("before it fell")
    expect(desk.page.get_by_role("listitem")).to_contain_text("S-curve · step 20 of 100")
    expect(desk.name).to_have_value("")
    (model,) = desk.told("offer")[-1]
    assert is_own(model["name"])
    assert model["label"] == "before it fell · step 20"


def test_without_a_name_it_gets_the_one_that_is_suggested(desk: Desk) -> None:
    desk.open()
    desk.page.evaluate("panel.suggestion = 'S-curve, seed 0'")
    desk.button("Save").click()
    desk.lists("S-curve, seed 0")


def test_a_title_is_text_and_short(desk: Desk) -> None:
    desk.open()
    desk.save("<img src=x onerror=alert(1)>")
    desk.lists("<img src=x onerror=alert(1)>")
    desk.page.evaluate("panel.add({ name: 'own-0123456789abcdef', title: '🌀'.repeat(90) })")
    desk.lists("🌀" * 60, "<img src=x onerror=alert(1)>")
    labels = desk.offered()
    assert all(len(label) <= 60 and "\ufffd" not in label for label in labels)
    assert labels[1] == "<img src=x onerror=alert(1)> · step 20"
    desk.save("y" * 60, "30")
    assert (
        desk.offered()[0] == "y" * 50 + " · step 30"
    )  # the part that tells one from another stays


def test_two_are_kept_and_the_oldest_is_dropped_in_words(desk: Desk) -> None:
    desk.open()
    expect(desk.keep).to_have_value("2")
    desk.save("one", "10")
    desk.save("two", "20")
    desk.save("three", "30")
    desk.lists("three", "two")
    expect(desk.status).to_have_text("Saved “three”. Dropped “one”, beyond the last 2.")
    assert desk.offered() == ["three · step 30", "two · step 20"]
    desk.button("Undo").click()
    desk.lists("three", "two", "one")
    expect(desk.keep).to_have_value("3")
    expect(desk.button("Undo")).to_be_hidden()
    desk.save("four", "40")
    desk.lists("four", "three", "two")


def test_fewer_are_kept_at_once_and_that_can_be_undone(desk: Desk) -> None:
    desk.open()
    desk.keep.fill("4")
    desk.keep.press("Enter")
    for step in (10, 20, 30, 40):
        desk.save(f"at {step}", str(step))
    desk.keep.fill("1")
    desk.keep.blur()
    desk.lists("at 40")
    expect(desk.status).to_have_text("Dropped “at 30”, “at 20”, “at 10”, beyond the last 1.")
    desk.button("Undo").click()
    desk.lists("at 40", "at 30", "at 20", "at 10")
    expect(desk.keep).to_have_value("4")


@pytest.mark.parametrize(("typed", "kept"), [("99", "8"), ("-3", "1"), ("", "2"), ("2.6", "3")])
def test_the_number_that_is_kept_is_bounded(desk: Desk, typed: str, kept: str) -> None:
    desk.open()
    desk.keep.fill(typed)
    desk.keep.blur()
    expect(desk.keep).to_have_value(kept)


def test_training_goes_on_from_one_that_knows_how(desk: Desk) -> None:
    desk.open()
    desk.save("early", "20")
    desk.save("finished", "100")
    expect(desk.button("Restore")).to_have_count(1)
    expect(desk.page.get_by_role("listitem").first).to_contain_text("all 100 steps · weights alone")
    desk.button("Restore", "early").click()
    expect(desk.status).to_have_text("“early” is back: press Resume to go on.")
    assert len(desk.told("restore")) == 1
    desk.page.evaluate("window.refuse = 'The workers are busy.'")
    desk.button("Restore", "early").click()
    expect(desk.alert).to_have_text("The workers are busy.")
    expect(desk.status).to_be_empty()
    expect(desk.button("Restore", "early")).to_be_enabled()


def test_one_is_used_in_the_other_tab(desk: Desk) -> None:
    desk.open()
    desk.save("early", "20")
    desk.save("finished", "100")
    desk.button("Use in “DDPM vs DDIM”", "early").click()
    expect(desk.status).to_have_text("“early” is chosen in the tab “DDPM vs DDIM”.")
    labels = [model["label"] for model in desk.told("use")[-1]]
    assert labels == ["early · step 20", "finished"]


def test_one_goes_home_as_a_file_and_comes_back(desk: Desk, folder: Path) -> None:
    desk.open()
    desk.save("My best: S")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "My-best-S.safetensors"
    data = download.value.path().read_bytes()
    assert data == model_bytes(step=20, state=True)
    desk.let_go(data)
    for path in folder.iterdir():
        path.unlink()  # as a server that began anew
    desk.open()
    expect(desk.page.get_by_role("listitem")).to_contain_text("No longer on the server.")
    expect(desk.button("Restore")).to_have_count(0)
    expect(desk.page.get_by_role("link")).to_have_count(0)
    assert desk.offered() == []
    desk.upload(data, "any.safetensors")
    expect(desk.status).to_have_text("Uploaded “My best: S”.")
    expect(desk.button("Restore", "My best: S")).to_be_visible()
    assert desk.offered() == ["My best: S · step 20"]


@pytest.mark.parametrize(("button", "told"), [("Restore", "restore"), ("Use in", "use")])
def test_what_the_server_lost_comes_back_from_the_browser_once_it_is_used(
    desk: Desk, folder: Path, button: str, told: str
) -> None:
    data = model_bytes(step=20, state=True)
    desk.open()
    desk.save("mine")
    desk.holds(data)
    (folder / model_name(data)).unlink()  # as a server that began anew
    desk.open()
    item = desk.page.get_by_role("listitem")
    expect(item).to_contain_text("the server has lost it; this browser gives it back")
    expect(item.get_by_role("link")).to_have_count(0)
    assert desk.offered() == []
    assert not (folder / model_name(data)).exists()  # thirty pages do not all send theirs at once
    desk.page.get_by_role("button", name=button).click()
    expect(item.get_by_role("link", name="Download")).to_be_visible()
    expect(item).not_to_contain_text("lost")
    assert load_model_bytes(model_name(data)) == data
    assert told in [name for name, *_ in desk.page.evaluate("told")]
    expect(desk.alert).to_have_count(0)


def test_what_is_gone_is_the_first_to_be_dropped(desk: Desk, folder: Path) -> None:
    desk.open()
    desk.save("stays", "10")
    desk.save("goes", "20")
    gone = model_bytes(step=20, state=True)
    desk.let_go(gone)
    (folder / model_name(gone)).unlink()
    desk.open()
    expect(desk.page.locator(".dc-gone")).to_contain_text("goes")
    desk.save("new", "30")
    desk.lists("new", "stays")


def test_what_nobody_asked_for_makes_room_first_and_renames_nothing(desk: Desk) -> None:
    desk.open()
    automatic = """([title, digit]) => panel.add(
      { name: `own-${digit.repeat(16)}`, title, step: 1, steps: 9, auto: true })"""

    def ends(title: str, digit: str) -> None:
        desk.page.evaluate(automatic, [title, digit])

    desk.save("mine", "10")
    ends("run 1", "1")
    ends("run 2", "2")
    desk.lists("run 2", "mine")
    desk.save("mine too", "20")
    desk.lists("mine too", "mine")
    ends("run 3", "3")
    desk.lists("mine too", "mine")
    expect(desk.status).to_have_text("Dropped “run 3”, beyond the last 2.")
    desk.button("Undo").click()
    desk.lists("run 3", "mine too", "mine")
    ends("the same model", "3")
    desk.lists("run 3", "mine too", "mine")
    desk.page.evaluate("panel.add({ name: 'own-' + '3'.repeat(16), title: 'now mine' })")
    ends("run 4", "4")
    desk.lists("now mine", "mine too", "mine")


def test_saving_takes_a_while_and_cannot_be_begun_twice(desk: Desk) -> None:
    desk.open()
    slow = "() => { panel.told.onsave = () => new Promise((done) => (window.finish = done)) }"
    desk.page.evaluate(slow)
    desk.name.press("Enter")
    saving = desk.button("Saving …")
    expect(saving).to_be_disabled()
    desk.page.evaluate("panel.saveable = true")  # as news of the run say
    expect(saving).to_be_disabled()
    desk.name.press("Enter")
    expect(desk.name).to_be_focused()
    desk.page.evaluate("finish()")
    expect(desk.button("Save")).to_be_enabled()


def test_the_keyboard_stays_in_a_list_that_changes(desk: Desk) -> None:
    desk.open()
    desk.save("one", "10")
    use = desk.button("Use in “DDPM vs DDIM”", "one")
    use.focus()
    desk.page.evaluate("panel.add({ name: 'own-0123456789abcdef', title: 'other' })")
    desk.lists("other", "one")
    expect(use).to_be_focused()


def test_one_is_removed_and_brought_back(desk: Desk) -> None:
    desk.open()
    desk.save("one", "10")
    desk.save("two", "20")
    desk.button("Remove", "two").click()
    desk.lists("one")
    expect(desk.status).to_have_text("Removed “two”.")
    expect(desk.button("Undo")).to_be_focused()
    assert desk.offered() == ["one · step 10"]
    desk.page.keyboard.press("Enter")
    desk.lists("two", "one")
    expect(desk.keep).to_be_focused()


def test_bad_files_are_told_in_one_line_and_change_nothing(desk: Desk, folder: Path) -> None:
    desk.open()
    desk.save("one")
    before = set(folder.iterdir())
    desk.upload(b"PK\3\4" + bytes(100), "weights.pt")
    expect(desk.alert).to_have_text(re.compile(r"^weights\.pt: The file is not a \.safetensors fi"))
    desk.upload(model_bytes(SMALL, grown=float("inf")))
    expect(desk.alert).to_have_text(re.compile(r"^mine\.safetensors: The tensor .* not finite\.$"))
    desk.upload(bytes(32_000_001))
    expect(desk.alert).to_have_text("The file is too large: at most 32 MB are taken.")
    desk.page.route("**/api/models", lambda route: route.abort())
    desk.upload(model_bytes())
    expect(desk.alert).to_contain_text("The server did not answer.")
    desk.page.unroute("**/api/models")
    desk.lists("one")
    assert set(folder.iterdir()) == before
    desk.upload(model_bytes())
    desk.lists("mine", "one")
    expect(desk.alert).to_have_count(0)


def test_a_run_that_is_gone_is_told(desk: Desk) -> None:
    desk.open()
    desk.page.evaluate("window.run = 'lost'")
    desk.name.fill("x")
    desk.button("Save").click()
    expect(desk.alert).to_have_text(re.compile(r"\w.*\.$"))
    expect(desk.button("Save")).to_be_enabled()
    expect(desk.name).to_have_value("x")


def test_a_file_can_be_dropped(desk: Desk) -> None:
    desk.open().page.locator("#here").evaluate(
        """(panel, bytes) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([new Uint8Array(bytes)], "dropped.safetensors"));
          for (const kind of ["dragover", "drop"]) {
            const options = { dataTransfer, bubbles: true, cancelable: true };
            const passed = panel.dispatchEvent(new DragEvent(kind, options));
            if (passed) throw new Error(`the browser would open the file on ${kind}`);
          }
        }""",
        list(model_bytes()),
    )
    desk.lists("dropped")


def test_a_reload_finds_them_again(desk: Desk) -> None:
    desk.open()
    desk.keep.fill("3")
    desk.save("early", "20")
    desk.save("finished", "100")
    before = desk.offered()
    desk.open(saveable=False)
    desk.lists("finished", "early")
    expect(desk.keep).to_have_value("3")
    desk.page.wait_for_function("told.length")
    assert desk.offered() == before
    desk.open("again")
    assert desk.page.evaluate("told.length") == 1
    event, data = desk.page.evaluate("told")[0]
    assert event == "change"
    assert [model["label"] for model in data["models"]] == before


def test_a_page_without_the_list_offers_only_what_is_still_there(desk: Desk, folder: Path) -> None:
    desk.open("again")
    assert desk.page.evaluate("told") == []
    desk.open().save("one", "10")
    desk.save("two", "20")
    (folder / keep_model(model_bytes(step=10, state=True))).unlink()
    desk.open("again")
    (_, data), *more = desk.page.evaluate("told")
    assert more == []
    assert [model["label"] for model in data["models"]] == ["two · step 20"]


def test_a_server_that_does_not_answer_makes_nothing_gone(desk: Desk) -> None:
    desk.open().save("one")
    desk.page.route("**/facts", lambda route: route.abort())
    desk.open()
    desk.page.wait_for_function("told.length")
    expect(desk.button("Restore", "one")).to_be_visible()
    assert desk.offered() == ["one · step 20"]


@pytest.mark.parametrize(
    "junk", ["", "{", "3", "[]", '{"entries": 3}', '{"entries": [null]}', '{"keep": "x"}',
             '{"keep": 9, "entries": [{"name": "../x", "title": "a"}, {"name": 3, "title": []}]}'],
)  # fmt: skip
def test_junk_in_the_browsers_memory_is_no_obstacle(desk: Desk, junk: str) -> None:
    desk.open().page.evaluate(f"junk => localStorage.setItem('{MEMORY}', junk)", junk)
    desk.open().lists()
    desk.save("one")
    desk.lists("one")


def test_two_windows_show_the_same_list(desk: Desk) -> None:
    desk.open()
    other = Desk(desk.page.context.new_page(), desk.url).open()
    desk.save("one")
    other.lists("one")
    other.page.wait_for_function("told.length")
    other.button("Remove", "one").click()
    desk.lists()
    assert other.complaints == []


def test_a_phone_shows_all_of_it(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 800})
    desk.open()
    desk.save("W" * 60)
    desk.save("x" * 59, "100")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in desk.page.get_by_role("button").all():
        if button.is_visible():
            box = button.bounding_box()
            assert box
            assert box["x"] + box["width"] <= 390
