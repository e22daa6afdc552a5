"""The table of what corruptions cost."""

from __future__ import annotations

import json

import pytest

from benchmarks import corruptions
from explainer.settings import CORRUPTION_NAMES


def test_every_kind_is_timed_on_both_pictures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(corruptions, "PICTURES", {"grey": (8, 8), "colour": (8, 8, 3)})
    file = f"{tmp_path}/out.json"
    monkeypatch.setattr("sys.argv", ["corruptions", "--rounds", "2", "--json", file])
    corruptions.main()
    assert "salt_and_pepper" in capsys.readouterr().out
    with open(file, encoding="utf-8") as written:  # noqa: PTH123
        rows = json.load(written)["tables"][0]["rows"]
    assert [row["kind"] for row in rows] == [*CORRUPTION_NAMES]
    for row in rows:
        for name in ("grey", "colour"):
            assert 0 < row[f"ms {name}"] < 1000
            assert row[f"{name} in time"] is (row[f"ms {name}"] <= 20)
