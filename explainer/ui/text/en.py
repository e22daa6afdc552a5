"""What the learner reads, in English."""

TITLE = "Diffusion, explained"
LEAD = (
    "Watch data dissolve into noise, a small network learn the way back, and two samplers walk it. "
    "Nothing is a film: change anything."
)

DATASETS = {
    "s_curve": "S-curve",
    "moons": "Moons",
    "circles": "Circles",
    "swiss_roll": "Swiss roll",
    "checkerboard": "Checkerboard",
    "spiral": "Spiral",
    "gaussians": "Eight Gaussians",
}
OWN_POINTS = "My points"
OWN_SCHEDULE = "my schedule"


def dataset_name(name: str) -> str:
    """Return what a data set is called, one's own included."""
    return DATASETS.get(name, OWN_POINTS)


SCHEDULES = {
    "tutorial": "tutorial (sigmoid in β)",
    "linear": "linear",
    "scaled_linear": "scaled linear",
    "quadratic": "quadratic",
    "cosine": "cosine",
    "sigmoid": "sigmoid (in ᾱ)",
}


def schedule_name(name: str) -> str:
    """Return what a schedule is called, one's own included."""
    return SCHEDULES.get(name, OWN_SCHEDULE)


FORWARD = """\
**Noise is added step by step; the meter below tells whether anything of the data is left.** Each \
point is coloured by where it sits on the shape: drag the bar under the picture and watch the \
colours mix and both histograms turn into bells. The picture is in the data's own units, the \
numbers are in the network's, where every data set has mean 0 and variance 1."""
STRIP = "Take these snapshots home as a picture"
FORWARD_JUMP = "jump: straight from x₀ to xₜ, with one draw of noise ε"
FORWARD_WALK = "walk: one step after another, with fresh noise at each"
FORWARD_OWN = "Draw or upload your own points"
LEVELS = {"good": "as good as N(0, I)", "close": "nearly", "far": "far from it"}
PRIOR_WORDS = {
    **LEVELS,
    "title": "Prior meter: is the end really noise?",
    "ways_out": "One click out:",
    "leads_to": "ᾱ = {alpha_bar} at T",
    "perfect": "What it costs: with {steps} DDIM steps, a perfect network ends at a sliced "
    "Wasserstein distance of {from_prior} from the data when it starts from N(0, I), and of "
    "{from_data} when it starts from the last cloud itself (in data units / 10).",
}

SCHEDULE = """\
**A schedule says how much noise each step adds.** What matters is where ᾱ ends: a sampler \
starts from pure noise, so the data must really be gone at t = T. Drag the curve below into a \
schedule of your own; everything on this page follows, and the other tabs offer it too."""
SCHEDULE_CLOUDS = "What each schedule does to the data"
QUANTITIES = {
    "betas": ("βₜ", "the variance that step t adds"),
    "alphas": ("αₜ = 1 − βₜ", "the share of power that step t keeps"),
    "alphas_cumprod": ("ᾱₜ = α₁ α₂ … αₜ", "the share of the data's power left after t steps"),
    "sqrt_alphas_cumprod": ("√ᾱₜ", "the weight of the data in xₜ"),
    "sqrt_one_minus_alphas_cumprod": ("√(1 − ᾱₜ)", "the weight of the noise in xₜ"),
    "log_one_minus_alphas_cumprod": ("log(1 − ᾱₜ)", "the noise's power as a logarithm, ≤ 0"),
    "snr": ("SNR = ᾱₜ / (1 − ᾱₜ)", "data against noise, always on a logarithmic axis"),
    "posterior_variance": ("β̃ₜ", "the variance of one step back, if x₀ were known"),
    "ddim_sigma": ("σₜ(η) of DDIM", "the noise of one step back: η √β̃ₜ, none for η = 0"),
    "floor": (
        "The lowest loss that is possible",
        "the mean squared error of a perfect prediction of ε, at each t",
    ),
}
FLOOR_NOTE = """\
*Why the loss does not go down:* no network can tell how much of what it sees is noise, so even a \
perfect one is left with the loss above, and its mean over t (dotted) is where a training loss \
stops. A little noise hides in the data's own spread and is the hardest to tell: a schedule with \
many such steps, like the tutorial's, has a high floor, and that says nothing about the samples. \
(The least noise of all is easy again: there the data points can be told apart.)"""


COMPARE = """\
**One network, the same noise, two ways back.** DDPM adds fresh noise at every step and wants \
many of them; DDIM adds none (η = 0) and gets by with few. Click a point to follow the same \
particle on both sides: each point has the colour of the place where it ends."""
SPACINGS = {
    "trailing": "evenly, from T on (trailing)",
    "leading": "evenly, to 1 (leading: starts below T)",
    "quadratic": "more of them near the data (quadratic)",
}
COMPARE_DDPM, COMPARE_DDIM = "DDPM", "DDIM"
EXACT_LABEL = "Exact denoiser, no training · {dataset}"
EXACT_NOTE = (
    "The exact denoisers in the list need no training: each predicts as well as can be for its "
    "data points, 2,000 at most. With enough steps their samples copy those points: they have "
    "memorised them, and fresh data may be farther from them than from a network's samples."
)

AS_TRAINED = "the model's own"

LABELS = {
    "dataset": "Data set",
    "schedule": "Noise schedule",
    "schedules": "Schedules",
    "T": "Steps T",
    "zero_terminal_snr": "Zero terminal SNR: rescale so that nothing of the data is left at T",
    "way": "How to get to xₜ",
    "axis": "Vertical axis",
    "sigma_eta": "η, for DDIM's σ",
    "model_schedule": "Noise schedule (exact denoisers only)",
    "seed": "Seed",
    "model": "Model",
    "spacing": "Which noise levels are visited",
    "ddpm_steps": "DDPM steps",
    "ddim_steps": "DDIM steps",
    "eta": "η of DDIM: 0 no noise, 1 like DDPM",
}
PORT_TAKEN = (
    "Cannot serve on {host}, port {port}: the port is in use. Stop the program that uses it, or "
    "choose another with python app.py --port NUMBER."
)
CANNOT_SERVE = "Cannot serve on {host}, port {port}: {why}."
BAD_PORT = "must be a whole number between 1 and 65535 (--port or GRADIO_SERVER_PORT)"
