"""The arrows over a way back, as the page gets them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import torch

from explainer.experiments.common import load_model
from explainer.experiments.field import LONGEST, SIDE, sample_field
from explainer.experiments.reverse import sample_path
from explainer.frames import decode, dequantise
from explainer.models import ExactDenoiser

FEW = {"model": "s_curve-fast", "steps": 5, "n": 200}


def arrows(known: str, **changes: Any) -> tuple[dict[str, Any], torch.Tensor, torch.Tensor]:
    """Return header, places (side², 2) in data units and arrows as noises (levels, side², 2)."""
    header, arrays = decode(sample_field({**FEW, **changes, "known": known}))
    low, high = header["limits"][:2]
    _, _, data, _ = load_model(str({**FEW, **changes}["model"]))
    longest = (data.scale / data.scale.max()).numpy() * LONGEST * (high - low) / SIDE
    places = dequantise(arrays["origins"], header["limits"])
    noises = arrays["arrows"].astype(np.float64) / longest
    return header, torch.tensor(places), torch.tensor(noises)


def test_learned_and_exact_arrows_are_what_the_two_say() -> None:
    denoiser, schedule, data, _ = load_model("s_curve-fast")
    perfect = ExactDenoiser(data.x[:: -(-len(data.x) // 2000)], schedule)
    for known, says in (("learned", denoiser), ("exact", perfect)):
        _, places, noises = arrows(known)
        inside = ((places - data.mean) / data.scale).float()
        for frame, t in enumerate((99, 79, 59, 39, 19)):
            eps = says(inside, torch.tensor([t])).eps
            cut = -eps / eps.norm(dim=1, keepdim=True).clamp(min=1)
            # The places came back through 16 bits, and the exact field is steep at little noise.
            miss = (noises[frame] - cut).norm(dim=1)
            assert miss.mean() < 0.01
        assert not noises[5].any()  # at the data nothing is left to take away


def test_the_difference_is_what_the_model_says_beyond_the_exact_field() -> None:
    denoiser, schedule, data, _ = load_model("s_curve-fast")
    perfect = ExactDenoiser(data.x[:: -(-len(data.x) // 2000)], schedule)
    _, places, noises = arrows("difference")
    inside = ((places - data.mean) / data.scale).float()
    for frame, t in enumerate((99, 79, 59)):
        index = torch.tensor([t])
        miss = perfect(inside, index).eps - denoiser(inside, index).eps
        cut = miss / miss.norm(dim=1, keepdim=True).clamp(min=1)
        assert (noises[frame] - cut).norm(dim=1).mean() < 0.01
    assert noises[1][inside.norm(dim=1) < 1].norm(dim=1).mean() < 0.15  # where points pass
    assert not noises[5].any()


@pytest.mark.parametrize("model", ["s_curve-fast", "exact-moons"])
def test_a_way_back_offers_its_fields_with_as_many_frames(model: str) -> None:
    header, cloud = decode(sample_path({"model": model, "sampler": "ddim", "steps": 5, "n": 100}))
    names = [field["name"] for field in header["fields"]]
    assert names == (["exact"] if model.startswith("exact") else ["learned", "exact", "difference"])
    for field in header["fields"]:
        path, query = urlsplit(field["address"])[2:4]
        assert path == "api/sample-field"
        fields: dict[str, Any] = dict(parse_qsl(query))
        known, arrays = decode(sample_field({**fields, "steps": int(fields["steps"]), "seed": 0}))
        assert known["caption"]
        assert len(arrays["arrows"]) == len(cloud["frames"]) == 6
