"""The command line of the app, and the variables that stand in for it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from explainer.ui import host
from explainer.ui.hosts import NAME, ORIGIN
from explainer.ui.text import guard as text

OUR = "DIFFUSION_EXPLAINER_"


@dataclass(frozen=True)
class Options:
    """How the app is served.

    Attributes
    ----------
    host : str
    port : int
    share : bool
        Whether there is a public link.
    allowed_hosts : tuple of str
        Names the server answers to, beside this machine's own.
    allow_origins : tuple of str
        Other sites that may send something, and may show the page in a frame.
    behind_proxy : bool
        Whether forwarded headers are believed.
    teacher_token : str
        Empty for no teacher's view.
    space_hosts : tuple of str
        The names of the Hugging Face Space this is.
    on_space : bool
    """

    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False
    allowed_hosts: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    behind_proxy: bool = False
    teacher_token: str = field(default="", repr=False)
    space_hosts: tuple[str, ...] = ()
    on_space: bool = False

    @property
    def hosts(self) -> tuple[str, ...]:
        """All names that the server answers to."""
        shared = ("*.gradio.live",) if self.share else ()
        return (self.host.strip("[]"), *self.allowed_hosts, *self.space_hosts, *shared)

    def teacher_address(self) -> str:
        """Return the address of the teacher's view.

        The token stands behind a #, which browsers do not send, so that no log has it.
        """
        everywhere = self.host.strip("[]") in ("0.0.0.0", "::")
        where = "localhost" if everywhere else host.in_brackets(self.host)
        return f"http://{where}:{self.port}/teacher#token={quote(self.teacher_token, safe='')}"


def _space_hosts(variables: Mapping[str, str]) -> tuple[str, ...]:
    # With a domain of its own a Space has several names. Other Spaces' names do no harm here: what
    # is public anyway has nothing that a borrowed name could reach.
    names = (name.strip() for name in variables.get("SPACE_HOST", "").split(","))
    return (*filter(None, names), "*.hf.space")


def _checked(value: str, good: bool, sentence: str, where: str) -> str:
    if not good:
        raise argparse.ArgumentTypeError(sentence.format(value=value[:80], where=where))
    return value


def _name(value: str) -> str:
    value = value.strip().lower().rstrip(".")
    where = f"--allowed-host or {OUR}ALLOWED_HOSTS"
    return _checked(value, bool(NAME.fullmatch(value)), text.BAD_NAME, where)


def _origin(value: str) -> str:
    value = value.strip().lower().rstrip("/")
    where = f"--allow-origin or {OUR}ALLOW_ORIGINS"
    return _checked(value, bool(ORIGIN.fullmatch(value)), text.BAD_ORIGIN, where)


def _token(value: str) -> str:
    where = f"--teacher-token or {OUR}TEACHER_TOKEN"
    good = len(value) >= text.LEAST_TOKEN and not any(map(str.isspace, value))
    return _checked(value, good, text.SHORT_TOKEN, where)


def read_options(
    arguments: Sequence[str] | None = None, variables: Mapping[str, str] | None = None
) -> Options:
    """Read the command line; variables are its defaults.

    Exits with one sentence if something is wrong.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the program.
    variables : mapping of str to str, optional
        By default the environment.

    Returns
    -------
    Options
    """
    parser = argparse.ArgumentParser(
        description="Serve the explainer, then open the address it prints."
    )
    given = os.environ if variables is None else variables
    space = bool(given.get("SPACE_ID"))

    def listed(name: str) -> list[str]:
        return [part for part in given.get(OUR + name, "").split(",") if part.strip()]

    parser.add_argument("--host", default=given.get("GRADIO_SERVER_NAME") or "127.0.0.1")
    parser.add_argument("--port", type=host.port, default=given.get("GRADIO_SERVER_PORT") or "7860")
    parser.add_argument("--share", action="store_true", help="make a public link")
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name this server answers to, beside localhost, this machine's own names and "
        f"addresses in digits; *.NAME for all below it; repeatable; also {OUR}ALLOWED_HOSTS",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="URL",
        help="another site that may send requests and show the page in a frame; repeatable; also "
        f"{OUR}ALLOW_ORIGINS",
    )
    parser.add_argument(
        "--behind-proxy",
        action="store_true",
        help="believe the X-Forwarded headers of a proxy, which all requests must come through",
    )
    parser.add_argument(
        "--teacher-token",
        metavar="TOKEN",
        default=given.get(OUR + "TEACHER_TOKEN", ""),
        help="open the teacher's view to whoever has this token; better given as "
        f"{OUR}TEACHER_TOKEN, which other users of this machine cannot see",
    )
    read = parser.parse_args(arguments)
    try:
        return Options(
            host=read.host,
            port=read.port,
            share=read.share,
            allowed_hosts=tuple(map(_name, read.allowed_host + listed("ALLOWED_HOSTS"))),
            allow_origins=tuple(map(_origin, read.allow_origin + listed("ALLOW_ORIGINS"))),
            behind_proxy=read.behind_proxy or space,
            teacher_token=_token(read.teacher_token) if read.teacher_token else "",
            space_hosts=_space_hosts(given) if space else (),
            on_space=space,
        )
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
