"""What the chapter "derivation" says, in English."""

from __future__ import annotations

from typing import Any

WORDS: dict[str, Any] = {
    "title": "Where the formula comes from",
    "question": "A network that was trained for DDPM takes DDIM's steps too, without any further "
    "training. Why may it? Six short steps, each with the numbers of the t that you choose.",
    "step": "Step of the walk",
    "at": "t = {t} → {t_prev}",
    "eta": "η, which sets σ",
    "own": "These two sliders change this chapter alone. With a walk of {count} steps, t − 1 "
    "stands for the next level visited.",
    "numbers": "Here:",
    "agree": "both sides agree",
    "differ": "the two sides differ",
    "nothing": "ᾱₜ is 0 here: nothing of x₀ is left in xₜ, and no ε̂ can tell what it was.",
    "steps": [
        {
            "title": "What training has fixed",
            "text": "Training never takes a step back. It mixes a data point x₀ with noise ε, as "
            "much as belongs to a t drawn at random, and asks the network for ε. So what the "
            "network knows is this mixture at each t, called the marginal, and nothing of how xₜ "
            "and xₜ₋₁ hang together.",
        },
        {
            "title": "What a step back may look like",
            "text": "Were x₀ known, a step back could mix it with xₜ and add fresh noise z. That "
            "leaves three numbers to be found: a, b and σ. (DDPM finds its three by assuming that "
            "each xₜ is made from xₜ₋₁ alone. DDIM does not assume it.)",
        },
        {
            "title": "What it must not change",
            "text": "The network is asked again at t − 1, so there it must meet the mixture that "
            "it was trained on. ε and z are independent of each other, so their variances add: "
            "one equation for the weight of x₀, one for the variance of the noise.",
        },
        {
            "title": "Two equations, three unknowns",
            "text": "So σ stays free, from 0 to √(1 − ᾱₜ₋₁), and each choice has its a and b. The "
            "slider η chooses a share of the σ that DDPM has.",
        },
        {
            "title": "A guess in place of x₀",
            "text": "x₀ is not known, but the network's ε̂ gives a guess: solve step 1 for x₀. For "
            "example, let x₀ = {x0} and ε = {eps}, and the network be a little wrong: ε̂ = "
            "{eps_hat}. Then x̂₀ is wrong too, more so the less data there are in xₜ.",
        },
        {
            "title": "Collect what belongs together",
            "text": "Put x̂₀ into the step back and write xₜ as a mixture of x̂₀ and ε̂. The weights "
            "become those of step 1 at t − 1, with room for σ: this is DDIM's update.",
        },
    ],
    "choices": "What the choice of σ makes of the weights",
    "heads": {"none": "η = 0: DDIM", "here": "η = {eta}: yours", "all": "η = 1: DDPM"},
    "weights": {
        "a": "of x₀ in the step back",
        "b": "of xₜ in the step back",
        "eps": "of ε̂ in the update",
        "sigma": "of fresh noise",
    },
    "choice": "With η = 0 no noise is drawn: where xₜ goes is settled by xₜ alone. With η = 1 the "
    "a and b are those of DDPM's own step back, and the noise has its variance β̃ₜ. What lies "
    "between is as good a step back as these two: all have the same marginals.",
    "why": "Why the same network serves every σ",
    "reasons": [
        "The objective from which DDPM's training comes, the variational bound, asks how far the "
        "step back with x̂₀ is from the one with x₀. Both are Gaussians of variance σ², so all that "
        "counts is the distance of their means, which is a (x₀ − x̂₀). By step 5 that is a multiple "
        "of ε̂ − ε: for every σ the bound is a sum over t of γₜ |ε − ε̂|², up to a constant, and σ "
        "is only in γₜ. Training uses the same sum with 1 in place of γₜ.",
        "If there were a network of its own for each t, this weight would not matter: a positive "
        "factor does not move a minimum, so one set of networks would be best for all σ at once. "
        "A real network shares its parameters between all t. What it gains at one t may cost it "
        "at another, the weights decide which, and the argument holds only roughly.",
    ],
    "chart": "The weight γₜ of the loss at each t",
    "axis": "t",
    "simple": "training: 1",
    "ddpm": "DDPM's bound (η = 1)",
    "here": "the bound with η = {eta}",
    "visited": "the steps of this walk",
    "weight": "From t = {t} to {t_prev} with η = {eta} the bound weighs the squared error of ε̂ by "
    "γₜ = {gamma}, where training weighs it by 1.",
    "deterministic": "With η = 0 there is no bound: σ is 0, and γₜ grows beyond all numbers on the "
    "way there. DDIM is the limit of steps that each have one.",
    "noiseless": "This step ends at the data, where σ is 0: the bound has another term there, a "
    "likelihood, and no γₜ.",
    "lost": "At this t nothing of the data is left in xₜ, and there is no γₜ.",
    "source": "Song, Meng, Ermon: Denoising Diffusion Implicit Models, arXiv 2010.02502, sections "
    "3 and 4.1 and appendix B (there αₜ is what is ᾱₜ here); the weight for η = 1 is equation 12 "
    "of Ho, Jain, Abbeel, arXiv 2006.11239.",
    "unreachable": "The server did not answer. Is the app still running?",
}
