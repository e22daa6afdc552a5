"""What the learner reads where finished runs are compared, and where one is broken on purpose."""

from __future__ import annotations

from typing import Any

from explainer.ui.text import en

FIELD_WORDS = {
    "dataset": "data set",
    "n_points": "data points",
    "scaling": "scaling of the data",
    "schedule": "noise schedule",
    "T": "noise steps T",
    "zero_terminal_snr": "zero terminal SNR",
    "objective": "what is predicted",
    "network": "what the network sees",
    "time_embedding": "how it is told t",
    "activation": "activation",
    "width": "units in a layer",
    "depth": "hidden layers",
    "batch_size": "batch size",
    "t_sampling": "how t is drawn",
    "steps": "training steps",
    "optimizer": "optimiser",
    "weight_decay": "weight decay",
    "learning_rate": "learning rate",
    "lr_schedule": "fall of the learning rate",
    "clip_norm": "gradient clipped at",
    "ema": "averaging of the weights",
    "seed": "seed",
    "snapshot_every": "steps between pictures",
    "preview_points": "points in a picture",
    "preview_steps": "sampling steps of a picture",
    "preview_eta": "sampling noise η of a picture",
}
_SWITCH = {"true": "on", "false": "off"}
VALUE_WORDS: dict[str, dict[str, str]] = {
    "dataset": en.DATASETS,
    "schedule": en.SCHEDULES,
    "scaling": {"standard": "mean 0, variance 1", "tutorial": "divided by 10"},
    "zero_terminal_snr": _SWITCH,
    "objective": {"eps": "noise ε", "x0": "data x₀", "v": "velocity v"},
    "network": {"fourier": "Fourier features", "tutorial": "x and y alone"},
    "time_embedding": {"learned": "learned", "sinusoidal": "sines, cosines", "none": "not at all"},
    "activation": {"relu": "ReLU", "silu": "SiLU", "gelu": "GELU", "tanh": "tanh"},
    "t_sampling": {"stratified": "every level", "antithetic": "in pairs", "uniform": "at random"},
    "optimizer": {"adam": "Adam", "adamw": "AdamW"},
    "lr_schedule": {"constant": "none", "linear": "straight to 0", "cosine": "cosine to 0"},
    "clip_norm": {"null": "off"},
    "ema": {"0": "off"},
}
_UNFAIR_LOSS = (
    "The losses measure different tasks ({fields}): none is the best. Compare each with its own "
    "lowest possible loss."
)
RUNS_WORDS: dict[str, Any] = {
    "title": "Compare runs",
    "none_kept": "Every run that ends is kept here, up to four, so that you can compare them.",
    "one_kept": "Change a setting and train again: both runs will stand here, side by side.",
    "same": "All settings are the same, the seed too: what was trained to the end is the same.",
    "chance": "Only the seed differs: what is not the same here is chance.",
    "one_differs": "One setting differs: {field}. What came out differently is its doing, give or "
    "take some chance.",
    "many_differ": "{count} settings differ. To learn what one of them does, change it alone.",
    "run": "{letter} · {title}",
    "show": "Curves of {run}",
    "remove": "Remove {run}",
    "clear": "Clear all",
    "full": "All four places are taken. Which run is to make room for “{title}”?",
    "leave": "None: do not keep it",
    "loss": "Validation loss",
    "loss_note": "On data that is held back from training.",
    "distance": "Distance to the data",
    "distance_note": "Sliced Wasserstein distance of the samples, on a logarithmic axis.",
    "linear": "linear",
    "log": "logarithmic",
    "scale": "Scale of the loss",
    "step": "step",
    "table": "Settings that differ, and what came of them",
    "outcomes": {
        "loss": "training loss at the end",
        "validation": "validation loss",
        "floor": "lowest possible loss",
        "swd": "distance to the data",
        "seconds": "seconds",
    },
    "ended": {"stopped": "stopped", "failed": "failed", "diverged": "diverged"},
    "bold": "Bold: the lowest, which is the best.",
    "unfair": {
        "loss": _UNFAIR_LOSS,
        "validation": _UNFAIR_LOSS,
        "swd": "The distances are not measured alike ({fields}): none is the best.",
    },
    "none": "–",
    "own": {"dataset": en.OWN_POINTS, "schedule": en.OWN_SCHEDULE},
    "fields": FIELD_WORDS,
    "values": VALUE_WORDS,
}
PUZZLE_WORDS = {
    "label": "Broken on purpose",
    "show": "Show the answer",
    "hide": "Hide the answer",
    "mend": "Mend it and train again",
}
