"""The command line: what is allowed, what stands in the environment, and what is refused."""

from __future__ import annotations

import pytest

from explainer.ui.options import Options, read_options

TOKEN = "a-token-of-20-letters"


def test_nothing_is_open_by_default() -> None:
    options = read_options([], {})
    assert options == Options()
    assert options.hosts == ("127.0.0.1",)
    closed = (options.share, options.behind_proxy, options.on_space, options.teacher_token)
    assert closed == (False, False, False, "")


def test_the_command_line() -> None:
    options = read_options(
        [
            *("--host", "[::]", "--port", "80", "--share", "--behind-proxy"),
            *("--teacher-token", TOKEN),
            *("--allowed-host", "School.example.", "--allowed-host", "*.room.example"),
            *("--allow-origin", "https://LMS.example/", "--allow-origin", "http://localhost:3000"),
        ],
        {},
    )
    assert options == Options(
        host="[::]",
        port=80,
        share=True,
        allowed_hosts=("school.example", "*.room.example"),
        allow_origins=("https://lms.example", "http://localhost:3000"),
        behind_proxy=True,
        teacher_token=TOKEN,
    )
    assert options.hosts == ("::", "school.example", "*.room.example", "*.gradio.live")


def test_variables_stand_in_for_it() -> None:
    variables = {
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": "8080",
        "DIFFUSION_EXPLAINER_ALLOWED_HOSTS": "a.example, b.example,",
        "DIFFUSION_EXPLAINER_ALLOW_ORIGINS": "https://c.example",
        "DIFFUSION_EXPLAINER_TEACHER_TOKEN": TOKEN,
        "SPACE_HOST": "not-a-space.example",
    }
    assert read_options(["--allowed-host", "d.example"], variables) == Options(
        host="0.0.0.0",
        port=8080,
        allowed_hosts=("d.example", "a.example", "b.example"),
        allow_origins=("https://c.example",),
        teacher_token=TOKEN,
    )


def test_a_space_knows_its_names_and_is_behind_a_proxy() -> None:
    variables = {"SPACE_ID": "me/it", "SPACE_HOST": "me-it.hf.space,own.example"}
    options = read_options([], variables)
    assert options.behind_proxy
    assert options.on_space
    assert options.hosts == ("127.0.0.1", "me-it.hf.space", "own.example", "*.hf.space")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--allowed-host", ""], "'' is not a host name"),
        (["--allowed-host", "*"], "'*' is not a host name"),
        (["--allowed-host", "http://a.example"], "'http://a.example' is not a host name"),
        (["--allowed-host", "a.example:80"], "'a.example:80' is not a host name"),
        (["--allowed-host", "a.*.example"], "'a.*.example' is not a host name"),
        (["--allow-origin", "*"], "'*' is not an origin such as https://school.example"),
        (["--allow-origin", "null"], "'null' is not an origin"),
        (["--allow-origin", "a.example"], "'a.example' is not an origin"),
        (["--allow-origin", "https://a.example/x"], "'https://a.example/x' is not an origin"),
        (["--allow-origin", "https://*.example"], "'https://*.example' is not an origin"),
        (["--allow-origin", "https://a.example;script-src"], "is not an origin"),
        (["--teacher-token", "short"], "must have at least 12 characters, none of them a space"),
        (["--teacher-token", "a b c d e f g h"], "must have at least 12 characters"),
        (["--port", "0"], "between 1 and 65535"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        read_options(arguments, {})
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]


def test_a_short_token_in_the_environment_is_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        read_options([], {"DIFFUSION_EXPLAINER_TEACHER_TOKEN": "geheim"})
    printed = capsys.readouterr().err
    assert "DIFFUSION_EXPLAINER_TEACHER_TOKEN" in printed
    assert "geheim" not in printed


def test_the_token_is_not_shown_with_the_options() -> None:
    assert TOKEN not in repr(Options(teacher_token=TOKEN))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/teacher#token=a%2Fb%23c%25d-123456"),
        ("0.0.0.0", "http://localhost:80/teacher#token=a%2Fb%23c%25d-123456"),
        ("::1", "http://[::1]:80/teacher#token=a%2Fb%23c%25d-123456"),
        ("[::]", "http://localhost:80/teacher#token=a%2Fb%23c%25d-123456"),
    ],
)
def test_the_address_of_the_teachers_view(host: str, address: str) -> None:
    assert Options(host=host, port=80, teacher_token="a/b#c%d-123456").teacher_address() == address
