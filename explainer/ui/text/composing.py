"""What the chapter on many small doses of noise says, in English."""

from __future__ import annotations

from typing import Any

from explainer.settings import MAIN_CORRUPTIONS
from explainer.ui.text.noise import NOISE_TYPES

WORDS: dict[str, Any] = {
    "title": "Many small steps",
    "question": "DDPM adds noise in many small doses, and trains as if there had been one large "
    "dose. Is that the same? It depends on the noise.",
    "kind": "Noise",
    "kinds": {kind: NOISE_TYPES[kind] for kind in MAIN_CORRUPTIONS},
    "steps": "Doses",
    "walk": "One dose after another",
    "jump": "One dose for all",
    "computing": "Adding noise …",
    "unreachable": "The doses could not be computed. Is the app still running?",
    "told": {
        "gaussian": "{steps} doses of the amount {dose} keep as much of the data as one of the "
        "amount {amount}. At the end the variance of x is {walk} after the small doses and {jump} "
        "after the large one; by the law of this noise it is {walk_exact} for both. The two clouds "
        "are {swd} apart, and clouds that are both made by one large dose are {low} to {high} "
        "apart by chance. So the small doses add up to the large one: it is the same law, however "
        "many there are.",
        "salt_and_pepper": "{steps} doses of the amount {dose} leave as many values alone as one "
        "of the amount {amount}. At the end the variance of x is {walk} after the small doses and "
        "{jump} after the large one; by the law of this noise it is {walk_exact} for both. The two "
        "clouds are {swd} apart, and clouds that are both made by one large dose are {low} to "
        "{high} apart by chance. Here, too, the small doses add up to the large one: a value that "
        "is replaced twice looks like one that is replaced once. What is not the same is how a "
        "small dose looks.",
        "uniform": "{steps} doses of the amount {dose} keep as much of the data as one of the "
        "amount {amount}, and yet they end in another law. The variance of x is {walk} after the "
        "small doses and {jump} after the large one (by their laws {walk_exact} and {jump_exact}), "
        "and the excess kurtosis after the small doses is {walk_kurtosis}. The two clouds are "
        "{swd} apart, and clouds that are both made by one large dose only {low} to {high}. The "
        "more doses there are, the more they cancel: the cloud shrinks to the middle of the box "
        "and takes the shape of a bell.",
    },
    "dose": {
        "gaussian": "The first small dose moves {share} % of the values, by {far} (root mean "
        "square). With more and smaller doses this becomes as small as one likes: a small nudge "
        "for every point. To undo it, a small nudge back is a good guess.",
        "salt_and_pepper": "The first small dose moves {share} % of the values, and those by {far} "
        "(root mean square). With more and smaller doses fewer are hit, but never less hard: "
        "whatever a hit value was is lost at once. To undo it, there is no small nudge: one must "
        "guess which values were hit, and draw what they were anew.",
        "uniform": "The first small dose moves {share} % of the values, by {far} (root mean "
        "square). So each dose is a small nudge, as with Gaussian noise, but what they add up to "
        "has no formula of the same kind.",
    },
    "counted": "It is another matter when each dose replaces an exact number of values, "
    "NP = SP (1 − SNR). {steps} doses of one pixel each, on {pictures} pictures of {pixels} "
    "pixels, replaced {fewest} to {most} pixels: {mean} on average (by the law {mean_exact}) with "
    "a standard deviation of {sd} ({sd_exact}), since some pixels are hit twice. One dose "
    "always replaces exactly as many as it is told. So in this form the small doses lead to "
    "another law than any single dose.",
    "chart": "Where x is in the end",
    "x_axis": "x, standardised",
    "y_axis": "share of the points",
    "bell": "a bell as wide as the small doses make it",
    "caption": "x at the end, standardised: the data have mean 0 and variance 1",
    "walk_measured": "small doses, measured",
    "walk_exact": "by the law",
    "jump_measured": "one dose, measured",
    "jump_exact": "by the law",
    "mean": "mean",
    "variance": "variance",
    "kurtosis": "excess kurtosis",
    "why": "Why both are needed: training wants the large dose, to reach any noise level at once "
    "and not by a walk of a thousand steps. Sampling wants small doses, since only what a small "
    "dose did can be undone by a simple guess: undoing a small enough Gaussian dose is nearly a "
    "Gaussian draw again (Sohl-Dickstein et al. 2015, arXiv 1503.03585, section 2.2). Gaussian "
    "noise gives both. A sum of many small independent doses tends to a bell whatever the doses "
    "are, so it is also where other kinds of additive noise end up.",
    "how": "Equal doses a with (1 − a)ᴺ = 1 − A. Excess kurtosis tells the shape of a spread: 0 "
    "for a bell, −1.2 for a uniform one, −2 for two values that are equally likely. Distances are "
    "sliced Wasserstein distances in standardised units.",
}
