"""A port and a host are checked, and a refusal is one sentence, before anything is loaded."""

from __future__ import annotations

import argparse
import socket

import pytest

from explainer.ui import host


@pytest.mark.parametrize("text", ["1", "7860", "65535"])
def test_ports(text: str) -> None:
    assert host.port(text) == int(text)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "abc", "", "7860.0", "²", "9" * 5000])
def test_bad_ports(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="between 1 and 65535"):
        host.port(text)


def test_a_free_port_is_no_problem_and_a_taken_one_is() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
        taken.listen()
        sentence = host.problem("127.0.0.1", number)
    assert sentence is not None
    assert sentence.startswith(f"Cannot serve on 127.0.0.1, port {number}: the port is in use.")
    assert host.problem("127.0.0.1", number) is None


def test_an_unknown_host_is_told_without_advice_about_ports() -> None:
    sentence = host.problem("no.such.host.invalid", 7860)
    assert sentence is not None
    assert sentence.startswith("Cannot serve on no.such.host.invalid, port 7860: ")
    assert "Stop the program" not in sentence


@pytest.mark.parametrize(
    ("given", "written"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("[::1]", "[::1]"), ("localhost", "localhost")],
)
def test_ipv6_stands_in_brackets(given: str, written: str) -> None:
    assert host.in_brackets(given) == written
