"""What the learner reads in the tab "Train live", in English."""

from __future__ import annotations

TRAIN = """\
**A small network learns to undo the noise, in a second or two.** Press Start: the cloud is what \
it would draw now, always from the same noise, whose colour each point keeps. *The loss stops \
falling although the samples improve?* Below the dashed line no network gets, but by \
chance in single steps: that much noise cannot be told from data."""

GROUPS = {
    "data": "Data and noise",
    "network": "Network",
    "training": "Training",
}
# Label and explanation of each control, by the field of TrainConfig.
CONTROLS = {
    "dataset": ("Data set", ""),
    "schedule": ("Noise schedule", ""),
    "n_points": ("Points to learn from", "With a handful, it learns them by heart."),
    "scaling": ("Scaling", "The noise has variance 1: data of the same size suits it."),
    "T": (
        "Noise steps T",
        "How finely the way to noise is cut; with schedules like linear also how much noise there "
        "is at its end.",
    ),
    "objective": ("The network predicts", "All three say the same, but err differently."),
    "network": ("The network sees", "Waves of x and y show it fine structure at once."),
    "width": ("Units in a layer", "More can draw finer shapes; time grows with the square."),
    "depth": ("Hidden layers", "Two to four do equally well here."),
    "time_embedding": ("It is told t by", "Without t it cannot know how much noise there is."),
    "activation": ("Activation", "The bend after each layer; here it hardly matters."),
    "batch_size": ("Points in a step", "More make a step calmer and slower."),
    "learning_rate": ("Learning rate", "How far a step moves: too small crawls, too large breaks."),
    "lr_schedule": ("It falls", "Small steps at the end settle what large ones stirred."),
    "optimizer": ("Optimiser", "AdamW also shrinks the weights a little, by 10⁻⁴."),
    "ema": ("Averaging of the weights", "0 is off; 0.99 averages about 100 steps and calms."),
    "clip_norm": ("Gradient clipped at", "0 is off; a bound tames single wild steps."),
    "t_sampling": ("How t is drawn", "Every level in each step tells more than chance."),
    "steps": ("Training steps", "400 take about a second."),
    "preview": ("Samples are drawn with", "20 large steps, or 100 small ones with fresh noise."),
    "seed": ("Seed", "Same seed: same first weights, same data, same noise."),
}
CHOICES: dict[str, dict[str, str]] = {
    "scaling": {"standard": "standardised", "tutorial": "divided by 10"},
    "objective": {"eps": "ε, the noise", "x0": "x₀, the data", "v": "v, between"},
    "network": {"fourier": "x, y and waves", "tutorial": "x, y alone"},
    "time_embedding": {"learned": "a learned table", "sinusoidal": "sine waves", "none": "nothing"},
    "activation": {"relu": "ReLU", "silu": "SiLU", "gelu": "GELU", "tanh": "tanh"},
    "lr_schedule": {"constant": "not", "linear": "in a line", "cosine": "as a cosine"},
    "optimizer": {"adam": "Adam", "adamw": "AdamW"},
    "t_sampling": {"stratified": "every level", "antithetic": "in pairs", "uniform": "by chance"},
    "preview": {"ddim": "DDIM", "ddpm": "DDPM"},
}

PRESET = "Recipe"
PRESETS = {
    "fast": "Fast",
    "tutorial": "Tutorial",
    "rate": "Puzzle 1",
    "timeless": "Puzzle 2",
    "few_steps": "Puzzle 3",
    "little_noise": "Puzzle 4",
    "tiny": "Puzzle 5",
    "memory": "Puzzle 6",
}
PRESET_NOTE = "The puzzles are broken on purpose: find out why."

TITLE = "{dataset} · {recipe} · seed {seed}"
CHANGED = "{recipe}, changed"

PACES = {"pace-1": "1 step", "pace-10": "10 steps", "pace-full": "full"}

WORDS = {
    "samples": "What the network draws now",
    "start": "Start",
    "again": "Start again",
    "pause": "Pause",
    "resume": "Resume",
    "step": "Step",
    "stepNote": "One optimiser step, with everything that happens in it",
    "stop": "Stop",
    "reset": "Reset",
    "resetNote": "Back to the first weights, which follow from the seed",
    "newSeed": "New seed",
    "newSeedNote": "Other first weights",
    "speed": "Speed",
    "paces": PACES,
    "progress": "Training progress",
    "none": "Nothing is running.",
    "starting": "Starting …",
    "shipped": "A finished run that comes with the app. Press Start to train your own.",
    "queued": "Waiting for a place: number {position} in the queue.",
    "running": "Training.",
    "paused": "Paused.",
    "done": "Done.",
    "stopped": "Stopped.",
    "failed": "Stopped.",
    "lost": "This run was lost with the server, which has started anew. Your settings are kept.",
    "forgotten": "This run is not on the server any more: it ended or was stopped long ago, or the "
    "server has started anew. Your settings are kept.",
    "rescue": "Go on from step {step}",
    "rescueNote": "This browser has kept the run as it was then",
    "unreachable": "The server does not answer; trying again …",
    "waiting": "The first picture of your run comes here.",
    "differs": "This run keeps its own settings. Yours differ: {changes}. Start trains with yours.",
    "posed": "This run keeps its own settings. Start trains with the puzzle's.",
    "change": "{field} {from} → {to}",
    "more": "{count} more",
    "mine": "Back to my run",
    "facts": {
        "step": "step",
        "rate": "steps a second",
        "seconds": "seconds",
        "left": "time left",
        "samples": "points seen",
        "work": "multiply-adds",
    },
    "rowStep": "step {step}",
    "loss": "Loss",
    "lossNote": "Mean squared error of the prediction. No network can stay below {floor} on this "
    "data with this schedule: so much noise cannot be told from data.",
    "raw": "training",
    "smooth": "training, smoothed",
    "validation": "held-out data",
    "floor": "lowest possible",
    "linear": "linear",
    "log": "log",
    "scale": "Scale of the loss",
    "byT": "Loss by noise level",
    "byTNote": "Where the network is still worse than it must be, from little noise to much.",
    "now": "now",
    "t": "t",
    "distance": "Distance of the samples to the data",
    "distanceNote": "Sliced Wasserstein distance, in data units / 10. Fresh real data are at "
    "{real}: closer is luck. Both fall with the number of points drawn, which is another in other "
    "tabs.",
    "distanceOwn": "Sliced Wasserstein distance, in data units / 10. Two halves of your own points "
    "are {real} apart.",
    "samplesLine": "samples",
    "real": "real data",
    "step_axis": "training step",
    "take": "Take this run home:",
    "script": "Python script",
    "notebook": "notebook",
}
