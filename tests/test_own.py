"""What learners made: kept under its content's name, bounded, and never half."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from explainer import own
from explainer.own import is_own, keep_curve, keep_points, kind_of, load_curve, load_points

ROOT = Path(__file__).parent.parent
GONE = r"^These points are no longer here: draw, upload or design it again\.$"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    monkeypatch.setenv(own.FOLDER_VARIABLE, str(folder))
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


def test_points_are_no_schedule_and_a_schedule_no_points() -> None:
    points, schedule = keep_points(*cloud()), keep_curve([0, 1], [1, 0.5], "handles")
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


def test_the_least_recently_used_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MAX_KEPT", 3)
    names = [keep_points(*cloud(seed=seed)) for seed in range(3)]
    for age, name in enumerate(reversed(names)):
        os.utime(folder / name, (1000 - age, 1000 - age))
    load_points(names[0])  # used just now
    keep_points(*cloud(seed=2))  # kept again just now
    newest = keep_points(*cloud(seed=3))
    assert files(folder) == {names[0], names[2], newest}


def test_all_files_together_stay_within_the_quota(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(b"points\n") + 50 * own.POINT_BYTES
    monkeypatch.setattr(own, "MAX_BYTES", 3 * size)
    for seed in range(6):
        load_points(keep_points(*cloud(seed=seed)))
        assert len(files(folder)) == min(seed + 1, 3)
    monkeypatch.setattr(own, "MAX_BYTES", 10)
    newest = keep_points(*cloud(seed=9))
    assert files(folder) == {newest}, "what was just kept stays"


def test_many_threads_keep_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MAX_KEPT", 5)
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda seed: keep_points(*cloud(seed=seed % 12)), range(48)))
    assert len(set(names)) == 12
    assert len(files(folder)) == 5
    assert all(is_own(name) for name in files(folder)), "no part of a file is left"


def test_a_full_disk_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ValueError, match=r"^This could not be kept: the server's disk is full"):
        keep_points(*cloud())
    assert files(folder) == set(), "nothing half is left behind"


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


PROGRAM = """
import os, subprocess, sys
from explainer.own import FOLDER_VARIABLE, open_folder
import numpy as np
assert FOLDER_VARIABLE not in os.environ
folder = open_folder()
assert open_folder() == folder and folder.is_dir()
from explainer.own import keep_points
name = keep_points(np.eye(2), np.zeros(2))
child = "from explainer.own import load_points; print(len(load_points({!r})[0]))".format(name)
done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
assert done.stdout == "2\\n"
if hasattr(os, "fork") and os.fork() == 0:
    sys.exit()  # runs the hooks that it inherited
elif hasattr(os, "fork"):
    os.wait()
assert folder.is_dir(), "a child took the folder away"
print(folder)
"""


def test_a_folder_of_our_own_is_seen_by_children_and_removed_at_the_end() -> None:
    environment = {k: v for k, v in os.environ.items() if k != own.FOLDER_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not Path(done.stdout.strip()).exists()


def test_a_named_folder_is_made_and_stays(folder: Path) -> None:
    assert not folder.exists()
    assert own.open_folder() == folder
    assert folder.is_dir()
