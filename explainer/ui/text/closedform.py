"""What the chapter on DDPM's formula and other noise says, in English."""

from __future__ import annotations

from typing import Any

from explainer.ui.text.noise import NOISE_TYPES

WORDS: dict[str, Any] = {
    "title": "Where DDPM's formula fails",
    "question": "DDPM describes xₜ by a mean and a variance alone: a bell around √ᾱₜ x₀. What if "
    "the noise is of another kind, and the formula gets its right mean and variance?",
    "kind": "Noise",
    "kinds": NOISE_TYPES,
    "truth": "The noise itself",
    "made": "DDPM's formula",
    "computing": "Adding noise …",
    "unreachable": "The clouds could not be computed. Is the app still running?",
    "frame": "amount {amount}",
    "outside": "Up to {outside} points of a frame lie outside these pictures.",
    "told": "{name}, amount {amount}: the formula has the right mean and the right variance for "
    "every x₀. The excess kurtosis of the noise is {kurtosis}, and a bell has 0. The two clouds "
    "are {apart} apart, and two clouds of the same noise {chance}, by chance.",
    "holds": {
        "gaussian": "The formula holds: given x₀ this noise is a bell, so a mean and a variance "
        "say everything about it.",
        "other": "As clouds the two can hardly be told apart here, but a single value follows "
        "another law than the formula says.",
    },
    "doubtful": {
        "gaussian": "That is a little more than chance usually makes, but given x₀ this noise is a "
        "bell, and the formula holds.",
        "other": "That is {factor} times as far: the formula begins to fail.",
    },
    "fails": {
        "gaussian": "That is much for chance, but given x₀ this noise is a bell, and the formula "
        "holds.",
        "other": "That is {factor} times as far: the formula fails, though its mean and variance "
        "are right.",
    },
    "nothing_yet": "At the amount 0 nothing has happened: both are the data.",
    "nothing_left": "At the amount 1 no chance is left in this noise: all points are the same, and "
    "the formula, with a variance of 0, says so too.",
    "law": "What becomes of one value",
    "law_of": "What becomes of one value, x₀ = {x_0}, at the amount {amount}",
    "bell": "DDPM's formula",
    "deviations": "standard deviations from the mean",
    "share": "share of the copies",
    "caption": "One value, corrupted {copies} times",
    "exact": "by the law",
    "measured": "measured",
    "mean": "mean",
    "variance": "variance",
    "kurtosis": "excess kurtosis",
    "distances": "How far the noise is from the formula, against chance",
    "amount_axis": "amount of noise",
    "distance_axis": "times as far as by chance",
    "by_chance": "two clouds of the same noise",
    "how": "For Gaussian noise the formula is DDPM's own, N(√ᾱₜ x₀, 1 − ᾱₜ) with the amount "
    "1 − ᾱₜ (arXiv 2006.11239, equation 4). For each other kind it is the bell with that kind's "
    "mean and variance given x₀: the best that a formula of this form can do. Distances are sliced "
    "Wasserstein distances of 2,000 points in standardised units. The outermost bars hold all "
    "that lies farther out.",
    "why": "DDPM rests on this formula twice: it jumps to any xₜ with it, and it finds the step "
    "back by Bayes' rule for two bells, which gives a bell again. Where the noise is no bell, that "
    "step back is not the reverse of the noise. A network can still be taught to undo the noise: "
    "the chapter on undoing does so without any formula. Gaussian noise that is only added passes "
    "this test, and fails another: its end still has the data in it.",
}
