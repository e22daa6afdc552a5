"""What the chapter on mistakes says, in English.

Of each mistake: its name, which must not give the answer away; the sampler and its steps; the lines
of code ``before`` and ``after`` the ``wrong`` one, and the ``right`` one; and why it does what it
does. What it does is measured, see :mod:`explainer.experiments.wrong`.
"""

from typing import Any

MISTAKES: dict[str, dict[str, Any]] = {
    "neighbour": {
        "name": "The level before",
        "sampler": "DDIM, {steps} steps",
        "steps": 20,
        "before": ["for t, t_next in levels:  # {stride} apart; the last t_next is -1"],
        "wrong": "    abar_prev = abar[t - 1]",
        "after": ["    x = abar_prev.sqrt() * x0_hat + (1 - abar_prev).sqrt() * eps_hat"],
        "right": "    abar_prev = abar[t_next] if t_next >= 0 else 1.0",
        "why": "The walk jumps {stride} levels at a time, but this line takes away the noise of "
        "one level only. Everything else that each jump should have removed is still there at the "
        "end. Where all levels are visited, t − 1 is the next one and the line is right: so it "
        "passes every test without a jump.",
    },
    "root": {
        "name": "Two roots",
        "sampler": "DDIM with η = 1, {steps} steps",
        "steps": 20,
        "before": [],
        "wrong": "a, a_prev = abar[t].sqrt(), abar[t_next].sqrt()",
        "after": [
            "sigma = ((1 - a_prev) / (1 - a) * (1 - a / a_prev)).sqrt()",
            "eps_weight = (1 - abar[t_next] - sigma**2).sqrt()",
        ],
        "right": "a, a_prev = abar[t], abar[t_next]",
        "why": "This σ² is always between a half and the whole of the right one. But the weight of "
        "the predicted noise is made to fit whatever σ there is, so the walk is still a DDIM walk, "
        "only with a smaller η than was asked for. That is why this mistake survives: nothing "
        "looks broken. (The DDIM paper writes α for what others call ᾱ, which invites it.)",
    },
    "square": {
        "name": "What is under the root",
        "sampler": "DDIM with η = 1, {steps} steps",
        "steps": 50,
        "before": ["sigma = ((1 - abar_prev) / (1 - abar_t) * (1 - abar_t / abar_prev)).sqrt()"],
        "wrong": "eps_weight = (1 - abar_prev - sigma).clamp(min=0).sqrt()",
        "after": ["x = abar_prev.sqrt() * x0_hat + eps_weight * eps_hat + sigma * z"],
        "right": "eps_weight = (1 - abar_prev - sigma**2).clamp(min=0).sqrt()",
        "why": "σ is below 1, so σ is more than σ², and the predicted noise gets too small a "
        "weight. Each state then has less noise than its t says. The network takes the points for "
        "noisier than they are and pulls them a little too far to the middle, at every step.",
    },
    "last_noise": {
        "name": "The last step",
        "sampler": "DDPM, {steps} steps",
        "steps": 8,
        "before": [
            "for t, t_next in levels:  # the last t_next is -1: the data",
            "    mean, sigma = posterior(x, x0_hat, t, t_next)",
        ],
        "wrong": "    x = mean + sigma * torch.randn_like(x)",
        "after": [],
        "right": "    x = mean + sigma * torch.randn_like(x) if t_next >= 0 else mean",
        "why": "The points had arrived at the data, and then each gets one more draw of noise, of "
        "the β of the last step. The fewer the steps, the larger that β. The sliced Wasserstein "
        "distance, which compares clouds as a whole, hardly feels it; the distance from the "
        "nearest real point does.",
    },
    "one_more": {
        "name": "The loop",
        "sampler": "DDIM, {steps} steps",
        "steps": 20,
        "before": [],
        "wrong": "for t in range(T - 1, -2, -{stride}):",
        "after": ["    x0_hat, eps_hat = network(x, t)", "    x = step(x, x0_hat, eps_hat, t)"],
        "right": "for t in range(T - 1, -1, -{stride}):",
        "why": "The loop goes on to t = −1, where the points are data already. In Python the index "
        "−1 is the last entry, so the network is told that it sees pure noise. The best guess for "
        "the data behind pure noise is the same everywhere: their mean.",
    },
    "prior": {
        "name": "The start",
        "sampler": "DDIM, {steps} steps, with a tutorial's schedule and the exact denoiser",
        "steps": 20,
        "before": [
            "betas = torch.sigmoid(torch.linspace(-6, 6, 100)) * (5e-3 - 1e-5) + 1e-5",
            "abar = (1 - betas).cumprod(0)",
        ],
        "wrong": "x = torch.randn(n, 2)",
        "after": ["for t, t_next in levels:", "    x = ddim_step(x, t, t_next)"],
        "right": "x = abar[-1].sqrt() * data + (1 - abar[-1]).sqrt() * torch.randn(n, 2)",
        "why": "With this schedule the data never become N(0, I): at the last t, ᾱ is still "
        "{abar}. What is there has a standard deviation of {start_right}, and this line begins "
        "with {start_wrong}. DDIM only bends and stretches the cloud that it gets, so what starts "
        "too far out ends too far out. Better than the right line is a schedule that ends in "
        "noise. (As in the tutorial, built-in data are divided by ten here.)",
    },
}

WORDS: dict[str, Any] = {
    "title": "Right and wrong, side by side",
    "question": "Six wrong lines, of a kind that public code has had. Read one and guess what its "
    "samples look like: which mistakes would you see at once, and which would nobody notice?",
    "choose": "A mistake",
    "line": "The marked line is wrong.",
    "guess": "What will its cloud look like?",
    "mistakes": MISTAKES,
    "effects": {
        "scattered": "Points scattered off the shape",
        "crowded": "The right shape, but crowded here and thin there",
        "one_place": "All points in one place",
        "none": "Hardly any difference",
    },
    "right_player": "Right",
    "wrong_player": "Wrong",
    "same_noise": "Both start from the same noise.",
    "foreseen": "You foresaw it: “{answer}”.",
    "not_foreseen": "You guessed “{guess}”, but it is “{answer}”.",
    "far": "But the right samples of this model are far from the data too, so there is little to "
    "tell a mistake by.",
    "because": {
        "scattered": "The median distance of a sample from the nearest real point is {off_times} "
        "times as large.",
        "crowded": "The samples lie where data lie, but not as many in each place: their sliced "
        "Wasserstein distance to the data is {swd_times} times as large.",
        "one_place": "Of the spread, {spread_percent} % is left.",
        "none": "Neither the distance from the data nor the spread tells the two apart clearly.",
    },
    "why": "Why",
    "mended": "The right line",
    "caption": "The samples in numbers",
    "swd": "sliced Wasserstein distance to the data, in data units / 10 (fresh real data: {real})",
    "off": "median distance to the nearest real point",
    "spread": "spread: typical distance from the mean",
    "score": "{right} of {count} foreseen",
    "next": "Next mistake",
    "computing": "Walking back, rightly and wrongly …",
    "unreachable": "The samples could not be computed. Is the app still running?",
}
