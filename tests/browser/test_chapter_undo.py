"""The chapter on networks that undo noise in a real Chromium, with looks and a run made up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from explainer.frames import decode, encode
from explainer.ui.text.undo import WORDS
from tests.browser.modules import Desk
from tests.browser.undo_looks import NOISES, RULES, look
from tests.browser.undo_page import ABOVE, UndoDesk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

FIVE = [*RULES, "ddpm", "ddim"]


@pytest.fixture
def desk(page: Page) -> UndoDesk:
    return UndoDesk(page)


def header(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return decode(look(*args, **kwargs))[0]


def quality(found: dict[str, Any], kind: str, rule: str, n: int) -> dict[str, Any]:
    same = {"kind": kind, "rule": rule, "n": n}.items()
    return next(one for one in found["quality"] if same <= one.items())


def two(value: float) -> str:
    """Write a distance with two digits that count, as the page does."""
    return f"{value:#.2g}"


def ends(desk: UndoDesk) -> list[str]:
    return desk.page.locator(".du-ends").all_inner_texts()


def test_shipped_networks_show_at_once(desk: UndoDesk) -> None:
    desk.open()
    found = header()
    expect(desk.story).to_contain_text(f"{found['parameters']:,} weights")
    assert desk.asked == [{"dataset": "s_curve", "network": "mlp"}]
    for kind in NOISES:
        # Eight amounts and what they cost, at the right the mean.
        name = re.compile(f"^{WORDS['kinds'][kind]}: prediction from amount .*squared error")
        expect(desk.page.get_by_role("img", name=name)).to_have_count(8)
    expect(desk.image(WORDS["mean"])).to_have_count(3)
    told = WORDS["predict_told"].format(
        **{kind: f"{found['errors'][kind][-1]:.2f}" for kind in NOISES},
        mean_error=f"{found['mean_error']:.2f}",
    )
    expect(desk.page.get_by_text(told, exact=True)).to_be_visible()
    # All three kinds begin alike, and end each in its own way.
    starts = {desk.pixels(f"{WORDS['kinds'][kind]}: noised, amount 0") for kind in NOISES}
    stops = {desk.pixels(f"{WORDS['kinds'][kind]}: noised, amount 1") for kind in NOISES}
    assert (len(starts), len(stops)) == (1, 3)
    # Of walks the ends are seen first, with what they are worth.
    expect(desk.slider).to_have_value("5")
    expect(desk.readout).to_have_text("0 · step 5 of 5")
    assert ends(desk) == [
        WORDS["ends_swd"].format(swd=two(quality(found, "gaussian", rule, 5)["swd"]))
        for rule in FIVE
    ]


def test_one_slider_moves_all_rules_and_asks_for_nothing(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.readout).to_have_text("0 · step 5 of 5")
    names = [WORDS["rules"][rule] for rule in FIVE]
    first = [desk.pixels(WORDS["x_at"].format(rule=name, amount="0")) for name in names]
    desk.slider.focus()
    desk.page.keyboard.press("Home")
    expect(desk.readout).to_have_text("1 · step 0 of 5")
    noise = [desk.pixels(WORDS["x_at"].format(rule=name, amount="1")) for name in names]
    assert all(a != b for a, b in zip(first, noise, strict=True))
    desk.page.keyboard.press("ArrowRight")
    expect(desk.readout).to_have_text("0.8 · step 1 of 5")
    expect(desk.current).to_have_accessible_name("Go to amount 0.8")
    mean = desk.image(WORDS["x0_at"].format(rule=names[0], amount="0.8"))
    expect(mean).to_be_visible()
    desk.button("Go to amount 0.4").click()
    expect(desk.slider).to_have_value("3")
    expect(desk.current).to_have_accessible_name("Go to amount 0.4")
    assert len(desk.asked) == 1


def test_playing_goes_to_the_end_and_stops(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_have_value("5")
    desk.button(WORDS["play"]).click()
    expect(desk.slider).not_to_have_value("5")
    expect(desk.button(WORDS["pause"])).to_be_visible()
    expect(desk.button(WORDS["play"])).to_be_visible(timeout=8000)
    expect(desk.slider).to_have_value("5")


def test_kind_and_number_of_steps_are_chosen(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_have_value("5")
    corners = desk.page.get_by_text(WORDS["corner_note"])
    expect(corners).to_be_hidden()
    desk.choice(WORDS["steps"], "40").click()
    expect(desk.readout).to_have_text("0")  # of 40 steps some are shown
    found = header()
    value = two(quality(found, "gaussian", "ddpm", 40)["swd"])
    assert WORDS["ends_swd"].format(swd=value) in ends(desk)
    desk.slider.fill("4")
    expect(desk.readout).to_have_text("0.6")
    desk.choice(WORDS["kind"], WORDS["kinds"]["salt_and_pepper"]).click()
    expect(desk.readout).to_have_text("0.6")
    expect(desk.page.locator(".du-column")).to_have_count(3)
    expect(corners).to_be_visible()
    desk.choice(WORDS["steps"], "5").click()
    expect(desk.readout).to_have_text("0.6 · step 2 of 5")
    for rule in RULES:
        shown = desk.choice(WORDS["history_of"], WORDS["rules"][rule])
        shown.click()
        expect(shown).to_have_attribute("aria-pressed", "true")
        expect(desk.page.locator("[aria-label^='Go to amount']")).to_have_count(6)
    assert len(desk.asked) == 1


def test_the_history_is_of_the_rule_that_is_chosen(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_have_value("5")
    last = desk.page.locator("[aria-label='Go to amount 0.2'] canvas").first
    pictures = []
    for rule in FIVE:
        desk.choice(WORDS["history_of"], WORDS["rules"][rule]).click()
        pictures.append(last.evaluate("canvas => canvas.toDataURL()"))
    # In the made looks DDPM is like one of the rules, DDIM like another.
    assert len(set(pictures)) >= 3


def test_digits_have_two_networks_and_three_measures(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_have_value("5")
    networks = desk.page.get_by_role("group", name=WORDS["network"], exact=True)
    measures = desk.page.get_by_role("group", name=WORDS["measure"], exact=True)
    expect(networks).to_be_hidden()
    expect(measures).to_be_hidden()
    look("digits")
    desk.choice(WORDS["data"], WORDS["digits"]).click()
    original = desk.image(WORDS["original_at"].format(number=3))
    expect(original).to_be_visible(timeout=20000)
    assert original.evaluate("canvas => [canvas.width, canvas.height]") == [8, 8]
    # White on black, pixel by pixel: the digit as it is in the look.
    clean = decode(look("digits"))[1]["clean"][2]
    red = """canvas => [...canvas.getContext("2d").getImageData(0, 0, 8, 8).data]
      .filter((_, i) => i % 4 === 0)"""
    assert original.evaluate(red) == clean.ravel().tolist()
    end = desk.image(WORDS["x_at"].format(rule=WORDS["rules"]["again"], amount="0"))
    assert end.evaluate("canvas => canvas.width") == 35  # four digits and three lines
    found = header("digits")
    for name in WORDS["measures"]:
        desk.choice(WORDS["measure"], WORDS["measures"][name]).click()
        expect(desk.page.get_by_text(WORDS["captions"][name])).to_be_visible()
        value = quality(found, "uniform", "again", 40)[name]
        text = f"{value:.3f}" if name == "nearest" else f"{int(100 * value + 0.5)} %"
        row = desk.page.get_by_role("row", name=WORDS["rules"]["again"])
        expect(row.get_by_role("cell").last).to_have_text(text)
    desk.choice(WORDS["network"], WORDS["networks"]["unet"]).click()
    expect(desk.choice(WORDS["network"], "U-Net")).to_have_attribute("aria-pressed", "true")
    assert desk.asked[1:] == [{"dataset": "digits", "network": name} for name in ("mlp", "unet")]


def test_the_table_shows_the_best_bold_and_the_vain_grey(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_have_value("5")
    found = header()
    columns = [(kind, n) for kind in NOISES for n in (5, 40)]
    for at, (kind, n) in enumerate(columns):
        rules = FIVE if kind == "gaussian" else RULES
        values = {rule: quality(found, kind, rule, n)["swd"] for rule in rules}
        for rule in FIVE:
            row = desk.page.get_by_role("row", name=WORDS["rules"][rule])
            cell = row.get_by_role("cell").nth(at)
            expect(cell).to_have_text(two(values[rule]) if rule in values else WORDS["dash"])
            if rule not in values:
                continue
            best = two(min(values.values())) == two(values[rule])
            expect(cell.locator("b")).to_have_count(int(best))
            vain = not best and values[rule] >= found["noise"][kind]["swd"]
            assert ("du-vain" in (cell.get_attribute("class") or "")) == vain


def test_another_data_set_above_is_asked_for(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.choice(WORDS["data"], "S-curve")).to_have_attribute("aria-pressed", "true")
    expect(desk.slider).to_have_value("5")
    before = desk.pixels("Gaussian: noised, amount 0")
    desk.tell(dataset="moons")
    expect(desk.choice(WORDS["data"], "Moons")).to_have_attribute("aria-pressed", "true")
    desk.page.wait_for_function("() => !document.querySelector('.dc-error').textContent")
    desk.changes("Gaussian: noised, amount 0", before)
    assert [asked["dataset"] for asked in desk.asked] == ["s_curve", "moons"]


def test_points_of_ones_own_have_none_but_can_be_trained(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    desk.tell(dataset="own-0123456789abcdef")
    expect(desk.story).to_have_text(WORDS["none_shipped"])
    expect(desk.slider).to_be_hidden()
    assert len(desk.asked) == 1
    desk.hear("running", look(step=100, counts=(5,), seed=1), step=100)
    desk.train()
    expect(desk.slider).to_be_visible()
    assert desk.posted[0]["dataset"] == "own-0123456789abcdef"
    expect(desk.button(WORDS["to_shipped"])).to_be_hidden()


def test_a_run_is_followed_from_the_queue_to_its_end(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_have_value("5")
    shipped = desk.pixels("Gaussian: noised, amount 0.43")
    desk.hear("queued", queue_position=3)
    desk.train()
    expect(desk.status).to_contain_text("number 3 in the queue")
    sent = desk.posted[0]
    assert re.fullmatch(r"[0-9-]{4,64}", sent.pop("visitor"))
    assert sent == {"dataset": "s_curve", "network": "mlp", "seed": ABOVE["seed"]}
    assert desk.pixels("Gaussian: noised, amount 0.43") == shipped  # until there is something new
    # Its first look: there are no walks in 40 steps yet.
    other = look("moons", step=100, counts=(5,))
    desk.hear("running", other, step=100)
    expect(desk.status).to_contain_text("S-curve · MLP: Training all three in turns, step 100")
    desk.changes("Gaussian: noised, amount 0.43", shipped)
    expect(desk.choice(WORDS["steps"], "40")).to_have_attribute("aria-disabled", "true")
    expect(desk.page.get_by_text(WORDS["later"], exact=True)).to_be_visible()
    expect(desk.page.get_by_text(WORDS["soon"])).to_be_visible()
    desk.choice(WORDS["steps"], "40").click(force=True)
    expect(desk.slider).to_have_attribute("max", "5")
    desk.hear("running", step=120)
    expect(desk.status).to_contain_text("step 120 of 400")
    expect(desk.page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "30")
    chart = desk.page.get_by_role("img", name=WORDS["loss"])
    for name in (*WORDS["kinds"].values(), WORDS["mean_line"]):
        expect(chart.get_by_text(name, exact=True)).to_be_visible()
    desk.hear("done", look("moons", step=400), step=400)
    expect(desk.status).to_contain_text("Done after 4.0 s")
    expect(desk.page.get_by_text(WORDS["soon"])).to_be_hidden()
    expect(desk.button(WORDS["stop"])).to_be_hidden()
    desk.choice(WORDS["steps"], "40").click()
    expect(desk.slider).to_have_attribute("max", "10")
    # There and back again.
    desk.button(WORDS["to_shipped"]).click()
    expect(desk.story).to_contain_text("come with the app")
    assert desk.pixels("Gaussian: noised, amount 0.43") == shipped
    desk.button(WORDS["to_run"]).click()
    expect(desk.story).to_have_text(WORDS["run_note"])
    assert desk.pixels("Gaussian: noised, amount 0.43") != shipped
    assert len(desk.asked) == 1


def test_a_run_can_be_stopped(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    desk.hear("running", look(step=100, counts=(5,)), step=100)
    desk.train()
    expect(desk.status).to_contain_text("step 100")
    desk.button(WORDS["stop"]).click()
    desk.hear("stopped")
    expect(desk.status).to_contain_text("Stopped at step 100 of 400.")
    expect(desk.button(WORDS["again"])).to_be_focused()
    assert desk.told == ["stop"]
    polls = desk.polls
    desk.page.wait_for_timeout(400)
    assert desk.polls == polls  # nothing more is to be heard


def test_a_reload_finds_the_run_again(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    desk.hear("running", look("digits", "unet", step=100, counts=(5,)), step=100)
    look("digits")
    desk.choice(WORDS["data"], WORDS["digits"]).click()
    expect(desk.image(WORDS["original_at"].format(number=1))).to_be_visible(timeout=20000)
    desk.choice(WORDS["network"], "U-Net").click()
    desk.train()
    expect(desk.status).to_contain_text("Digits, 8 × 8 · U-Net")
    desk.open()
    expect(desk.status).to_contain_text("Digits, 8 × 8 · U-Net: Training", timeout=10000)
    expect(desk.choice(WORDS["network"], "U-Net")).to_have_attribute("aria-pressed", "true")
    expect(desk.image(WORDS["original_at"].format(number=1))).to_be_visible()
    expect(desk.story).to_have_text(WORDS["run_note"])


def test_a_run_that_is_gone_is_told_and_forgotten(desk: UndoDesk, errors: list[str]) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    desk.hear("running", step=50)
    desk.train()
    expect(desk.status).to_contain_text("step 50")
    desk.known = False
    expect(desk.status).to_contain_text(WORDS["statuses"]["lost"])
    assert WORDS["again"] in WORDS["statuses"]["lost"]
    expect(desk.button(WORDS["again"])).to_be_visible()
    expect(desk.story).to_contain_text("come with the app")
    desk.open()
    expect(desk.slider).to_be_visible()
    expect(desk.status).to_be_hidden()
    assert errors
    assert all("404" in error for error in errors)
    errors.clear()


def test_a_run_lost_during_a_reload_is_told_and_its_choices_are_kept(
    desk: UndoDesk, errors: list[str]
) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    desk.hear("running", step=50)
    look("digits", "unet")
    desk.choice(WORDS["data"], WORDS["digits"]).click()
    desk.choice(WORDS["network"], "U-Net").click()
    desk.train()
    desk.known = False
    desk.page.goto("about:blank")
    desk.open()
    lost = f"Digits, 8 × 8 · U-Net: {WORDS['statuses']['lost']}"
    expect(desk.status).to_have_text(lost, timeout=10000)
    expect(desk.button(WORDS["again"])).to_be_visible()
    expect(desk.choice(WORDS["data"], WORDS["digits"])).to_have_attribute("aria-pressed", "true")
    expect(desk.choice(WORDS["network"], "U-Net")).to_have_attribute("aria-pressed", "true")
    expect(desk.story).to_contain_text("come with the app")
    desk.known = True
    desk.button(WORDS["again"]).click()
    expect(desk.status).to_contain_text("step 50")
    assert [(asked["dataset"], asked["network"]) for asked in desk.posted] == 2 * [
        ("digits", "unet")
    ]
    assert all("404" in error for error in errors)
    errors.clear()


def test_a_failed_run_says_why(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    desk.hear("failed", error="The loss is no number any more.", step=30)
    desk.train()
    expect(desk.status).to_contain_text(WORDS["statuses"]["failed"])
    expect(desk.status).to_contain_text("The loss is no number any more.")
    expect(desk.slider).to_be_visible()


def test_a_refused_start_is_told_and_nothing_changes(desk: UndoDesk, errors: list[str]) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    desk.refusal = "Too many runs are waiting."
    desk.button(WORDS["train"]).click()
    expect(desk.alert).to_have_text(desk.refusal)
    expect(desk.status).to_be_hidden()
    expect(desk.story).to_contain_text("come with the app")
    desk.refusal = ""
    desk.hear("running", look(step=100, counts=(5,)), step=100)
    desk.train()
    expect(desk.status).to_contain_text("step 100")
    expect(desk.alert).to_have_count(0)
    assert errors.pop().count("422") == 1


def bad_looks() -> dict[str, bytes]:
    """Return what is no look, and looks that lack something."""
    found, arrays = decode(look("moons"))
    no_walk = {name: array for name, array in arrays.items() if name != "x uniform again 40"}
    no_noise = {name: array for name, array in arrays.items() if name != "noised uniform"}
    return {
        "bytes": b"these are not the bytes that were asked for",
        "walk": encode(found, no_walk),
        "noised": encode(found, no_noise),
    }


@pytest.mark.parametrize("what", ["bytes", "walk", "noised"])
def test_what_cannot_be_read_is_told_and_what_was_seen_stays(desk: UndoDesk, what: str) -> None:
    desk.open()
    expect(desk.slider).to_have_value("5")
    before = desk.pixels("Gaussian: noised, amount 0.43")
    desk.shipped = {"moons": bad_looks()[what]}
    desk.tell(dataset="moons")
    expect(desk.alert).to_have_text(WORDS["broken"])
    assert desk.pixels("Gaussian: noised, amount 0.43") == before
    desk.shipped = {}
    desk.tell(dataset="circles")
    expect(desk.alert).to_have_count(0)
    desk.changes("Gaussian: noised, amount 0.43", before)


def test_a_bad_look_of_a_run_leaves_the_last_one(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    desk.hear("running", look("moons", step=100, counts=(5,)), step=100)
    desk.train()
    expect(desk.page.get_by_text(WORDS["soon"])).to_be_visible()
    before = desk.pixels("Gaussian: noised, amount 0.43")
    desk.hear("running", bad_looks()["walk"], step=200)
    expect(desk.alert).to_have_text(WORDS["broken"])
    expect(desk.status).to_contain_text("step 200")
    assert desk.pixels("Gaussian: noised, amount 0.43") == before


def test_what_did_not_come_is_asked_for_again(desk: UndoDesk, errors: list[str]) -> None:
    desk.refusal = "This took too long."
    desk.open()
    expect(desk.alert).to_have_text("This took too long.")
    expect(desk.story).to_be_empty()
    desk.refusal = ""
    expect(desk.slider).to_be_visible(timeout=10000)
    expect(desk.alert).to_have_count(0)
    assert len(desk.asked) == 2
    errors.clear()


def test_only_the_newest_answer_is_shown(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    before = desk.pixels("Gaussian: noised, amount 0.43")
    held: list[Route] = []
    desk.page.route(re.compile(r"api/undo\?dataset=circles"), lambda route: held.append(route))
    desk.tell(dataset="circles")
    # What is there is not what was chosen, and says so.
    expect(desk.story).to_have_text(WORDS["loading"])
    expect(desk.page.locator(".du-part").first).to_have_attribute("aria-busy", "true")
    desk.tell(dataset="moons")
    desk.changes("Gaussian: noised, amount 0.43", before)
    moons = desk.pixels("Gaussian: noised, amount 0.43")
    expect(desk.page.locator(".du-part").first).to_have_attribute("aria-busy", "false")
    assert len(held) == 1
    held[0].fulfill(body=look("circles"), content_type="application/octet-stream")
    desk.page.wait_for_timeout(100)
    assert desk.pixels("Gaussian: noised, amount 0.43") == moons


def test_another_theme_is_another_paper(desk: UndoDesk) -> None:
    desk.open()
    expect(desk.slider).to_be_visible()
    before = desk.pixels(WORDS["x_at"].format(rule="DDIM", amount="0"))
    desk.page.evaluate("document.body.classList.add('dark')")
    desk.changes(WORDS["x_at"].format(rule="DDIM", amount="0"), before)


def test_a_phone_has_nothing_to_scroll_sideways(desk: UndoDesk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open()
    expect(desk.slider).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
    reachable = desk.page.get_by_role("region", name=WORDS["predict_table"])
    assert reachable.evaluate("e => [e.scrollWidth > e.clientWidth, e.tabIndex]") == [True, 0]
    desk.hear("running", look(step=100, counts=(5,)), step=100)
    desk.train()
    expect(desk.status).to_contain_text("step 100")
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390


def judged(page: Page, gaussian: float, others: tuple[float, float], own: float) -> list[str]:
    """Return the sentences on looks with these distances at 40 steps, ten times those at 5."""
    body = """const value = ({ kind, rule, n }) =>
        ({ swd: (rule.startsWith("dd") ? a[0].own : a[0].best[kind][rule]) * (n === 5 ? 10 : 1) });
      const general = ["fraction", "again", "corrected"];
      const rules = (kind) => kind === "gaussian" ? [...general, "ddpm", "ddim"] : general;
      const look = {
        isDigits: false, kinds: Object.keys(a[0].best), has: () => true, rules,
        quality: (kind, rule, n) =>
          rules(kind).includes(rule) ? value({ kind, rule, n }) : undefined,
        header: { real: { swd: 0.001 } },
      };
      return m.verdicts(look, a[1]);"""
    best = {
        kind: {"fraction": value, "again": 2 * value, "corrected": 3 * value}
        for kind, value in zip(NOISES, (gaussian, *others), strict=True)
    }
    said: list[str] = Desk(page).call(
        "page/undoverdict.js", body, {"best": best, "own": own}, WORDS
    )
    return said


@pytest.mark.parametrize(
    ("gaussian", "others", "own", "verdict", "kind", "gain"),
    [
        (0.010, (0.050, 0.002), 0.0021, "rival", "uniform", "own_alike"),
        (0.010, (0.050, 0.009), 0.002, "alike", "uniform", "own_better"),
        (0.002, (0.004, 0.009), 0.009, "gaussian", "salt and pepper", "own_worse"),
    ],
)
def test_whether_gaussian_noise_is_special_follows_from_the_numbers(
    page: Page,
    gaussian: float,
    others: tuple[float, float],
    own: float,
    verdict: str,
    kind: str,
    gain: str,
) -> None:
    told, special = judged(page, gaussian, others, own)
    best = (gaussian, *others)
    parts = [
        WORDS["same_part"].format(value=two(value), kind=WORDS["short"][name])
        for value, name in zip(best, NOISES, strict=True)
    ]
    listed = f"{parts[0]}, {parts[1]} and {parts[2]}"
    rule = WORDS["rules"]["fraction"]
    assert told.startswith(WORDS["best_same"].format(n=40, rule=rule, parts=listed))
    assert f"{two(10 * gaussian)} to {two(gaussian)} (Gaussian)" in told
    assert told.endswith(WORDS["real"]["swd"].format(value="0.0010"))
    far = WORDS["measured"]["swd"]
    values = {
        "gaussian": far.format(value=two(gaussian)),
        "rival": far.format(value=two(min(others))),
        "kind": kind,
        "own": "DDPM",
        "own_value": far.format(value=two(own)),
        "count": 5,
        "low": two(min(gaussian, own)),
        "high": far.format(value=two(max(3 * gaussian, own))),
    }
    wanted = [WORDS["special"][name].format(**values) for name in (verdict, gain, "range")]
    assert special == " ".join(wanted)
