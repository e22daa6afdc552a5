"""The samplers that are timed beside each other make the same samples."""

import pytest
import torch
from torch.testing import assert_close

from benchmarks.samplers import SAMPLERS, our_walk, their_walk
from explainer.checkpoints import load
from explainer.shipped import FOLDER


# diffusers makes arrays of tensors in a way that NumPy 2 does not like.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: sampler.name)
@pytest.mark.parametrize("n", [5, 20])
def test_ours_and_diffusers_walk_alike(sampler, n):
    checkpoint = load(FOLDER / "s_curve-fast.safetensors")
    x_T = torch.randn(3000, 2, generator=torch.Generator().manual_seed(0))
    ours, theirs = (
        make(checkpoint, sampler)(x_T, n, torch.Generator().manual_seed(1))
        for make in (our_walk, their_walk)
    )
    assert_close(ours, theirs, rtol=0, atol=2e-3)
    assert ours.std() > 0.5
