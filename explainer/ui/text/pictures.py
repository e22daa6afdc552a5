"""What the chapter "pictures" says, in English."""

from __future__ import annotations

from typing import Any

from explainer.own import PICTURE_GONE
from explainer.ui.text.noise import NOISE_TYPES

WORDS: dict[str, Any] = {
    "title": "The same on pictures",
    "question": (
        "What does each kind of noise do to a photograph, and which of them could you clean by "
        "hand?"
    ),
    "picture": "Picture",
    "pictures": {
        "china": "Temple",
        "flower": "Flower",
        "digits": "Digits",
        "own": "Your own",
    },
    "upload": "Upload a picture",
    "drop": (
        "or drop a PNG or JPEG file anywhere here. It is shrunk to at most 384 × 384 pixels; what "
        "the camera wrote into it, such as the place, is left out."
    ),
    "reading": "Reading the picture …",
    "large": "The file is too large: at most 2 MB are taken.",
    "named": "{file}: {sentence}",
    "amount": "Amount of noise",
    "gone": PICTURE_GONE,
    "loading": "The pictures are on their way …",
    "unreachable": "The pictures could not be loaded. Is the app still running?",
    "server": "The server did not answer. Is the app still running?",
    # One kind of noise.
    "kind": "Kind of noise, column {number}",
    "kinds": NOISE_TYPES,
    "inline": {
        "gaussian": "Gaussian noise",
        "salt_and_pepper": "salt and pepper",
        "uniform": "uniform noise",
        "additive": "added Gaussian noise",
        "poisson": "Poisson noise",
        "multiplicative": "speckle",
    },
    "corrupted": "{kind}: the picture at amount {amount}",
    "snr": "SNR",
    "psnr": "PSNR",
    "dB": "{value} dB",
    "noise": "The noise alone",
    "noise_label": "{kind}: the noise alone at amount {amount}",
    "values": "Values; grey: before",
    "values_label": (
        "{kind}: how often each value is at amount {amount}, from black to white; {outside} of "
        "them are outside"
    ),
    "inside": "none outside",
    "outside": "{share} outside",
    "median_label": "{kind} at amount {amount}, after the median filter",
    "cleaned": "After a median filter, {size} × {size}",
    "scores": "PSNR of three pictures, in dB",
    "as_it_is": "As it is",
    "median": "Median, {size} × {size}",
    "mean": "Mean, {size} × {size}",
    "same": "∞",
    "small": (
        "Smaller than the others: every amount draws photons of its own, so there are 21 pictures "
        "to send instead of one."
    ),
    "why": {
        "gaussian": (
            "Every value is off, a little or a lot, so none of the neighbours is right and there "
            "is nothing to pick. What helps is averaging, and that blurs."
        ),
        "salt_and_pepper": (
            "A replaced pixel is an outlier: it says nothing, and it looks like nothing around it. "
            "Sort the neighbours by brightness and pepper gathers at the one end, salt at the "
            "other; the median, the one in the middle, is a pixel that was never touched, until "
            "by chance half of the few neighbours are salt, or half are pepper."
        ),
        "uniform": (
            "Every value moves towards one drawn at random: the contrast fades, and no filter "
            "that looks at neighbours brings contrast back."
        ),
        "additive": (
            "The same bell curve, but the picture below it does not fade. The values leave the "
            "scale, and the screen cuts them off: only the noise is stronger, not the picture "
            "weaker."
        ),
        "poisson": (
            "Each pixel counts photons, as a camera in the dark does. Where the picture is bright "
            "the counts vary more; black stays black, for where no light is there are no photons."
        ),
        "multiplicative": (
            "Each value is multiplied by chance, as in radar pictures: bright places are hit "
            "hard, black ones not at all, and the end still has the picture in it."
        ),
    },
    # All of them.
    "told": (
        "At amount {amount} the median filter brings {median}; the mean of the neighbours brings "
        "{mean}."
    ),
    "told_clean": (
        "At amount 0 there is no noise, and all that a filter can do is take detail away: the "
        "median filter leaves {value} dB."
    ),
    "item": "{gain} dB on {kind}",
    "and": " and ",
    "replaced": (
        "It is also set by a ratio that is not in dB: of SP = {pixels} pixels NP = SP (1 − SNR) "
        "are replaced, half by salt and half by pepper, and SNR is the share that stays. Now that "
        "is {stay}, so NP = {expected}; above, chance decides on each pixel by itself and took "
        "{count}."
    ),
    "impulse": (
        "Salt and pepper is impulse noise: it replaces pixels, whatever they were. It is neither "
        "added to the picture nor multiplied with it. Speckle is what is multiplied."
    ),
    "how": (
        "SNR, the signal-to-noise ratio, compares the power of what still follows the original "
        "with the power of the rest, before anything is cut off. PSNR, with a P for peak, compares "
        "the largest possible value, white, with the mean squared difference from the original, "
        "both pictures as a screen shows them: +10 dB is a tenth of the error. 20 dB looks rough, "
        "30 dB good; ∞ is no difference at all."
    ),
    "filters": (
        "Both filters look at a square of neighbours, each colour for itself, and put its median "
        "or its mean into the middle. Of 3 × 3, 5 × 5 and 7 × 7 pixels the square is shown that "
        "comes nearest to the original, as somebody who cleans by hand would try all three. Not "
        "even a clean picture gets through a filter unharmed, as amount 0 shows: lines a pixel or "
        "two wide, such as those of the digits, look like outliers themselves."
    ),
}
