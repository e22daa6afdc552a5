"""What the chapter "quality" says, in English."""

WORDS = {
    "title": "How many steps are enough?",
    "question": (
        "Each step back costs one evaluation of the network. How much worse are the samples when "
        "we take 10 steps instead of 100 – and which sampler can afford it?"
    ),
    # The lines: in full in the legend, and short in a sentence.
    "lines": {
        "ddpm": "DDPM",
        "ddim 0": "DDIM, η = 0",
        "ddim 0.5": "DDIM, η = 0.5",
        "ddim 1": "DDIM, η = 1",
        "dpm": "DPM-Solver++ 2M",
    },
    "short": {"ddpm": "DDPM", "ddim 0": "DDIM", "dpm": "DPM-Solver++"},
    "perfect": "perfect network, {name}",
    "real": "real data against real data",
    "chart": (
        "Chart: distance of the samples to real data against the number of steps, both axes "
        "logarithmic. The same numbers are in the table below."
    ),
    "steps_axis": "steps",
    "distance_axis": "distance to real data (SWD)",
    "mark": "{sampler} above: {steps}",
    "range": "{median} ({low} to {high})",
    # What the numbers say.
    "at": "At {steps} steps {parts}; real data against other real data {real}.",
    "part": "{name} is at {value}",
    "realRange": "are at {low} to {high}",
    "realOne": "are at {low}",
    "near": "To come within twice the distance of real data, {parts}.",
    "needs": "{name} needs {steps} steps",
    "never": "{name} is not good enough even with {steps}",
    "and": " and ",
    "comma": ", ",
    "schedule": (
        "Samplers that add no noise on the way cannot get there with this model, and that is the "
        "schedule's doing: with DDIM even a perfect network is at {value} after {steps} steps. The "
        "walk back starts from pure noise, but this schedule ends at ᾱₜ = {left}, where the data "
        "are not all gone. The fresh noise of DDPM makes up for most of that."
    ),
    "waiting": "The first numbers are on their way …",
    # How it is measured.
    "measure": (
        "The distance is the sliced Wasserstein distance (SWD): how far, on average, points would "
        "have to be moved to turn {n} samples into real data, seen from many directions; in data "
        "units / 10. Points are medians over {seeds} walks from different noise, bars go from the "
        "best to the worst."
    ),
    "ddim1": "DDIM with η = 1 is DDPM, step by step: the two lines are one.",
    "floor": (
        "Why do the lines become flat and meet on the right? {n} points are only a sample: even "
        "real points, picked at random, are that far from other real points (the grey band). Once "
        "the error of the steps is smaller than this, more steps cannot be seen any more; what "
        "stays above the band is the error of the network or of its schedule."
    ),
    "perfectNote": (
        "The dotted lines are a perfect network on the same schedule, the best that so many steps "
        "allow. It is perfect for {n} points of the data and ends by copying them, some twice and "
        "others never: that is why a trained network can end below it."
    ),
    "perfectItself": (
        "This is a perfect network: no training could do better on its {n} points. It ends by "
        "copying them, some twice and others never."
    ),
    "tooMany": (
        "With {steps} steps nothing is measured: this network is too large for that to be quick."
    ),
    # While the numbers come.
    "progress": "{done} of {all} measured",
    "progressLabel": "Measuring this model",
    "stop": "Stop",
    "goOn": "Go on",
    "table": "The same numbers as a table",
    "sampler": "sampler",
    "stepsHead": "{steps} steps",
    "unknown": "–",
    "unreachable": "The server did not answer.",
}
