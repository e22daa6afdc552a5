"""What the description of the routes says: each question, and each setting wherever it occurs."""

from __future__ import annotations

TITLE = "Diffusion explainer"
ABOUT = """The routes beside Gradio's own, as the page uses them.

Every refusal is `{"error": sentence}`. A setting that is left out has its default; of one that is
given twice the last counts; one that is unknown is refused. Equal addresses get equal answers,
which are computed once for all who ask.

Before a route is reached, any request may be refused: with 403 for a host or an origin that the
server does not know, 404 for an address that the page does not use, 413 for a large body, 429 or
503 for too many at a time.

The media type `application/vnd.diffusion-explainer.frames` is a header of JSON followed by arrays
of numbers, see `explainer/frames.py`."""

QUESTIONS: dict[str, str] = {
    "forward": "Data on its way to noise, a cloud of points for each noise level.",
    "strip.png": "Data on its way to noise, as a picture to print.",
    "field": "What a perfect network says at every place of the plane, on the way to noise.",
    "prior": "How far the last noise level is from pure noise.",
    "perfect": "What sampling with a perfect network loses by starting from pure noise.",
    "schedules": "Every quantity of some noise schedules, as figures.",
    "schedules.csv": "Every quantity of some noise schedules, as a table.",
    "clouds": "What some noise schedules leave of a data set, five clouds each.",
    "floors": "The lowest loss that any network can reach, over t, as a figure.",
    "sample": "A model's way from noise to data with one sampler, a cloud for each step.",
    "sample-field": "What a denoiser says at every place of the plane, on a way back.",
    "quality": "How good a model's samples are, as far as that has been measured before.",
    "quality-cell": "How good the samples of one sampler with so many steps are, measured now.",
    "repeats": "Where the same starting point ends, many times over.",
    "arc": "How straight the ways back are.",
    "particle": "One point of a way back, step by step, in numbers.",
    "derivation": "One step of DDPM and of DDIM, with numbers in every term.",
    "roundtrip": "Data to noise by DDIM turned around, and back again.",
    "roundtrip-errors": "How much such a round trip loses, over the number of steps.",
    "mistake": "A way back with a sampler that is wrong, or with its right counterpart.",
    "corruption": "A data set under one kind of noise, from none of it to nothing else.",
    "picture": "A picture under one kind of noise, from none of it to nothing else.",
    "composing": "Many small doses of one kind of noise, beside a single large one.",
    "endstates": "What each kind of noise leaves of a data set in the end.",
    "closedform": "How each kind of noise is made in one step, and in many.",
    "undo": "What networks that learnt to undo three kinds of noise make of it.",
    "truth": "The lowest loss that any network can reach, and what it would say.",
    "shipped-run": "What a training run from long ago showed, a cloud for each checkpoint.",
}

ROUTES: dict[str, str] = {
    "healthz": "How the server is: runs by status, workers that are up.",
    "openapi": "This description.",
    "models": "Keep a checkpoint, a `.safetensors` file.",
    "model": "A kept checkpoint, as a file.",
    "facts": "What a kept checkpoint says of itself.",
    "poll": "What is new of a training run: facts, losses and pictures.",
    "checkpoint": "The latest checkpoint of a run, as a file.",
    "keep": "Keep the latest checkpoint of a run.",
    "tell": "Tell a run what to do.",
    "undo": "Start the visitor's run of three networks that learn to undo noise.",
    "take-home.py": "A training run as a script.",
    "take-home.ipynb": "A training run as a notebook.",
    "own/picture": "Keep a picture, a PNG or JPEG file.",
    "own/table": "Keep points from a CSV file.",
    "own/drawing": "Keep points that were drawn.",
    "own/schedule": "Keep a noise schedule, given by handles or by betas.",
    "own": "What is kept under a name: points or a noise schedule.",
}

REFUSALS: dict[int, str] = {
    400: "The upload was broken off.",
    404: "There is no such thing here, or not any more.",
    409: "The run has nothing to keep yet.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "A form was sent where one file is taken as it is.",
    422: "Something that was sent is not allowed; the sentence names it.",
    500: "The calculation failed.",
    503: "Too many people are asking at this moment.",
    504: "The calculation took too long.",
    507: "The server has no room left.",
}

PATHS: dict[str, str] = {
    "name": "The name that was given when it was kept.",
    "run": "The id of a run; whoever knows it may see and stop the run.",
    "verb": "What the run is to do.",
    "since": "Number of the last report that is known already.",
    "download": "What the downloaded file is to be called.",
}

FIELDS: dict[str, str] = {
    "T": "Number of noise levels.",
    "activation": "What follows each hidden layer.",
    "axis": "How the vertical axis is divided.",
    "batch_size": "Points in each training step.",
    "clip_norm": "Norm above which a gradient is scaled down; left out, none is.",
    "dataset": "A data set.",
    "depth": "Hidden layers.",
    "ema": "Highest decay of the moving average of the weights; 0 keeps the weights themselves.",
    "eta": "Noise of DDIM's steps: 0 is none, 1 is as much as DDPM's.",
    "kind": "A kind of noise.",
    "known": "Whose answer: the model's, that of a perfect network, or their difference.",
    "learning_rate": "The optimiser's rate at first.",
    "lr_schedule": "How the rate falls to zero.",
    "mistake": "What is wrong with the sampler.",
    "model": "A model: a shipped one, an exact denoiser, or one that was kept.",
    "n": "Number of points.",
    "n_points": "Points of the data.",
    "network": "The network's architecture.",
    "objective": "What the network predicts.",
    "optimizer": "The optimiser.",
    "picture": "A picture.",
    "point": "Which of the points, counted from 0.",
    "preset": "The recipe of the run.",
    "preview_eta": "Noise of the steps of each snapshot's sample: 0 is DDIM, 1 is DDPM.",
    "preview_points": "Points of each snapshot's sample.",
    "preview_steps": "Sampling steps of each snapshot's sample.",
    "sampler": "How the way back is gone.",
    "scaling": "How the data are scaled: to unit variance, or as the tutorial does.",
    "schedule": "A noise schedule; with a model, for the exact denoisers alone.",
    "schedules": "Noise schedules to be compared, with commas between.",
    "seed": "Of everything that is drawn at random.",
    "snapshot_every": "Training steps between two snapshots.",
    "spacing": "Which noise levels are visited.",
    "steps": "Number of steps.",
    "t_sampling": "How the noise levels of a batch are drawn.",
    "time_embedding": "How the network is told t; left out, it is the network's own way.",
    "visitor": "What the page calls itself: 4 to 64 digits and hyphens.",
    "way": "By the closed form, or step by step.",
    "weight_decay": "AdamW's alone: the share of the weights that a step takes away.",
    "width": "Units in each hidden layer.",
    "wrong": "Whether the sampler is the wrong one, or its right counterpart.",
    "zero_terminal_snr": "Whether the schedule is rescaled so that nothing of the data is left.",
}
