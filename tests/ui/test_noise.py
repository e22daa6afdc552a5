"""The tab "Noise types": what its players and chapters are told."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from explainer.settings import CORRUPTION_NAMES, MAIN_CORRUPTIONS
from explainer.ui.chapters import NOISE_CHAPTERS
from explainer.ui.tabs.noise import _chosen, _show, _show_all
from explainer.ui.text import noise as words

JUNK = [None, True, "x", float("nan"), -1e300, ["gaussian"], [["x"]], {"a": []}]


def test_every_kind_has_a_name() -> None:
    assert tuple(words.NOISE_TYPES) == CORRUPTION_NAMES
    assert len(set(words.NOISE_TYPES.values())) == len(CORRUPTION_NAMES)


@pytest.mark.parametrize("kind", CORRUPTION_NAMES)
def test_a_player_shows_the_kind_under_its_name(kind: str) -> None:
    answer = _show(kind, "moons", 3)
    assert answer["title"] == words.NOISE_TYPES[kind]
    assert answer["src"].startswith(f"api/corruption?kind={kind}&")
    assert "dataset=moons" in answer["src"]
    assert "seed=3" in answer["src"]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize(("at", "field"), list(enumerate(["kind", "dataset", "seed"])))
def test_what_no_chooser_ever_had_is_refused_by_name(at: int, field: str, junk: Any) -> None:
    values: list[Any] = ["gaussian", "moons", 0]
    values[at] = junk
    answer = _show(*values)
    assert set(answer) == {"error"}  # no address and no title: what is on screen stays
    assert answer["error"].startswith(f"{field} must be")
    assert "\n" not in answer["error"]
    assert answer["error"].endswith(".")


def test_all_players_and_chapters_follow_data_and_seed() -> None:
    kinds = ["poisson", "gaussian", "gaussian"]
    answers = _show_all("circles", 7, *kinds)
    assert len(answers) == len(MAIN_CORRUPTIONS) + len(NOISE_CHAPTERS)
    for kind, player in zip(kinds, answers[:3], strict=True):
        assert player == _show(kind, "circles", 7)
    assert answers[3:] == [{"dataset": "circles", "seed": 7}] * len(NOISE_CHAPTERS)


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_what_cannot_be_leaves_the_chapters_as_they_were(junk: Any) -> None:
    for dataset, seed in ((junk, 0), ("moons", junk)):
        answers = _show_all(dataset, seed, *MAIN_CORRUPTIONS)
        assert [set(player) for player in answers[:3]] == [{"error"}] * 3
        assert answers[3:] == [gr.skip()] * len(NOISE_CHAPTERS)


def test_a_forged_kind_spoils_one_player_alone() -> None:
    answers = _show_all("moons", 0, "x", "uniform", "gaussian")
    assert [set(player) for player in answers[:3]] == [{"error"}, *[{"src", "title"}] * 2]
    assert answers[3] == _chosen("moons", 0) == {"dataset": "moons", "seed": 0}
