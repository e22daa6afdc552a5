"""What may be sent to the page's events: checked before Gradio sees it, and written anew.

Gradio answers what it does not expect with a traceback and an HTTP 500. Here it gets nothing but
the fields that the page itself sends, each of the right type; the values in ``data`` are checked
by the events themselves.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import gradio as gr

from explainer.ui.text import guard as text

SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
DEPTH = 64  # levels


class Refused(Exception):
    """One sentence, and the status of the answer.

    Attributes
    ----------
    status : int
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def events_of(page: gr.Blocks) -> dict[int, int]:
    """Return how many values each event of a page takes, by its number.

    Parameters
    ----------
    page : gr.Blocks

    Returns
    -------
    dict of int to int
    """
    return {number: len(event.inputs) for number, event in page.fns.items() if event.fn}


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):  # as 1e999, which is no constant
        raise ValueError(number)
    return value


def _is_deep(data: bytes, value: Any) -> bool:
    if data.count(b"[") + data.count(b"{") <= DEPTH:
        return False
    level = [value]
    for _ in range(DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def read_strictly(data: bytes) -> dict[str, Any]:
    """Read JSON: an object, not too deep, without NaN or Infinity, in proper Unicode.

    Raises
    ------
    Refused
        With status 400.
    """
    try:
        value = json.loads(data, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise Refused(400, text.TOO_DEEP.format(most=DEPTH)) from None
    except ValueError:
        raise Refused(400, text.JSON) from None
    if not isinstance(value, dict):
        raise Refused(400, text.OBJECT)
    if _is_deep(data, value):
        raise Refused(400, text.TOO_DEEP.format(most=DEPTH))
    return value


def _is_plain(value: Any) -> bool:
    """Tell text, numbers and lists of them: some objects Gradio takes for files, and fetches."""
    inner = value if isinstance(value, list) else [value]
    return not any(isinstance(one, dict | list) for one in inner)


def read_event(data: bytes, events: Mapping[int, int]) -> tuple[str, bytes]:
    """Read what is sent to an event.

    Parameters
    ----------
    data : bytes
        The body.
    events : mapping of int to int
        How many values each event takes, by its number.

    Returns
    -------
    session : str
        The page's name for itself.
    body : bytes
        For Gradio: the same, without what no event of the page needs. More values than the event
        takes are left out, and so is what triggered it: Gradio changes the component that is named.

    Raises
    ------
    Refused
        With status 400, 404 or 422.
    """
    sent = read_strictly(data)
    session, number, values = sent.get("session_hash"), sent.get("fn_index"), sent.get("data")
    if not isinstance(session, str) or not SESSION.fullmatch(session):
        raise Refused(400, text.SESSION)
    if not isinstance(number, int) or isinstance(number, bool) or number not in events:
        raise Refused(404, text.EVENT)
    if not isinstance(values, list):
        raise Refused(422, text.DATA)
    wanted = events[number]
    if len(values) < wanted:
        raise Refused(422, text.TOO_FEW.format(wanted=wanted, sent=len(values)))
    if not all(map(_is_plain, values[:wanted])):
        raise Refused(422, text.DATA)
    told = sent.get("event_data")  # what a component of ours has to say
    event = {
        "data": values[:wanted],
        "event_data": told if isinstance(told, dict) else {},
        "fn_index": number,
        "session_hash": session,
    }
    try:
        return session, json.dumps(event, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a pair of surrogates, which no answer could repeat
        raise Refused(400, text.UNICODE) from None
