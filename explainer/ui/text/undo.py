"""What the chapter "undo" says, in English."""

from __future__ import annotations

from typing import Any

from explainer.settings import MAIN_CORRUPTIONS
from explainer.ui.text import en
from explainer.ui.text.noise import NOISE_TYPES

AGAIN = "Train all three again"
WORDS: dict[str, Any] = {
    "title": "To undo it",
    "question": (
        "A small network can learn to undo any of them. Can it also make new data "
        "out of nothing but noise?"
    ),
    "kinds": {kind: NOISE_TYPES[kind] for kind in MAIN_CORRUPTIONS},
    "datasets": en.DATASETS,
    "own": en.OWN_POINTS,
    # What the networks are of.
    "data": "Data",
    "digits": "Digits, 8 × 8",
    "network": "Network",
    "networks": {"mlp": "MLP", "unet": "U-Net"},
    "network_note": (
        "The MLP sees 64 numbers and knows nothing of neighbours; the U-Net looks at neighbouring "
        "pixels, at full size, at half and at a quarter."
    ),
    "loading": "The networks are on their way …",
    "unreachable": "The networks could not be loaded. Is the app still running?",
    "broken": "The answer could not be read.",
    "none_shipped": (
        "No networks come with the app for points of one's own. Train all three here: it takes "
        "some seconds."
    ),
    "shipped": (
        "These three networks come with the app: {parameters} weights each, one for each kind of "
        "noise, trained for {steps} steps."
    ),
    "seconds": "That took {seconds}\u00a0s each.",
    "seconds_range": "That took {low} to {high}\u00a0s each.",
    # Training.
    "train": "Train all three",
    "again": AGAIN,
    "stop": "Stop",
    "to_shipped": "Show the ones that come with the app",
    "to_run": "Show my own",
    "run_note": (
        "You have one run at a time: this one takes the place of a run in the tab Train live."
    ),
    "named": "{data} · {network}",
    "progress": "Training progress",
    "statuses": {
        "starting": "Starting …",
        "queued": "Waiting for a place: number {position} in the queue.",
        "running": "Training all three in turns, step {step} of {steps}. The pictures follow.",
        "paused": "Paused at step {step} of {steps}.",
        "done": "Done after {seconds} s: all that is below is of your own three networks.",
        "running_away": "Training all three in turns, step {step} of {steps}.",
        "done_away": "Done after {seconds} s.",
        "stopped": "Stopped at step {step} of {steps}.",
        "failed": "The run has ended early.",
        "lost": (
            "This run is not on the server any more: it ended or was stopped long ago, or the "
            f"server has started anew. Press “{AGAIN}” for another one."
        ),
    },
    "silence": "The server does not answer; trying again …",
    "stop_failed": "The run could not be stopped: {reason}",
    "loss": "Losses of the three networks",
    "loss_title": "Loss while training",
    "loss_note": (
        "Mean squared error of the prediction x̂₀, over all amounts of noise, the data having "
        "variance 1. Faint: single steps; lines: smoothed; dots: on data never trained on."
    ),
    "loss_note_digits": (
        "Mean squared error of the prediction x̂₀, over all amounts of noise, a pixel being 0 to 1. "
        "Faint: single steps; lines: smoothed; dots: on digits never trained on."
    ),
    "mean_line": "always the mean",
    "step_axis": "step",
    # One look.
    "predict_title": "One look: what was there before?",
    "predict_how": (
        "The network sees noised data xₜ, is told the amount of noise, and answers with its "
        "prediction x̂₀. Training makes its squared error small. Where the noise leaves several "
        "possibilities, the cheapest answer is their average: points draw together, digits blur. "
        "At amount 1 nothing is left to see, and the average is that of all data."
    ),
    "predict_told": (
        "At amount 1 the error is {gaussian} (Gaussian), {salt_and_pepper} (salt and pepper) and "
        "{uniform} (uniform); to answer always with the mean of the data costs {mean_error}."
    ),
    "predict_table": "Noised data and predictions at eight amounts",
    "amount": "amount",
    "x0": "x₀, the original",
    "noised": "xₜ, noised",
    "predicted": "x̂₀, predicted",
    "error": "error",
    "mean": "mean of all data",
    "noised_at": "{kind}: noised, amount {amount}",
    "predicted_at": "{kind}: prediction from amount {amount}, mean squared error {error}",
    "original_at": "Original {number}",
    "scale_note": (
        "The error is the mean squared error of a coordinate, on data never trained on; the data "
        "are scaled to variance 1. Colours tell where a point lies on the data, grey is the data; "
        "some points of pure noise lie outside the pictures."
    ),
    "scale_note_digits": (
        "The error is the mean squared error of a pixel, which goes from 0 (black) to 1 (white), "
        "on digits never trained on. Each column is another digit."
    ),
    # Many looks.
    "walk_title": "Out of nothing but noise",
    "walk_how": (
        "Start from pure noise and come back step by step. In each step the network predicts x̂₀, "
        "and a rule says what to do with it. All rules use the same network and start from the "
        "same noise."
    ),
    "kind": "Noise",
    "steps": "Steps",
    "later": "when training has ended",
    "slider": "Amount of noise left",
    "play": "Play",
    "pause": "Pause",
    "at_step": "{amount} · step {step} of {steps}",
    "at_amount": "{amount}",
    "rules": {
        "fraction": "A fraction of the way",
        "again": "Predict, corrupt again",
        "corrected": "Corrected",
        "ddpm": "DDPM",
        "ddim": "DDIM",
    },
    "rule_notes": {
        "fraction": "Move towards x̂₀: with k steps left, 1/k of the way.",
        "again": "Take x̂₀ and noise it afresh, a little less than before.",
        "corrected": "Take from xₜ the noise that x̂₀ would have now, add what it would have next.",
        "ddpm": "Made for Gaussian noise: less noise, of which some is fresh.",
        "ddim": "Made for Gaussian noise: the noise that is left is kept, only less.",
    },
    "x": "xₜ",
    "x0_hat": "x̂₀",
    "x_at": "{rule}: xₜ at amount {amount}",
    "x0_at": "{rule}: prediction x̂₀ at amount {amount}",
    "ends_swd": "ends {swd} from the data",
    "ends_recognised": "{recognised} recognised",
    "history": "Step by step",
    "history_of": "Rule",
    "go_to": "Go to amount {amount}",
    "history_label": "All steps of one rule",
    "corner_note": (
        "Pure salt and pepper has only four places for a point, the corners of the box. A fraction "
        "of the way draws nothing by chance on its way, so it cannot end in more than four."
    ),
    "why_title": "Why do the rules differ? What the network sees has to look like its training.",
    "why": {
        "fraction": (
            "1/k of the way is just right for noise that is mixed in along a straight line, as "
            "uniform noise is here, xₜ = (1 − a) x₀ + a u: the step leaves u alone and lowers a. "
            "Gaussian noise is mixed in as √(1 − a) x₀ + √a ε and shrinks in another way than the "
            "network is told; salt and pepper does not shrink at all. There the predictions are "
            "off, and the last step, which is all prediction, ends on averages."
        ),
        "again": (
            "Noising x̂₀ afresh shows the network the right kind and amount of noise. But each step "
            "throws xₜ away and keeps x̂₀ alone: early on that is an average of all data, and what "
            "it leaves out is gone until fresh noise happens to bring it back. (Bansal et al. "
            "2022, arXiv 2208.09392, algorithm 1.)"
        ),
        "corrected": (
            "Only the difference between two amounts of the same noise is applied, so errors of x̂₀ "
            "that do not depend on the amount cancel: made for damage without chance, like blur. "
            "Here the noise is drawn once for the walk, and in the end it has all been taken away "
            "again. What is left is an average of all predictions on the way, the first, the mean "
            "of all data, among them; with salt and pepper each value stays as it was predicted "
            "when it was freed. (The same paper, algorithm 2. DDIM is this rule with the noise "
            "worked out anew from xₜ and x̂₀ in each step, which lets it forget early predictions.)"
        ),
    },
    # How good it is.
    "table_title": "How good is what comes out?",
    "table": "Rules and how good their samples are",
    "measure": "Measured",
    "measures": {"recognised": "recognised", "nearest": "nearest digit", "different": "variety"},
    "captions": {
        "swd": (
            "Distance of samples to fresh real data: the sliced Wasserstein distance (SWD), how "
            "far points would have to be moved on average to turn one cloud into the other, seen "
            "from many directions; in data units / 10, and 0 is equal. Bold: the nearest of a "
            "column; grey: no nearer than the pure noise that the walk began with."
        ),
        "recognised": (
            "How many of the samples are read as one of the ten digits with a certainty of 90 % or "
            "more. Bold: the most of a column."
        ),
        "nearest": (
            "Distance of a sample to the nearest digit of the training: the root of the mean "
            "squared difference of a pixel, which goes from 0 to 1. 0 is a copy; bold is what "
            "comes nearest to fresh real digits."
        ),
        "different": (
            "Variety: to how many different digits of the training the samples are nearest, as a "
            "share of the samples. Bold is what comes nearest to fresh real digits."
        ),
    },
    "real_row": "fresh real data",
    "noise_row": "pure noise",
    "dash": "–",
    "n_steps": "{n} steps",
    "soon": "The numbers for 40 steps come when training has ended.",
    "short": {
        "gaussian": "Gaussian",
        "salt_and_pepper": "salt and pepper",
        "uniform": "uniform",
    },
    "measured": {"swd": "{value} from the data", "recognised": "{value} recognised"},
    "best": "With {n} steps, the best of the three rules for any noise is {parts}.",
    "best_same": "With {n} steps, {rule} is the best of the three rules for any noise: {parts}.",
    "best_part": "“{rule}” for {kind} noise ({value})",
    "same_part": "{value} ({kind})",
    "real": {
        "swd": "Fresh real data are at {value}: nothing can be nearer, but by chance.",
        "recognised": "Of fresh real digits {value} are recognised.",
    },
    "variety": "Being readable is not all: of these samples {parts} differ, of real digits {real}.",
    "more": "{many} steps instead of {few} took these from {parts}.",
    "more_part": "{few} to {many} ({kind})",
    "special_question": "Is Gaussian noise special?",
    "special": {
        "alike": "With the rules for any noise it is not: {kind} noise does as well ({rival}) as "
        "Gaussian noise ({gaussian}).",
        "rival": "With the rules for any noise it is not: {kind} noise does better ({rival}) than "
        "Gaussian noise ({gaussian}).",
        "gaussian": "With the rules for any noise it does best of the three ({gaussian}); {kind} "
        "noise, the next, comes to {rival}.",
        "own_better": "{own}, made for Gaussian noise alone, does better than all of them "
        "({own_value}).",
        "own_alike": "{own}, made for Gaussian noise alone, does about as well as the best of them "
        "({own_value}).",
        "own_worse": "{own}, made for Gaussian noise alone, does not reach the best of them "
        "({own_value}).",
        "range": "The rule counts as well: from Gaussian noise alone, the {count} rules end "
        "between {low} and {high}.",
    },
    "and": " and ",
    "comma": ", ",
}
