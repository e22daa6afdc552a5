"""A training run as a lesson: short texts and the code of each, to be read and run elsewhere.

Importing this module imports no torch: the web server hands lessons out.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from explainer.config import TrainConfig
from explainer.lesson_code import (
    DRAWING,
    NOISE,
    SAMPLING,
    TRAINING,
    Arrays,
    config_code,
    imports_code,
    own_code,
)
from explainer.own import is_own

OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW"}
# What the network is asked for, and how guesses of x₀ and ε follow from what it says.
TARGETS = {"eps": ("ε",), "x0": ("x₀",), "v": ("v", "v = √ᾱₜ ε − √(1 − ᾱₜ) x₀")}
GUESSES = {
    "eps": ("ε̂ = NETWORK", "x̂₀ = (xₜ − √(1 − ᾱₜ) ε̂) / √ᾱₜ"),
    "x0": ("x̂₀ = NETWORK", "ε̂ = (xₜ − √ᾱₜ x̂₀) / √(1 − ᾱₜ)"),
    "v": ("v̂ = NETWORK", "x̂₀ = √ᾱₜ xₜ − √(1 − ᾱₜ) v̂", "ε̂ = √(1 − ᾱₜ) xₜ + √ᾱₜ v̂"),
}


@dataclass(frozen=True)
class Part:
    """A piece of a lesson.

    Attributes
    ----------
    title : str
    paragraphs : tuple of str
        Plain text, good to read as a comment and as Markdown; formulas start with four spaces.
    code : str
    arrays : dict of str to ndarray
        What the code finds as the text ``packed``: a file for ``numpy.load``, in base64.
    """

    title: str
    paragraphs: tuple[str, ...]
    code: str
    arrays: Arrays = field(default_factory=dict)


def file_stem(config: TrainConfig) -> str:
    """Return the name of a run's files without its ending: ASCII, safe everywhere."""
    dataset = "own-points" if is_own(config.dataset) else config.dataset.replace("_", "-")
    return f"diffusion-{dataset}-seed-{config.seed}"


def lesson(config: TrainConfig, *commands: str) -> list[Part]:
    """Return a run as a lesson that trains it to the same bits, saves, samples and draws.

    Parameters
    ----------
    config : TrainConfig
        Points and a schedule of one's own come along.
    *commands : str
        What a learner types in the project's folder to get the lesson running.

    Returns
    -------
    list of Part

    Raises
    ------
    ValueError
        If points or a schedule of one's own are not here any more.
    """
    own = _own(config)
    start = Part(
        f"Diffusion on {_data(config)}, seed {config.seed}",
        (
            'A training run of "Diffusion, explained". On the same kind of processor it gives the '
            "same network, bit for bit. Put this file into the project's folder, where app.py is, "
            "and type there:",
            _formulas(*commands),
            f"It prints the loss, and writes model.safetensors and {file_stem(config)}.png.",
        ),
        imports_code(config, packed=bool(own.arrays)),
    )
    noise = Part(
        "To noise",
        (
            "The schedule says how much of the data's power is left after t = 1 … T steps: ᾱₜ. One "
            "jump with Gaussian noise ε leads to any of them:",
            _formulas("xₜ = √ᾱₜ x₀ + √(1 − ᾱₜ) ε"),
            "At t = T nothing should be left, because the way back starts from pure noise.",
        ),
        NOISE,
    )
    picture = Part(
        "The picture",
        (
            "Colours run along the shape of the data, which also lies grey behind the samples. A "
            "sample has the colour of its height in x_T: DDIM keeps neighbours together, and the "
            "noise of DDPM mixes them.",
        ),
        DRAWING.replace("FILE", f"{file_stem(config)}.png"),
    )
    parts = [start, own, _run(config), noise, _training(config), _way_back(config), picture]
    return [part for part in parts if part.code]


def _formulas(*lines: str) -> str:
    return textwrap.indent("\n".join(lines), "    ")


def _data(config: TrainConfig) -> str:
    return "points of your own" if is_own(config.dataset) else config.dataset


def _network(config: TrainConfig) -> str:
    return "network(xₜ)" if config.time_embedding == "none" else "network(xₜ, t)"


def _own(config: TrainConfig) -> Part:
    """Return the part that brings the learner's own things along; no code if there are none."""
    code, arrays = own_code(config)
    texts = []
    if "points" in arrays:
        texts.append(
            f"Your {len(arrays['points']):,} points come along with this file, every bit of them: "
            "their name is a checksum, so it is the same here as on the page."
        )
    if is_own(config.schedule):
        texts.append(
            "Your noise schedule comes along as knots: u is the share of the way from data to "
            "noise, alpha_bar what is left of the data's power there."
        )
    return Part("What is your own", tuple(texts), code, arrays)


def _run(config: TrainConfig) -> Part:
    layers = "1 hidden layer" if config.depth == 1 else f"{config.depth} hidden layers"
    text = (
        "These settings decide all of it. What is not written here is as in explainer/config.py; "
        f"print(config) shows everything. In short: {layers} of {config.width} units learn "
        f"{_data(config)} in {config.steps:,} steps of {OPTIMIZERS[config.optimizer]}."
    )
    return Part("The run", (text,), config_code(config))


def _training(config: TrainConfig) -> Part:
    target, *meaning = TARGETS[config.objective]
    average = (
        f" The weights that are kept are a moving average over the steps (ema = {config.ema:g})."
        if config.ema
        else ""
    )
    texts = (
        "Each step takes a batch of points x₀, draws ε and t, makes xₜ and asks the network for "
        f"{target}. {OPTIMIZERS[config.optimizer]} then moves the weights so that the mean of "
        "this shrinks:",
        _formulas(f"loss = |{_network(config)} − {target}|²", *meaning),
        "It never gets to 0: many x₀ lead to the same xₜ, and no answer is better than the mean "
        "over them. The loss of that answer is the floor. The code of a step is Trainer.advance "
        f"in explainer/trainer.py.{average}",
    )
    step = '{"step": now.step}'
    info = '{"step": now.step, OWN_SCHEDULE: curve}' if is_own(config.schedule) else step
    return Part("Training", texts, TRAINING.replace(step, info))


def _way_back(config: TrainConfig) -> Part:
    guesses = [line.replace("NETWORK", _network(config)) for line in GUESSES[config.objective]]
    texts = (
        "Sampling starts from pure noise, x_T. At each step, what the network says gives a guess "
        "of x₀ and one of ε:",
        _formulas(*guesses),
        "DDPM takes the guess for the true x₀ and draws xₜ₋₁ from q(xₜ₋₁ | xₜ, x₀). This adds "
        "fresh noise z, and every step is taken:",
        _formulas(
            "xₜ₋₁ = √ᾱₜ₋₁ βₜ / (1 − ᾱₜ) x̂₀ + √αₜ (1 − ᾱₜ₋₁) / (1 − ᾱₜ) xₜ + √β̃ₜ z",
            "αₜ = ᾱₜ / ᾱₜ₋₁,  βₜ = 1 − αₜ,  β̃ₜ = βₜ (1 − ᾱₜ₋₁) / (1 − ᾱₜ)",
        ),
        "DDIM adds no noise and may leave out steps, from t straight to any s < t:",
        _formulas("xₛ = √ᾱₛ x̂₀ + √(1 − ᾱₛ) ε̂"),
    )
    return Part("The way back", texts, SAMPLING)
