"""The teacher's page in a real Chromium, under a policy that allows nothing inline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from explainer.ui.teacher_routes import PAGE
from explainer.ui.text.teacher import NEEDED, WORDS, WRONG

pytestmark = [pytest.mark.browser]

STATIC = Path(__file__).parents[2] / "explainer" / "ui" / "static"
KINDS = {".js": "text/javascript", ".css": "text/css"}
URL = "http://page.test/behind/a/proxy/teacher"
TOKEN = "50% of a+b c/ä"
IN_ADDRESS = "#token=50%25%20of%20a+b%20c/%C3%A4"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)
LOAD = {
    "machine": 0.72,
    "groups": {"server": 0.06, "calculation": 0.1, "rest": 0.51},
    "cores": 2.0,
    "memory": 1_300_000_000,
    "memory_kind": "pss",
    "memory_limit": 8_000_000_000,
}
KEPT = {"bytes": 12_400_000, "limit": 2_000_000_000}


def run(pupil: int, status: str = "running", **more: Any) -> dict[str, Any]:
    facts = {"label": "S-curve · Fast · seed 0", "queue_position": 0, "progress": 0.0}
    return {"pupil": pupil, "status": status, **facts, "seconds": 0.0, "waited": 0.0, **more}


CLASS = [
    run(1, progress=0.25, seconds=65.4),
    run(2, "paused", label="Swiss roll <b>· Fast</b>", progress=0.5, seconds=3605),
    run(3, "queued", queue_position=1, waited=9.2, label=""),
    run(4, "queued", queue_position=2, waited=4),
]


class Desk:
    """A server made of answers, and the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.runs, self.holding, self.load = CLASS, False, LOAD
        self.asked: list[Request] = []  # of our API
        self.told: list[Any] = []
        self.requests: list[Request] = []
        self.refuses: tuple[int, str] | None = None
        self.down = False
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else 0)
        page.on("request", lambda request: self.requests.append(request))
        page.route("**/*", self._serve)

    def open(self, fragment: str = IN_ADDRESS) -> None:
        self.page.goto(URL + fragment)

    def figure(self, name: str) -> Any:
        return self.page.locator(".t-figure", has_text=WORDS["figures"][name]).locator("dd")

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name)

    def row(self, pupil: int) -> Any:
        header = self.page.get_by_role("rowheader", name=str(pupil), exact=True)
        return self.page.get_by_role("row").filter(has=header)

    def hide(self, whether: bool) -> None:
        self.page.evaluate(
            """(hidden) => {
              Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            whether,
        )

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/behind/a/proxy")
        if path == "/teacher":
            headers = {"Content-Security-Policy": POLICY}
            return route.fulfill(body=PAGE, content_type="text/html", headers=headers)
        if path.startswith("/static/page/"):
            file = STATIC / path.removeprefix("/static/page/")
            return route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])
        if path.startswith("/api/teacher"):
            return self._answer(route, path.removeprefix("/api/teacher"))
        return route.abort()

    def _answer(self, route: Route, verb: str) -> None:
        self.asked.append(route.request)
        if self.down:
            return route.abort()
        given = route.request.headers.get("authorization", "")
        if given != f"Bearer {TOKEN}":  # sent as UTF-8, and read so here
            return route.fulfill(status=401, json={"error": WRONG if given else NEEDED})
        if self.refuses:
            status, sentence = self.refuses
            return route.fulfill(status=status, json={"error": sentence})
        if verb:
            self.told.append((verb, json.loads(route.request.post_data or "")))
        if verb == "/stop-all":
            count, self.runs = len(self.runs), []
            return route.fulfill(json={"stopped": count})
        if verb == "/hold":
            self.holding = self.told[-1][1]["hold"]
            return route.fulfill(json={"holding": self.holding})
        state = {"runs": self.runs, "holding": self.holding, "workers": 2, "helpers": 2}
        return route.fulfill(json={**state, "pages": 31, "load": self.load, "kept": KEPT})

    def complained(self, of: str) -> None:
        """Take out what the browser itself writes down of refusals."""
        assert self.errors, f"no complaint of {of}"
        assert all(of in error for error in self.errors), self.errors
        self.errors.clear()


@pytest.fixture
def desk(page: Page) -> Any:
    desk = Desk(page)
    yield desk
    assert desk.errors == []
    assert all(urlsplit(r.url).netloc == "page.test" for r in desk.requests if r.url[:5] != "data:")


def test_the_token_is_taken_out_of_the_address_and_shows_in_none(desk: Desk) -> None:
    desk.open()
    expect(desk.figure("running")).to_have_text("1")
    assert desk.page.url == URL
    assert [r.url for r in desk.requests if "token" in r.url.replace(IN_ADDRESS, "")] == []
    assert TOKEN not in desk.page.content()
    desk.page.reload()
    expect(desk.figure("queued")).to_have_text("2")


def test_it_shows_who_trains_who_waits_and_who_rests(desk: Desk) -> None:
    desk.open()
    for name, count in (("running", "1"), ("queued", "2"), ("paused", "1")):
        expect(desk.figure(name)).to_have_text(count)
    headers = desk.page.get_by_role("columnheader")
    expect(headers).to_have_text(["Pupil", "What", "State", "Time"])
    expect(desk.row(1).get_by_role("cell")).to_have_text(
        ["S-curve · Fast · seed 0", "training", "1:05"]
    )
    bar = desk.row(1).get_by_role("progressbar", name="Progress")
    expect(bar).to_have_attribute("aria-valuenow", "25")
    expect(desk.row(2).get_by_role("cell")).to_have_text(
        ["Swiss roll <b>· Fast</b>", "resting", "1:00:05"]
    )
    expect(desk.row(3).get_by_role("cell")).to_have_text(["a run", "waiting, number 1", "0:09"])
    expect(desk.row(3).get_by_role("progressbar")).to_have_count(0)
    quarter = "(bar) => Math.abs(bar.firstChild.offsetWidth / bar.offsetWidth - 0.25) < 0.02"
    desk.page.wait_for_function(quarter, arg=bar.element_handle())


def test_it_shows_the_load(desk: Desk) -> None:
    desk.open()
    for name, value in (
        ("Whole machine", "72 %"),
        ("Web server", "6 %"),
        ("Training", "51 %"),
        ("Pictures and figures", "10 %"),
        ("Memory", "1.3 GB of 8 GB"),
        ("Disk", "12 MB of 2 GB"),
    ):
        meter = desk.page.get_by_role("meter", name=name, exact=True)
        expect(meter).to_have_attribute("aria-valuetext", value)
        expect(desk.page.locator(".t-gauge", has=meter)).to_contain_text(value)
    load = desk.page.get_by_role("region", name="Load")
    expect(load).to_contain_text("what of 2 processors this app uses")
    expect(load).to_contain_text("what they share is counted once")
    expect(load.locator("dd")).to_have_text(["2", "2", "31"])


def test_where_the_system_tells_nothing_it_says_so(desk: Desk) -> None:
    desk.load = None  # type: ignore[assignment]
    desk.open()
    expect(desk.page.get_by_text(WORDS["untold"])).to_be_visible()
    expect(desk.page.get_by_role("meter")).to_have_count(1)
    expect(desk.page.get_by_role("meter", name="Disk")).to_be_visible()


def test_it_asks_again_and_again_but_never_for_a_hidden_page(desk: Desk) -> None:
    desk.page.clock.install()
    desk.open()
    expect(desk.figure("running")).to_have_text("1")
    desk.runs = [run(2), run(4), run(5)]
    desk.page.clock.run_for(2000)
    expect(desk.figure("running")).to_have_text("3")
    expect(desk.page.get_by_role("rowheader")).to_have_text(["2", "4", "5"])
    desk.hide(True)
    count = len(desk.asked)
    desk.page.clock.run_for(60_000)
    assert len(desk.asked) == count
    desk.runs = []
    desk.hide(False)
    expect(desk.page.get_by_text(WORDS["noRuns"])).to_be_visible()
    expect(desk.page.get_by_role("table")).to_be_hidden()
    assert len(desk.asked) > count


def test_rows_stay_the_same_elements_while_their_runs_live(desk: Desk) -> None:
    desk.page.clock.install()
    desk.open()
    second = desk.row(2).element_handle()
    desk.runs = [CLASS[1], run(3), run(1, progress=0.1)]
    desk.page.clock.run_for(2000)
    expect(desk.page.get_by_role("rowheader")).to_have_text(["2", "3", "1"])
    assert desk.page.evaluate(
        "(row) => row.isConnected && row === row.parentElement.firstChild", second
    )
    expect(desk.row(3).get_by_role("progressbar")).to_be_visible()


def test_a_typed_token_opens_and_a_wrong_one_is_refused(desk: Desk) -> None:
    desk.open("")
    field = desk.page.get_by_label(WORDS["token"])
    expect(field).to_be_focused()
    expect(field).to_have_attribute("type", "password")
    expect(desk.page.get_by_role("table")).to_be_hidden()
    assert desk.asked == []
    field.fill("wrong")
    field.press("Enter")
    expect(desk.page.get_by_role("alert")).to_have_text(WRONG)
    expect(field).to_have_value("")
    desk.complained("401")
    field.fill(f" {TOKEN} ")
    desk.button(WORDS["enter"]).click()
    expect(desk.figure("running")).to_have_text("1")
    expect(field).to_be_hidden()
    assert desk.page.url == URL


def test_who_leaves_has_to_bring_the_token_again(desk: Desk) -> None:
    desk.open()
    desk.button(WORDS["leave"]).click()
    field = desk.page.get_by_label(WORDS["token"])
    expect(field).to_be_focused()
    assert TOKEN not in desk.page.evaluate("JSON.stringify(Object.values(sessionStorage))")
    count = len(desk.asked)
    desk.page.reload()
    expect(field).to_be_visible()
    assert len(desk.asked) == count
    expect(desk.page.get_by_role("table")).to_be_hidden()


def test_a_token_pasted_into_the_address_opens_the_open_page(desk: Desk) -> None:
    desk.open("")
    expect(desk.page.get_by_label(WORDS["token"])).to_be_visible()
    desk.page.evaluate("(fragment) => { location.hash = fragment }", IN_ADDRESS)
    expect(desk.figure("running")).to_have_text("1")
    assert desk.page.url == URL


def test_too_many_wrong_tokens_close_the_page_with_a_sentence(desk: Desk) -> None:
    desk.refuses = (429, "Please wait.")
    desk.open()
    expect(desk.page.get_by_role("alert")).to_have_text("Please wait.")
    expect(desk.page.get_by_label(WORDS["token"])).to_be_visible()
    desk.complained("429")


def test_stop_all_asks_first_and_says_how_many(desk: Desk) -> None:
    desk.open()
    desk.button(WORDS["stopAll"]).press("Enter")
    dialog = desk.page.get_by_role("dialog", name=WORDS["sure"])
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name=WORDS["no"])).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    desk.button(WORDS["stopAll"]).click()
    desk.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert desk.told == []
    desk.button(WORDS["stopAll"]).click()
    dialog.get_by_role("button", name="Stop 4 runs").click()
    expect(desk.page.get_by_text("4 runs were stopped.")).to_be_visible()
    assert desk.told == [("/stop-all", {})]
    expect(desk.page.get_by_text(WORDS["noRuns"])).to_be_visible()
    # Nothing is left to stop.
    stop = desk.button(WORDS["stopAll"])
    expect(stop).to_have_attribute("aria-disabled", "true")
    stop.press("Enter")
    expect(dialog).to_be_hidden()


def test_new_runs_are_paused_and_let_start_again(desk: Desk) -> None:
    desk.open()
    desk.button(WORDS["hold"]).click()
    expect(desk.page.get_by_text(WORDS["holding"])).to_be_visible()
    expect(desk.button(WORDS["hold"])).to_have_count(0)
    desk.button(WORDS["release"]).click()
    expect(desk.page.get_by_text(WORDS["released"], exact=True)).to_be_visible()
    expect(desk.page.get_by_text(WORDS["holding"])).to_be_hidden()
    expect(desk.button(WORDS["hold"])).to_be_focused()
    assert desk.told == [("/hold", {"hold": True}), ("/hold", {"hold": False})]


def test_another_teachers_pause_is_seen(desk: Desk) -> None:
    desk.holding = True
    desk.open()
    expect(desk.page.get_by_text(WORDS["holding"])).to_be_visible()
    expect(desk.button(WORDS["release"])).to_be_visible()


def test_a_server_that_does_not_answer_is_said_and_asked_again(desk: Desk) -> None:
    desk.page.clock.install()
    desk.open()
    expect(desk.figure("running")).to_have_text("1")
    desk.down = True
    desk.page.clock.run_for(2000)
    lost = desk.page.get_by_role("banner").get_by_text(WORDS["unreachable"])
    expect(lost).to_be_visible()
    expect(desk.figure("running")).to_have_text("1")
    desk.button(WORDS["hold"]).click()
    expect(desk.page.get_by_text(WORDS["failed"])).to_be_visible()
    expect(desk.button(WORDS["hold"])).to_have_attribute("aria-disabled", "false")
    desk.down = False
    desk.runs = []
    desk.page.clock.run_for(4000)
    expect(desk.figure("running")).to_have_text("0")
    expect(lost).to_be_hidden()
    desk.complained("net::ERR_FAILED")


def test_what_the_server_refuses_is_said(desk: Desk) -> None:
    desk.open()
    expect(desk.figure("running")).to_have_text("1")
    desk.refuses = (422, "Not now.")
    desk.button(WORDS["hold"]).click()
    expect(desk.page.get_by_text("Not now.")).to_be_visible()
    desk.complained("422")


@pytest.mark.parametrize("width", [320, 390, 768, 1366])
def test_nothing_is_wider_than_the_screen(desk: Desk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.runs = [
        run(i, label="Own points · Tutorial, changed · seed 2147483647") for i in range(30)
    ]
    desk.open()
    expect(desk.figure("running")).to_have_text("30")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    desk.button(WORDS["stopAll"]).click()
    box = desk.page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_and_legible_either_way(desk: Desk, scheme: Any) -> None:
    desk.page.emulate_media(color_scheme=scheme)
    desk.open()
    expect(desk.figure("running")).to_have_text("1")
    contrasts = desk.page.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d");
          const light = (color) => {
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
              const part = value / 255;
              return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const paper = (element) => {
            const color = getComputedStyle(element).backgroundColor;
            return color !== "rgba(0, 0, 0, 0)" ? color : paper(element.parentElement);
          };
          const found = {};
          const texts = ".t-figure *, .t-status, td, th, .t-note, .t-button, .t-value";
          for (const element of document.querySelectorAll(texts)) {
            if (!element.offsetWidth) continue;
            const [a, b] = [light(getComputedStyle(element).color), light(paper(element))];
            const name = `${element.className} ${element.textContent}`;
            found[name] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          }
          return { found, paper: light(paper(document.body)) };
        }"""
    )
    assert (contrasts["paper"] < 0.05) == (scheme == "dark")
    assert len(contrasts["found"]) > 25
    assert {k: v for k, v in contrasts["found"].items() if v < 4.5} == {}
