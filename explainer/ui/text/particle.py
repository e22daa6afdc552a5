"""What the chapter "particle" says, in English."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, Any] = {
    "title": "One particle, step by step",
    "question": "Where exactly does one point go in one step, and why there? A step of either "
    "sampler is a sum of three arrows.",
    "sampler": "Sampler",
    "samplers": {"ddim": "DDIM", "ddpm": "DDPM"},
    "point": "Particle",
    "another": "Another particle",
    "follow": "Show it in the players above",
    "view": "View",
    "views": {"way": "the whole way", "step": "this step"},
    "step": "Step back",
    "back": "One step back to the noise",
    "forward": "One step on to the data",
    "at": "step {number} of {count}: t = {t} → {t_prev}",
    "picture": "The particle, its way, and the three terms of this step as arrows from the origin "
    "to its next place",
    "keys": {
        "data": "the data",
        "path": "the particle's way",
        "guess": "from xₜ to x̂₀, where the model thinks it belongs",
    },
    "asked": [
        "The model is asked once. At xₜ = {x_t} it says that the noise is",
        "so the clean point would be",
    ],
    "heads": {"term": "term", "weight": "weight", "vector": "times", "product": "makes"},
    "table": "The terms of this step in numbers",
    "terms": {
        "ddim": {"x0": "predicted x₀", "eps": "direction to xₜ", "noise": "fresh noise"},
        "ddpm": {"x0": "predicted x₀", "x_t": "the point itself", "noise": "fresh noise"},
    },
    "none": "none drawn",
    "sum": "The three add up to",
    "next": "The particle's next place",
    "same": "Both are equal to the last bit.",
    "near": "They differ by {difference}.",
    "outside": "{name} is outside",
    "notes": {
        "ddim": "x̂₀ is put back among noise, as much as belongs to the next level: √ᾱₜ₋₁ of it, "
        "and so much of ε̂ and of fresh noise z that together they have the variance 1 − ᾱₜ₋₁. "
        "Here η = {eta}: {noise}.",
        "ddpm": "A mixture of x̂₀, of the point itself, and of fresh noise z, whose variance β̃ₜ is "
        "that of one step back if x₀ were known. In the last step the weight of x̂₀ is 1, and the "
        "others are 0.",
    },
    "eta": {
        "none": "the middle arrow takes all of it and no noise is drawn",
        "some": "noise takes a part of it, and the middle arrow the rest",
        "all": "as much fresh noise as in DDPM, and the two samplers agree",
    },
    "units": "This is point number {point} of the cloud above, from the same noise. In "
    "standardised units, in which the model computes: the data have mean 0 and variance 1, unless "
    "the model was trained with another scaling. t − 1 stands for the next level visited, and αₜ "
    "for ᾱₜ / ᾱₜ₋₁, when levels are left out.",
    "unreachable": "The server did not answer. Is the app still running?",
}
