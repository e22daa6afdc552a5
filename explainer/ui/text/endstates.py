"""What the chapter on the ends of noise says, in English."""

from __future__ import annotations

from typing import Any

from explainer.ui.text.en import DATASETS
from explainer.ui.text.noise import NOISE_TYPES

WORDS: dict[str, Any] = {
    "title": "Where it ends",
    "question": "To make something new, one must start at the end. Which end can be drawn without "
    "knowing the data?",
    "kinds": NOISE_TYPES,
    "datasets": DATASETS,
    "computing": "Adding all the noise there is …",
    "unreachable": "The ends could not be computed. Is the app still running?",
    "end_label": "{name}: where these data end",
    "drawn_label": "{name}: what to compare it with",
    "end": "where these data end",
    "drawn": "drawn without any data",
    "elsewhere": "where other data end ({other})",
    "badges": {
        "gaussian": "can be drawn",
        "salt_and_pepper": "can be drawn: few starts",
        "uniform": "can be drawn in the box",
        "additive": "needs the data",
        "poisson": "can be drawn: one start",
        "multiplicative": "needs the data",
    },
    "cards": {
        "gaussian": "The same cloud for all data: other data, in their own box, end {own_box} from "
        "it, and the same data, by chance, up to {chance}. Nothing needs to be known to draw from "
        "it.",
        "salt_and_pepper": "Only the corners of the box are left: {starts} different points among "
        "{points}. A sampler that draws no noise of its own on the way can make at most as many "
        "different points. A picture of {pixels} pixels has 2⁶⁴ corners.",
        "uniform": "The box, evenly filled. Its sides must be known: other data, in their own box, "
        "end {own_box} from here (by chance {chance}), but {same_box} once they are put into the "
        "same box.",
        "additive": "The data are still here, under noise with a standard deviation of {sigma}: "
        "the correlation with them is {correlation}. Whoever draws that noise alone is {guess} "
        "away (by chance {chance}).",
        "poisson": "No photon comes any more: {starts} point for all, in the corner of the box. "
        "That is easily drawn, but no chance is left in it. A sampler that draws no noise of its "
        "own would make the same thing every time.",
        "multiplicative": "Each value is still here, as a factor: the correlation with the data is "
        "{correlation}. And what was black stays black: of the values on the low edge of the box, "
        "{held} have not moved at all.",
    },
    "told": "Four ends have forgotten their data: their correlation with them is at most {most}, "
    "from chance. Two have not: {additive} where noise was only added, and {multiplicative} under "
    "speckle. There one would need the data to get a start, and a generator is meant to do without "
    "them. Of the four, Gaussian noise alone needs no box, and every draw is a new start.",
    "caption": "How far the end of these data is from that of others ({other}), and what it has "
    "left of its own. Bold: clearly more than by chance.",
    "columns": [
        "to draw it one must know",
        "correlation with the data",
        "to other data, same box",
        "to other data, own box",
        "to itself, by chance",
        "different starts",
    ],
    "needs": {
        "gaussian": "nothing",
        "salt_and_pepper": "the box",
        "uniform": "the box",
        "additive": "the data",
        "poisson": "a corner of the box",
        "multiplicative": "the data",
    },
    "all_different": "all {points}",
    "how": "Distances are sliced Wasserstein distances in standardised units, of ten noisy points "
    "for each point of the data; by chance: the farthest of eight other ends of the same data. "
    "Other data stretched into the same box still differ inside it. As they are, all data sets "
    "have the same mean and variance, so that added noise of this size hides most of what else "
    "differs. "
    "The colours are those of the data: where they are still in order, the end remembers.",
    "start": "Added noise is used all the same: make σ so large that the data hardly matter beside "
    "it, and start from the noise alone. That is what the “variance exploding” models do; the "
    "error is the distance above, and it falls as σ grows. DDPM shrinks the data as well, so its "
    "noise never needs to be large.",
}
