"""What learners made comes back as it was, or is said to be gone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from explainer import own
from explainer.folder import FOLDER_VARIABLE
from explainer.own import (
    is_own,
    keep_curve,
    keep_model,
    keep_picture,
    keep_points,
    keep_upload,
    kind_of,
    load_curve,
    load_model_bytes,
    load_picture,
    load_points,
    load_upload,
    model_name,
)

GONE = r"^These points are no longer here: draw, upload or design it again\.$"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


def cloud(n: int = 50, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)), rng.uniform(size=n)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_points_come_back_as_they_were() -> None:
    points, color = cloud()
    points += 1.7e9  # seconds since 1970: single precision would merge them
    name = keep_points(points, color)
    assert is_own(name)
    assert kind_of(name) == "points"
    back, back_color = load_points(name)
    np.testing.assert_array_equal(back, points)
    np.testing.assert_array_equal(back_color, color.astype(np.float32))
    assert back.flags.writeable


@pytest.mark.parametrize("kind", ["handles", "betas"])
def test_a_schedule_comes_back_as_it_was(kind: own.CurveKind) -> None:
    name = keep_curve([0, 0.3, 1], [1, 0.4, 1e-4], kind)
    curve = load_curve(name)
    assert curve.u.tolist() == [0, 0.3, 1]
    assert curve.alpha_bar.tolist() == [1, 0.4, 1e-4]
    assert curve.kind == kind_of(name) == kind


def test_equal_content_has_an_equal_name_and_one_file(folder: Path) -> None:
    names = {keep_points(*cloud()) for _ in range(3)}
    assert len(names) == 1
    assert files(folder) == names
    assert keep_points(*cloud(seed=1)) not in names
    knots = [0, 1], [1, 0.1]
    assert keep_curve(*knots, "handles") != keep_curve(*knots, "betas")


@pytest.mark.parametrize(
    "name",
    ["s_curve", "own-", "own-0123456789abcde", "own-0123456789ABCDEF", "own-0123456789abcdef\n",
     "../own-0123456789abcdef", "own-0123456789abcdef/..", "", None, 7, b"own-0123456789abcdef"],
)  # fmt: skip
def test_other_names_are_not_ours_and_touch_no_file(name: object) -> None:
    assert not is_own(name)
    with pytest.raises(ValueError, match="no longer here"):
        load_points(name)


def test_what_is_not_there_is_said_so() -> None:
    with pytest.raises(ValueError, match=GONE):
        load_points("own-0123456789abcdef")
    with pytest.raises(ValueError, match=r"^This schedule is no longer here: .* again\.$"):
        load_curve("own-0123456789abcdef")


def test_a_model_comes_back_as_it_was() -> None:
    name = keep_model(b"any\nbytes")
    assert name == model_name(b"any\nbytes")
    assert kind_of(name) == "model"
    assert load_model_bytes(name) == b"any\nbytes"


def test_a_picture_and_a_file_to_be_looked_into_come_back_as_they_were() -> None:
    picture, upload = keep_picture(b"any\nbytes"), keep_upload(b"any\nbytes")
    assert picture != upload
    assert (kind_of(picture), kind_of(upload)) == ("picture", "upload")
    assert load_picture(picture) == load_upload(upload) == b"any\nbytes"
    for load, name in ((load_picture, upload), (load_upload, picture)):
        with pytest.raises(ValueError, match=r"^This picture is no longer on the server: upload"):
            load(name)


def test_points_are_no_schedule_and_a_schedule_no_points() -> None:
    points, schedule = keep_points(*cloud()), keep_curve([0, 1], [1, 0.5], "handles")
    with pytest.raises(ValueError, match=r"^This model is no longer on the server: train it again"):
        load_model_bytes(points)
    with pytest.raises(ValueError, match="This schedule is no longer here"):
        load_curve(keep_model(b"bytes"))
    with pytest.raises(ValueError, match="This schedule is no longer here"):
        load_curve(points)
    with pytest.raises(ValueError, match="These points are no longer here"):
        load_points(schedule)


@pytest.mark.parametrize("damage", [lambda data: data[:-8], lambda data: data[:-1] + b"?"])
def test_a_damaged_file_counts_as_gone_and_is_made_anew(folder: Path, damage) -> None:
    name = keep_points(*cloud())
    path = folder / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=GONE):
        load_points(name)
    assert keep_points(*cloud()) == name
    assert len(load_points(name)[0]) == 50


NAN = float("nan")


@pytest.mark.parametrize(
    ("points", "color", "says"),
    [
        (np.zeros((3, 3)), np.zeros(3), "points must have the shape (n, 2), not (3, 3)"),
        (np.zeros((0, 2)), np.zeros(0), "points must have the shape"),
        (np.zeros((3, 2)), np.zeros(2), "color must have the shape (3,), not (2,)"),
        (np.full((3, 2), NAN), np.zeros(3), "points must be finite"),
        (np.zeros((3, 2)), np.full(3, 1.5), "color must lie between 0 and 1"),
        (np.zeros((3, 2)), np.full(3, NAN), "color must lie between 0 and 1"),
    ],
)
def test_bad_points_are_refused(points: np.ndarray, color: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        keep_points(points, color)


@pytest.mark.parametrize(
    ("u", "alpha_bar", "kind", "says"),
    [
        ([0, 1], [1, 0.5], "spline", "kind must be one of handles, betas"),
        ([0], [1], "betas", "at least 2 knots"),
        ([0, 1], [1, 0.5, 0.1], "betas", "at least 2 knots"),
        ([0, 1], [1, NAN], "betas", "finite"),
        ([0.1, 1], [1, 0.5], "betas", "must begin at u = 0"),
        ([0, 1], [0.9, 0.5], "betas", "must begin at u = 0"),
        ([0, 0.9], [1, 0.5], "betas", "end at u = 1"),
        ([0, 0.5, 0.5, 1], [1, 0.5, 0.4, 0.3], "betas", "u must rise"),
        ([0, 0.5, 1], [1, 0.5, 0.5], "betas", "alpha_bar must fall"),
        ([0, 1], [1, 0], "betas", "stay above 0"),
    ],
)
def test_bad_schedules_are_refused(
    u: list[float], alpha_bar: list[float], kind: own.CurveKind, says: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        keep_curve(u, alpha_bar, kind)
