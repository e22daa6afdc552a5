"""What the panels "What the network believes" and "This very step" say, in English."""

from __future__ import annotations

from typing import Any

BELIEF_WORDS = {
    "title": "What the network believes",
    "learned": "learned",
    "learnedNote": "the network, now",
    "learnedLabel": "The noise that the network would take away, as arrows over the data",
    "exact": "exact",
    "exactNote": "a perfect network",
    "exactLabel": "The noise that a perfect network would take away, as arrows over the data",
    "difference": "difference",
    "differenceNote": "learned − exact",
    "differenceLabel": "Learned minus exact, as arrows over the data",
    "miss": "is the mean length of the difference at this t, in units of noise. 0 is a perfect "
    "network; {nothing} is one that never sees any noise.",
    "waiting": "Computing what a perfect network would say …",
    "none": "There is no network yet: press Start, and watch the first picture become the second.",
    "level": "How much noise",
    "t": "t = {t} of {T}",
    "explain": "The arrows are −ε̂: what the network would take away as noise, were a point there. "
    "They are the score ∇\u00a0log\u00a0q(xₜ), which points to where the noisy data is denser, "
    "times the noise's standard deviation. Noise longer than 1 is cut to 1.",
}

STEP_WORDS: dict[str, Any] = {
    "title": "This very step",
    "sentence": [
        "Step {step}: {batch} points, each with its own t and noise",
        "the network guesses",
        "mean squared error = loss {loss}",
        "every weight moves a little (learning rate {rate})",
    ],
    "picture": "Points of the batch before and after the noise, and one example's three places",
    "table": "Examples from the batch in numbers",
    "hint": "{rows} of the {batch}, in the network's units, from little noise to much. Choose "
    "one to see it in the picture.",
    "choose": "Show example {number} in the picture",
    "heads": {
        "example": ["#", ""],
        "t": ["t", "how noisy"],
        "x_0": ["x₀", "the data"],
        "eps": ["ε", "the noise"],
        "x_t": ["xₜ", "both mixed"],
        "prediction": ["", "network said"],
        "target": ["", "it should say"],
        "error": ["", "mean = loss"],
    },
    "objectives": {
        "eps": ["ε̂", "ε", "(ε̂ − ε)²"],
        "x0": ["x̂₀", "x₀", "(x̂₀ − x₀)²"],
        "v": ["v̂", "v", "(v̂ − v)²"],
    },
    "keys": {
        "x_0": "x₀, the data",
        "way": "the way to xₜ",
        "guess": "x̂₀, where the network thinks it was",
        "x_t": "xₜ, with noise:",
    },
    "t": "t = {t}",
    "x_0": "x₀",
    "x_t": "xₜ",
    "guess": "x̂₀",
    "outside": "{name} is outside",
}
