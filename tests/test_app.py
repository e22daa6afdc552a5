"""What ``python app.py`` does before and after it serves."""

from __future__ import annotations

import os
from typing import Any

import pytest

import app
from explainer.ui import build, host, services
from explainer.ui.options import Options

TOKEN = "a-token-of-20-letters"


class Started:
    """Pretends to be what runs behind the page.

    Attributes
    ----------
    did : list of str
        What happened, in order.
    options : Options
        What it was served with.
    """

    def __init__(self) -> None:
        self.did: list[str] = []
        self.options = Options()

    def close(self) -> None:
        self.did.append("close")

    def launch(self, page: Any, given: Any, options: Options) -> None:
        assert (page, given) == ("page", self)
        self.did.append("launch")
        self.options = options


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    started = Started()
    monkeypatch.setattr(services, "start_services", lambda: started)
    monkeypatch.setattr(build, "build_app", lambda given: "page")
    monkeypatch.setattr(build, "launch", started.launch)
    monkeypatch.setattr(host, "problem", lambda name, port: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(os, "environ", {**os.environ, "FORWARDED_ALLOW_IPS": "*"})
    monkeypatch.delenv("SPACE_ID", raising=False)
    return started


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["app.py", *arguments])
    app.main()


def test_it_is_served_and_then_closed(
    started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--port", "80", "--allowed-host", "a.example")
    assert started.did == ["launch", "close"]
    assert started.options == Options(port=80, allowed_hosts=("a.example",))
    assert capsys.readouterr().out == ""


def test_uvicorn_and_gradio_are_told_to_believe_nobody_and_to_serve_no_file(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "GRADIO_ALLOWED_PATHS", "/etc")
    run(monkeypatch)
    assert os.environ["FORWARDED_ALLOW_IPS"] == ""
    assert "GRADIO_ALLOWED_PATHS" not in os.environ
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


def test_what_is_set_for_gradio_stays(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "MPLBACKEND", "svg")
    run(monkeypatch)
    assert os.environ["MPLBACKEND"] == "svg"


def test_the_teachers_address_is_printed(
    started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--teacher-token", TOKEN, "--port", "80")
    printed = capsys.readouterr().out
    assert printed == f"* The teacher's view:  http://127.0.0.1:80/teacher#token={TOKEN}\n"


def test_a_space_does_not_print_the_token(
    started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(os.environ, "SPACE_ID", "me/it")
    run(monkeypatch, "--teacher-token", TOKEN)
    assert started.options.teacher_token == TOKEN
    assert TOKEN not in capsys.readouterr().out


def test_a_port_that_is_taken_meanwhile_is_one_sentence(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("no port")

    monkeypatch.setattr(build, "launch", fail)
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch)
    assert ended.value.code == "no port"
    assert started.did == ["close"]
