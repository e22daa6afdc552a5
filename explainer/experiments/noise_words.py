"""What is said of each kind of noise, by amount."""

from __future__ import annotations

from explainer.corruptions import ADDITIVE_SIGMA, photons
from explainer.experiments.common import small
from explainer.settings import CorruptionName

# What the histograms are compared with; nothing where the end depends on the data.
END_WORDS: dict[CorruptionName, str] = {
    "gaussian": "N(0, 1)",
    "salt_and_pepper": "½ and ½",
    "uniform": "uniform",
    "poisson": "no light",
}

_NOTES: dict[CorruptionName, str] = {
    "gaussian": "ε is drawn from N(0, 1). The amount is 1 − ᾱₜ, the noise's share of the power in "
    "the other tabs.",
    "salt_and_pepper": "Salt is the highest value in the data, pepper the lowest; which one, and "
    "whether, is drawn for each coordinate by itself.",
    "uniform": "u is drawn evenly between the lowest and the highest value in the data.",
    "additive": "ε is drawn from N(0, 1). Nothing is shrunk to make room for it, so the cloud "
    "grows: “variance exploding”, the form of score matching.",
    "poisson": "Light is never negative: the points are shifted first, so that x₀ counts from the "
    "lowest value in the data, which is 0, to the highest, which is 1; and shifted back to be "
    "drawn. N is the number of photons that came, k what the highest value gets on average.",
    "multiplicative": "The points are shifted first, so that x₀ counts from the lowest value in "
    "the data and is positive, and shifted back to be drawn. g is drawn from an exponential "
    "distribution with mean 1, as in the speckle of radar and laser pictures.",
}

_NOTHING_YET = "The data: nothing has been done to them yet."
_ENDS: dict[CorruptionName, str] = {
    "gaussian": "Nothing but noise, N(0, I): round, without an edge, and the same whatever the "
    "data were.",
    "salt_and_pepper": "Nothing but the four corners of the box around the data, a quarter of the "
    "points at each: what is left of the data is how large their box was.",
    "uniform": "Every place in the box around the data is as likely as any other: flat, with sharp "
    "edges. What is left of the data is how large their box was.",
    "additive": f"Noise {ADDITIVE_SIGMA:.0f} times as wide as the data, laid over them. They are "
    "still in there, so this end cannot be drawn without them.",
    "poisson": "No photon comes any more: all points are in the lowest corner, and nothing is left "
    "of the data, not even chance.",
    "multiplicative": "Each point is its own place times chance: what was at the lowest value "
    "stays there. The data are still in there, so this end cannot be drawn without them.",
}


def note(kind: CorruptionName) -> str:
    """Return what the letters of :func:`formula` stand for."""
    return _NOTES[kind]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def formula(kind: CorruptionName, a: float) -> str:
    """Return what a coordinate x₀ becomes at amount a, with the numbers put in."""
    if a == 0:
        return "x₀"
    left, k = 1 - a, photons(a)
    formulas: dict[CorruptionName, str] = {
        "gaussian": f"{left**0.5:.2f} x₀ + {a**0.5:.2f} ε",
        "salt_and_pepper": f"x₀ ({_percent(left)}), salt or pepper ({_percent(a / 2)} each)",
        "uniform": f"{left:.2f} x₀ + {a:.2f} u",
        "additive": f"x₀ + {ADDITIVE_SIGMA * a:.2f} ε",
        "poisson": f"N / k, k = {small(float(k))}" if a < 1 else "0",
        "multiplicative": f"x₀ · ({left:.2f} + {a:.2f} g)",
    }
    return formulas[kind]


def describe(kind: CorruptionName, a: float) -> str:
    """Say in words what the cloud is at amount a; at amount 1, what its end state is."""
    if a in (0, 1):
        return _ENDS[kind] if a else _NOTHING_YET
    left, k = 1 - a, float(photons(a))
    texts: dict[CorruptionName, str] = {
        "gaussian": f"Each point keeps {_percent(left**0.5)} of its distance from the middle and "
        f"gets noise with a standard deviation of {a**0.5:.2f}, where that of the data is 1.",
        "salt_and_pepper": f"Each coordinate is lost with a chance of {_percent(a)}, for the "
        f"lowest or the highest value. {_percent(left**2)} of the points keep both, "
        f"{_percent(2 * a * left)} one, and {_percent(a**2)} are in a corner.",
        "uniform": f"Each point has gone {_percent(a)} of the way to a place of its own, chosen "
        "blindly in the box around the data.",
        "additive": f"Each point stays where it is and gets noise with a standard deviation of "
        f"{ADDITIVE_SIGMA * a:.2f}, where that of the data is 1.",
        "poisson": f"The highest value is worth {small(k)} photons on average, the lowest none. "
        "Photons come whole and by chance, so the brighter, the noisier.",
        "multiplicative": "Each coordinate, counted from the lowest value, is multiplied by "
        f"chance: by 1 on average, with a standard deviation of {a:.2f}. The larger it is, the "
        "noisier.",
    }
    return texts[kind]
