"""The chapter on pictures in a real Chromium, answered by the real experiment."""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from explainer.experiments.pictures import AMOUNTS, corrupted_picture, take_picture
from explainer.frames import decode
from explainer.images import to_bytes
from explainer.noise_settings import PictureSettings
from explainer.own import keep_picture, keep_upload
from explainer.ui.text.pictures import WORDS
from tests.browser.chapter_page import URL, ChapterDesk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors")]

KINDS = ("gaussian", "salt_and_pepper", "uniform")
START = 6  # amount 0.30
MEMORY = "diffusion-explainer-picture"


@cache
def answer(kind: str, picture: str, seed: int) -> bytes:
    return corrupted_picture({"kind": kind, "picture": picture, "seed": seed})


def header(kind: str, picture: str = "digits", seed: int = 0) -> dict[str, Any]:
    return decode(answer(kind, picture, seed))[0]


def png(width: int = 40, height: int = 30) -> bytes:
    """Return a file: a red half and a blue half."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2], picture[:, width // 2 :] = (230, 20, 20), (20, 20, 230)
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


class PicturesDesk(ChapterDesk):
    """A page with this chapter; the picture that it begins with is replaced by a smaller one."""

    def __init__(self, page: Page) -> None:
        self.sent: list[bytes] = []
        super().__init__(page, "pictures", WORDS, PictureSettings, self._answered)
        page.route("http://page.test/**/api/own/picture", self._upload)

    @staticmethod
    def _answered(fields: dict[str, Any]) -> bytes:
        small = "digits" if fields["picture"] == "china" else fields["picture"]
        return answer(fields["kind"], small, fields["seed"])

    def _upload(self, route: Route) -> None:
        data = route.request.post_data_buffer or b""
        self.sent.append(data)
        try:
            taken = take_picture({"name": keep_upload(data)})
        except ValueError as error:
            return route.fulfill(status=422, json={"error": str(error)})
        name = keep_picture(taken.pop("png"))
        return route.fulfill(json={"name": name, **taken})

    def ready(self) -> PicturesDesk:
        expect(self.page.locator(".dg-panel[aria-busy=false]")).to_have_count(3)
        expect(self.told).not_to_be_empty()
        return self

    def panel(self, number: int) -> Locator:
        return self.page.locator(".dg-panel").nth(number)

    @property
    def slider(self) -> Locator:
        return self.page.get_by_role("slider", name=WORDS["amount"])

    @property
    def alert(self) -> Locator:
        return self.page.locator(".dc-error")

    def picture(self, label: str) -> Locator:
        return self.page.get_by_role("img", name=label, exact=True)

    def corrupted(self, kind: str, k: int = START) -> Locator:
        label = WORDS["corrupted"].format(kind=WORDS["kinds"][kind], amount=f"{AMOUNTS[k]:.2f}")
        return self.picture(label)

    def noise(self, kind: str, k: int = START) -> Locator:
        label = WORDS["noise_label"].format(kind=WORDS["kinds"][kind], amount=f"{AMOUNTS[k]:.2f}")
        return self.picture(label)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def send(self, name: str, data: bytes) -> None:
        files = self.page.locator("input[type=file]")
        files.set_input_files({"name": name, "mimeType": "image/png", "buffer": data})


def pixels(canvas: Locator) -> np.ndarray:
    """Return what is drawn, shape (h, w, 3)."""
    found = canvas.evaluate(
        """(canvas) => {
          const { width, height } = canvas;
          return [height, width, ...canvas.getContext("2d").getImageData(0, 0, width, height).data];
        }"""
    )
    return np.array(found[2:]).reshape(found[0], found[1], 4)[..., :3]


def mixed(kind: str, k: int, weights: str = "weights", picture: str = "digits") -> np.ndarray:
    """Return the pixels that should be drawn."""
    told, arrays = decode(answer(kind, picture, 0))
    clean = arrays["clean"]
    if told["form"] == "replaced":
        replaced = (arrays["end"] >> 1 <= k)[..., None]
        other = clean if weights == "weights" else np.full_like(clean, 128)
        return np.where(replaced, 255 * (arrays["end"] & 1)[..., None], other) + np.zeros(3, int)
    a, b, c = told[weights][k]
    low, step = told["scale"]
    end = arrays["end"][k] if told["form"] == "frames" else arrays["end"]
    return to_bytes(a * clean / 255 + b * (low + step * end.astype(float)) + c) + np.zeros(3, int)


@pytest.fixture
def desk(page: Page) -> PicturesDesk:
    for kind in KINDS:
        answer(kind, "digits", 0)  # so that no page waits for a busy machine
    return PicturesDesk(page)


def test_three_kinds_are_shown_at_once_with_their_numbers(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    assert [(a["kind"], a["picture"], a["seed"]) for a in desk.asked] == [
        (kind, "china", "0") for kind in KINDS
    ]
    expect(desk.button("Temple")).to_have_attribute("aria-pressed", "true")
    for number, kind in enumerate(KINDS):
        told, panel = header(kind), desk.panel(number)
        assert np.abs(pixels(desk.corrupted(kind)) - mixed(kind, START)).max() <= 1
        assert np.abs(pixels(desk.noise(kind)) - mixed(kind, START, "noise")).max() <= 1
        ratios = panel.locator(".dg-ratios")
        expect(ratios).to_contain_text(f"SNR {told['snr'][START]}")
        expect(ratios).to_contain_text(f"PSNR {told['psnr'][START]:.1f} dB")
        median, mean = told["filters"]["median"], told["filters"]["mean"]
        size = median["size"][START]
        expect(panel).to_contain_text(f"After a median filter, {size} × {size}")
        scores = [told["psnr"][START], median["psnr"][START], mean["psnr"][START]]
        expect(panel.locator("dd")).to_have_text([f"{score:.1f}" for score in scores])
        expect(panel.locator("dd.dg-best")).to_have_text(f"{max(scores):.1f}")
        expect(panel).to_contain_text(WORDS["why"][kind])


def test_the_cleaned_picture_is_the_one_of_the_server(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    told, arrays = decode(answer("salt_and_pepper", "digits", 0))
    file = arrays["median"][told["cuts"][START] : told["cuts"][START + 1]].tobytes()
    wanted = np.asarray(Image.open(BytesIO(file)).convert("RGB")).astype(int)
    label = WORDS["median_label"].format(kind="Salt and pepper", amount="0.30")
    assert np.abs(pixels(desk.picture(label)) - wanted).max() <= 3  # two decoders of JPEG


def test_scrubbing_changes_every_picture_and_asks_for_nothing(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    before = [pixels(desk.corrupted(kind)) for kind in KINDS]
    desk.asked.clear()
    desk.slider.focus()
    desk.page.keyboard.press("ArrowRight")
    expect(desk.page.locator("output")).to_have_text("0.35")
    for k in (7, 20, 0):
        desk.slider.fill(str(k))
        for kind in KINDS:
            expect(desk.corrupted(kind, k)).to_be_visible()
            assert np.abs(pixels(desk.corrupted(kind, k)) - mixed(kind, k)).max() <= 1
    for kind, picture in zip(KINDS, before, strict=True):
        assert (pixels(desk.corrupted(kind, 0)) != picture).mean() > 0.1
        assert (np.abs(pixels(desk.noise(kind, 0)) - 128) <= 1).all()
    expect(desk.told).to_contain_text("At amount 0 there is no noise")
    expect(desk.panel(0).locator(".dg-ratios")).to_have_text("SNR ∞PSNR ∞ dB")
    assert desk.asked == []


def test_the_sentence_counts_what_filters_gain(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    for name in ("median", "mean"):
        for kind in KINDS:
            told = header(kind)
            gain = told["filters"][name]["psnr"][START] - told["psnr"][START]
            sign = "−" if gain < 0 else "+"
            item = f"{sign}{abs(gain):.1f} dB on {WORDS['inline'][kind]}"
            expect(desk.told).to_contain_text(item)
    told = header("salt_and_pepper")
    note = desk.page.get_by_text("SP (1 − SNR)")
    expect(note).to_contain_text(f"SP = {told['pixels']:,} pixels")
    expect(note).to_contain_text(f"NP = {round(0.3 * told['pixels']):,}; ")
    expect(note).to_contain_text(f"took {told['replaced'][START]:,}.")
    desk.slider.fill("10")
    expect(note).to_contain_text(f"is 0.50, so NP = {told['pixels'] // 2:,}; ")


def test_the_histogram_tells_what_a_screen_cuts_off(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    shares = decode(answer("gaussian", "digits", 0))[1]["histogram"][START]
    outside = f"{100 * (shares[0] + shares[-1]):.0f} %"
    expect(desk.panel(0)).to_contain_text(f"{outside} outside")
    expect(desk.panel(1)).to_contain_text(WORDS["inside"])
    label = re.compile(f"^Gaussian: how often each value is at amount 0.30.* {outside} of them")
    expect(desk.page.get_by_role("img", name=label)).to_be_visible()
    shape = desk.panel(0).locator(".dg-now").get_attribute("d")
    assert shape
    assert shape.count("M") == 64


@pytest.mark.parametrize("kind", ["poisson", "multiplicative", "additive"])
def test_another_kind_takes_a_column(desk: PicturesDesk, kind: str) -> None:
    desk.open()
    desk.ready()
    desk.asked.clear()
    choice = desk.page.get_by_role("combobox", name="Kind of noise, column 2")
    choice.select_option(kind)
    expect(desk.corrupted(kind)).to_be_visible()
    assert [asked["kind"] for asked in desk.asked] == [kind]  # the others are there
    desk.slider.fill("12")
    expect(desk.corrupted(kind, 12)).to_be_visible()
    assert np.abs(pixels(desk.corrupted(kind, 12)) - mixed(kind, 12)).max() <= 1
    assert np.abs(pixels(desk.noise(kind, 12)) - mixed(kind, 12, "noise")).max() <= 1
    expect(desk.told).to_contain_text(WORDS["inline"][kind])
    expect(desk.page.get_by_text("SP (1 − SNR)")).to_have_count(0)


def test_a_picture_of_ones_own_is_shown_and_found_again(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    own = desk.button(WORDS["pictures"]["own"])
    expect(own).to_be_hidden()
    desk.asked.clear()
    desk.send("two halves.png", png())
    expect(own).to_have_attribute("aria-pressed", "true")
    desk.ready()
    names = {asked["picture"] for asked in desk.asked}
    assert len(desk.asked) == 3
    assert len(names) == 1
    assert desk.sent == [png()]
    desk.slider.fill("0")
    shown = pixels(desk.corrupted("gaussian", 0))
    assert shown.shape == (30, 40, 3)
    assert (shown[:, :20] == (230, 20, 20)).all()
    assert (shown[:, 20:] == (20, 20, 230)).all()
    assert desk.page.evaluate("name => localStorage.getItem(name)", MEMORY) in names
    desk.button("Flower").focus()
    desk.open()  # a reload
    desk.ready()
    own.click()
    expect(own).to_have_attribute("aria-pressed", "true")
    desk.ready()
    assert pixels(desk.corrupted("uniform")).shape == (30, 40, 3)


def test_a_photograph_of_many_pixels_is_shrunk_before_it_goes(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    desk.send("photo.png", png(2400, 1800))
    expect(desk.button(WORDS["pictures"]["own"])).to_have_attribute("aria-pressed", "true")
    desk.ready()
    assert Image.open(BytesIO(desk.sent[0])).size == (768, 576)
    assert pixels(desk.corrupted("gaussian")).shape == (288, 384, 3)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("words.png", b"only words", "words.png: The file is not a PNG or JPEG picture, or it is"),
        ("dot.png", png(1, 1), "dot.png: The picture has only 1 × 1 pixels"),
        ("empty.png", b"", "empty.png: The file is empty."),
        ("long.png", b"x" * 2_000_001, f"long.png: {WORDS['large']}"),
    ],
    ids=["words", "dot", "empty", "large"],
)
def test_a_refused_file_is_told_and_what_was_seen_stays(
    desk: PicturesDesk, errors: list[str], name: str, data: bytes, says: str
) -> None:
    desk.open()
    desk.ready()
    before = pixels(desk.corrupted("gaussian"))
    told = desk.told.inner_text()
    desk.send(name, data)
    expect(desk.alert).to_contain_text(says)
    expect(desk.button("Temple")).to_have_attribute("aria-pressed", "true")
    expect(desk.button(WORDS["pictures"]["own"])).to_be_hidden()
    np.testing.assert_array_equal(pixels(desk.corrupted("gaussian")), before)
    assert desk.told.inner_text() == told
    desk.send("two halves.png", png())  # the next one is taken
    expect(desk.button(WORDS["pictures"]["own"])).to_have_attribute("aria-pressed", "true")
    expect(desk.alert).to_be_empty()
    assert all("422" in error for error in errors)
    errors.clear()


def test_a_picture_that_the_server_lost_is_forgotten(desk: PicturesDesk, errors: list[str]) -> None:
    desk.page.goto(URL)
    name = "own-0123456789abcdef"
    desk.page.evaluate("([key, name]) => localStorage.setItem(key, name)", [MEMORY, name])
    desk.open()
    desk.ready()
    before = pixels(desk.corrupted("gaussian"))
    own = desk.button(WORDS["pictures"]["own"])
    desk.refusal = "This picture is no longer on the server: upload it again."
    own.click()
    expect(desk.alert).to_have_text(desk.refusal)
    expect(own).to_be_hidden()
    expect(desk.button("Temple")).to_have_attribute("aria-pressed", "true")
    np.testing.assert_array_equal(pixels(desk.corrupted("gaussian")), before)
    expect(desk.page.locator(".dg-panel[aria-busy=false]")).to_have_count(3)
    assert desk.page.evaluate("name => localStorage.getItem(name)", MEMORY) is None
    assert errors
    errors.clear()


def test_a_failure_that_may_pass_forgets_no_picture(desk: PicturesDesk, errors: list[str]) -> None:
    desk.open()
    desk.ready()
    desk.send("two halves.png", png())
    own = desk.button(WORDS["pictures"]["own"])
    expect(own).to_have_attribute("aria-pressed", "true")
    desk.ready()
    name = desk.page.evaluate("name => localStorage.getItem(name)", MEMORY)
    desk.button("Flower").click()
    desk.ready()
    busy = {"error": "Many people are asking for pictures at this moment."}
    failures = [
        (lambda route: route.fulfill(status=503, json=busy), busy["error"]),
        (lambda route: route.abort(), WORDS["unreachable"]),
    ]
    for fail, sentence in failures:
        desk.page.route("**/api/picture?*", fail)
        own.click()
        expect(desk.alert).to_have_text(sentence)
        expect(own).to_be_visible()
        expect(desk.button("Flower")).to_have_attribute("aria-pressed", "true")
        desk.page.unroute("**/api/picture?*")
    own.click()
    desk.ready()
    expect(desk.alert).to_be_empty()
    assert pixels(desk.corrupted("gaussian")).shape == (30, 40, 3)
    assert desk.page.evaluate("name => localStorage.getItem(name)", MEMORY) == name
    assert errors
    errors.clear()


def test_of_quick_choices_the_last_one_is_shown(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    held: list[Route] = []
    desk.page.route(re.compile(r"api/picture\?.*picture=flower"), lambda route: held.append(route))
    desk.button("Flower").click()
    expect(desk.panel(0)).to_have_attribute("aria-busy", "true")
    desk.button("Digits").click()
    desk.ready()
    for route in held:
        route.fulfill(body=answer("gaussian", "digits", 9), content_type="application/octet-stream")
    desk.page.wait_for_timeout(100)
    assert np.abs(pixels(desk.corrupted("gaussian")) - mixed("gaussian", START)).max() <= 1
    expect(desk.button("Digits")).to_have_attribute("aria-pressed", "true")
    expect(desk.alert).to_be_empty()


def test_the_seed_above_draws_anew(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    before = pixels(desk.corrupted("gaussian"))
    desk.asked.clear()
    desk.tell(seed=2, dataset="moons")
    desk.ready()
    expect(desk.panel(0).locator(".dg-ratios")).to_contain_text(
        f"{header('gaussian', seed=2)['psnr'][START]:.1f} dB"
    )
    assert (pixels(desk.corrupted("gaussian")) != before).mean() > 0.1
    desk.tell(seed=2, dataset="circles")
    desk.page.wait_for_timeout(100)
    assert [asked["seed"] for asked in desk.asked] == ["2"] * 3  # no data set matters here


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_has_nothing_to_scroll_sideways(desk: PicturesDesk, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.open()
    desk.ready()
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    desk.panel(2).scroll_into_view_if_needed()
    box = desk.slider.bounding_box()  # the amount stays in sight
    assert box
    assert 0 <= box["y"] < 844


def test_a_file_can_be_dropped(desk: PicturesDesk) -> None:
    desk.open()
    desk.ready()
    desk.page.evaluate(
        """(bytes) => {
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
          const options = { dataTransfer: files, bubbles: true, cancelable: true };
          document.querySelector(".dg-grid").dispatchEvent(new DragEvent("drop", options));
        }""",
        list(png()),
    )
    expect(desk.button(WORDS["pictures"]["own"])).to_have_attribute("aria-pressed", "true")
    assert desk.sent == [png()]
