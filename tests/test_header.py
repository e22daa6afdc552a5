"""What stands before the tensors is read without torch, and nothing that is wrong gets past."""

from __future__ import annotations

import json
import re
import struct
from typing import Any

import pytest

from explainer import header
from explainer.header import DAMAGED, read_header
from explainer.settings import InvalidSetting
from explainer.shipped import shipped_models
from tests.made_models import SMALL, model_bytes


def pack(value: object, body: bytes = b"") -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return struct.pack("<Q", len(text)) + text + body


def with_metadata(**changes: Any) -> bytes:
    data = model_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    value = json.loads(data[8 : 8 + length])
    value["__metadata__"].update(changes)
    return pack(value, data[8 + length :])


def test_config_info_and_the_tensors_names_are_read() -> None:
    found = read_header(model_bytes(info={"who": "ä"}))
    assert found.config == SMALL
    assert found.info == {"step": 40, "who": "ä"}
    assert {"parameters.out.weight", "parameters.out.bias"} < found.tensors.keys()
    assert "__metadata__" not in found.tensors


def test_a_shipped_file_has_one_of_our_headers() -> None:
    model = shipped_models()["moons-fast"]
    found = read_header(model.path.read_bytes())
    assert (found.config, found.info) == (model.config, model.info)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0" * 7, b"\0" * 8, b"\0" * 100, b"PK\3\4" + b"\0" * 100,
        struct.pack("<Q", 2**60) + b"{}", struct.pack("<Q", 3) + b"{}",
        pack(b"{"), pack(b"\xff\xfe"), pack(b"[" * 100_000), pack([]), pack(3),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_not_a_safetensors_file_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(InvalidSetting, match=re.escape(DAMAGED)):
        read_header(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (pack({}), "not a checkpoint of this explainer"),
        (pack({"__metadata__": None}), "not a checkpoint of this explainer"),
        (pack({"__metadata__": [1]}), "not a checkpoint of this explainer"),
        (with_metadata(format=3), "not a checkpoint of this explainer"),
        (with_metadata(config=3), "config or info is missing or not JSON"),
        (with_metadata(info=None), "config or info is missing or not JSON"),
        (with_metadata(version="2"), "has version 2; this program reads version 1"),
        (with_metadata(config='{"width": 1e99}'), "^width must be"),
        (with_metadata(config='{"future": 1}'), "^future is not a setting here"),
    ],
)
def test_what_is_not_one_of_ours_is_refused_in_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(InvalidSetting, match=says):
        read_header(data)


def test_a_header_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = model_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    monkeypatch.setattr(header, "MAX_HEADER", length)
    assert read_header(data).config == SMALL
    monkeypatch.setattr(header, "MAX_HEADER", length - 1)
    with pytest.raises(InvalidSetting, match="damaged"):
        read_header(data)
