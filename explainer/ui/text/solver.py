"""What the chapter "solver" says, in English."""

WORDS = {
    "title": "A better solver",
    "question": "The same model, the same noise, the same few steps: can a sampler come nearer to "
    "the data than DDIM without asking the model any more often?",
    "steps": "Steps of both",
    "ddim": "DDIM, η = 0",
    "dpm": "DPM-Solver++ (2M)",
    "computing": "Computing …",
    "unreachable": "The samples could not be loaded. Is the app still running?",
    # The distance is the sliced Wasserstein distance that stands under both pictures.
    "nearer": "After the same {steps} evaluations of the model DDIM ends {ddim} from the data, and "
    "the solver {dpm}: {factor} times nearer.",
    "farther": "After the same {steps} evaluations of the model DDIM ends {ddim} from the data, "
    "and the solver {dpm}: here DDIM is {factor} times nearer.",
    "alike": "After the same {steps} evaluations of the model DDIM ends {ddim} from the data, and "
    "the solver {dpm}: about as near.",
    "reached": "That is as near as real data are to other real data, {real}.",
    "how": "A step of DDIM uses the prediction x̂₀ from its start as if it held until its end: a "
    "first-order method. But x̂₀ changes on the way. The solver remembers the x̂₀ of the step "
    "before; from the two it sees how the prediction changes, draws it out to the middle of the "
    "step, and uses that: a second-order method. It still evaluates the model once a step.",
    "order": "Both follow the same curves from noise to data, piece by piece. Where the curves are "
    "smooth, twice as many steps leave half of DDIM's error in that, but a quarter of the "
    "solver's. With 50 or 100 steps both errors are small and nothing is left to win: what "
    "remains is the error of the model itself. The solver's first step, with nothing to remember, "
    "and its last, to the data, are steps of DDIM. (Lu et al. 2022, arXiv 2211.01095, algorithm "
    "2.)",
}
