"""Names and origins: what is believed to be this server, or one of its friends."""

from __future__ import annotations

import socket

import pytest

from explainer.ui import hosts
from explainer.ui.hosts import MAX_KNOWN, Hosts, client_of, same_site

HOST = socket.gethostname().lower()


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:7860", "192.168.1.5:80", "[::1]", "[::1]:7860", "[fe80::1]"),
        *("localhost", "LocalHost:7860", "localhost.", HOST, HOST.partition(".")[0] + ".local:80"),
        *("school.example", "SCHOOL.example:443", "a.room.example", "b.a.room.example:1"),
    ],
)
def test_allowed_hosts(host: str) -> None:
    allowed = Hosts(["school.example", "*.room.example"])
    assert allowed.allows(host.encode())
    assert allowed.allows(host.encode())  # known by now


@pytest.mark.parametrize(
    "host",
    [
        *("", " ", "evil.example", "school.example.evil.example", "evilschool.example"),
        *("room.example", "evilroom.example", "127.0.0.1.evil.example", "127.0.0.1:7860:1"),
        *("localhost:", ":80", "localhost:99999", "localhost:x", "localhost, evil.example"),
        *("user@localhost", "2130706433", "localhost/", "::1", "[::1", "[1.2.3.4]", "[::1]evil"),
        *("lo\x00calhost", "localhost\n", "ü"),
    ],
)
def test_other_hosts(host: str) -> None:
    allowed = Hosts(["school.example", "*.room.example"])
    assert not allowed.allows(host.encode())
    assert not allowed.allows(host.encode())


def test_the_full_name_of_this_machine_is_allowed_as_soon_as_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[object] = []

    class Later:
        def __init__(self, target: object, daemon: bool) -> None:
            self.start = lambda: started.append(target)

    monkeypatch.setattr(hosts, "Thread", Later)
    monkeypatch.setattr(socket, "getfqdn", lambda: "Laptop.School.Example")
    hosts._own_names.cache_clear()
    try:
        allowed = Hosts()
        assert not allowed.allows(b"laptop.school.example")  # nobody has waited for the network
        (look_up,) = started
        look_up()  # type: ignore[operator]
        assert allowed.allows(b"laptop.school.example:7860")
    finally:
        hosts._own_names.cache_clear()


def test_what_is_remembered_of_hosts_is_bounded() -> None:
    allowed = Hosts()
    for port in range(1, 3 * MAX_KNOWN):
        assert allowed.allows(b"localhost:%d" % port)
    assert len(allowed._known) <= MAX_KNOWN


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:7860", "localhost:7860", True),
        ("https://School.example", "school.example", True),  # behind a proxy that speaks https
        ("https://school.example", "school.example:443", True),
        ("http://school.example:80", "school.example", True),
        ("http://[::1]:7860", "[::1]:7860", True),
        ("http://localhost:8000", "localhost:7860", False),  # another program of this machine
        ("http://localhost", "localhost:443", False),
        ("http://evil.example", "localhost:7860", False),
        ("http://localhost:7860.evil.example", "localhost:7860", False),
        ("http://evil.example/localhost:7860", "localhost:7860", False),
        ("http://evil@localhost:7860", "localhost:7860", False),
        ("null", "null", False),
        ("null", "localhost", False),
        ("", "", False),
        ("file://", "", False),
        ("://localhost", "localhost", False),
        ("ftp://localhost", "localhost", False),
        ("http://school.example:8080", "school.example", False),
    ],
)
def test_origins_of_a_host(origin: str, host: str, same: bool) -> None:
    assert same_site(origin.encode(), host.encode()) is same


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://school.example:8080", True),
        ("http://evil.example:8080", False),
        ("http://school.example:8080.evil.example", False),
        ("http://school.example:x", False),
        ("http://school.example@evil.example:8080", False),
    ],
)
def test_a_proxy_may_leave_out_the_port(origin: str, same: bool) -> None:
    assert same_site(origin.encode(), b"school.example", port_may_lack=True) is same


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("9.9.9.9", "9.9.9.9"),
        ("1.1.1.1, 9.9.9.9", "9.9.9.9"),  # the first is what the client claims
        ("1.1.1.1, 9.9.9.9, 10.0.0.7", "9.9.9.9"),  # the last is a proxy of the same house
        ("10.0.0.5", "10.0.0.5"),
        ("10.0.0.5, 10.0.0.6", "10.0.0.6"),
        ("9.9.9.9:1234", "9.9.9.9"),
        ("[2606:4700::1]:80", "2606:4700::1"),
        ("2606:4700::1", "2606:4700::1"),
        ("9.9.9.9, unknown, ", "9.9.9.9"),
        ("::ffff:9.9.9.9", "9.9.9.9"),  # as a proxy writes it that listens on both
        ("9.9.9.9, ::ffff:10.0.0.7", "9.9.9.9"),
        ("", None),
        ("<script>", None),
        ("ü" * 10_000, None),
    ],
)
def test_whom_a_proxy_forwards_for(forwarded: str, client: str | None) -> None:
    assert client_of(forwarded.encode()) == client
