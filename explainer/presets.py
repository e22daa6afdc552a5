"""The training runs that have a name: two recipes, and six that are broken on purpose.

Importing this module imports no torch.
"""

from __future__ import annotations

from explainer.config import TrainConfig

TUTORIAL_STEPS_PER_EPOCH = 79  # 10,000 points in batches of 128, the last one smaller

# The recipe that draws the S in half a second; benchmarks/training.py measures it. 50,000 points,
# because the generator gives them for nothing and 10,000 carry a sampling error of half the
# distance that is left. 64 units, because 128 are no better within 400 steps and cost nearly three
# times as much.
_FAST = TrainConfig(n_points=50_000, width=64, snapshot_every=20)

PRESETS: dict[str, TrainConfig] = {
    "fast": _FAST,
    # The tutorial as it stands, 4,000 epochs; only the engineering is ours.
    "tutorial": TrainConfig(
        scaling="tutorial",
        schedule="tutorial",
        objective="eps",
        network="tutorial",
        batch_size=128,
        t_sampling="antithetic",
        steps=4000 * TUTORIAL_STEPS_PER_EPOCH,
        learning_rate=1e-3,
        lr_schedule="constant",
        clip_norm=1.0,
        ema=0.0,
        snapshot_every=5 * TUTORIAL_STEPS_PER_EPOCH,
        # Its x_T is not N(0, I), so that DDIM from N(0, I) misses the data however well it learns;
        # DDPM's own noise mends most of that, and the tutorial samples so.
        preview_steps=100,
        preview_eta=1.0,
    ),
    # The fast recipe with one thing wrong each. tests/test_presets.py holds the faults to numbers.
    #
    # Adam's first step moves every weight by the rate: the loss is 1e9 at once. A tenth of it
    # trains, though badly; a hundredth, as the message advises, is right.
    "rate": _FAST.replace(learning_rate=1.0),
    # One answer for all noise levels: far above the floor, most of all at about a tenth of T.
    "timeless": _FAST.replace(time_embedding="none"),
    # Ten steps of a schedule made for a thousand: alpha-bar stays above 0.9. The loss reaches its
    # floor and the samples, from pure noise, are wrong all the same; the exact denoiser's are too.
    "few_steps": _FAST.replace(schedule="linear", T=10),
    # The same fault, milder, and as it is met in practice: alpha-bar stays at 0.778.
    "little_noise": _FAST.replace(schedule="tutorial"),
    # It sees x and y alone, because with Fourier features even 8 units draw something of an S.
    "tiny": _FAST.replace(network="tutorial", width=8, depth=1),
    # Training loss below the floor of the distribution, validation rising: learnt by heart.
    "memory": _FAST.replace(n_points=16),
}

BROKEN = ("rate", "timeless", "few_steps", "little_noise", "tiny", "memory")
