"""What is wrong here? Questions about the runs that are broken on purpose, and their answers.

The numbers are those of full runs on the S-curve, medians over seeds 0, 1 and 2.
"""

from __future__ import annotations

from typing import Any

_ASK = "What is wrong here?"

# Each shows one thing; ``hides`` are lines of the loss chart that would give it away.
PUZZLES: dict[str, dict[str, Any]] = {
    "rate": {
        "question": _ASK,
        "look": "Press Start, read the message, and compare the controls with the fast recipe's.",
        "answer": "The learning rate is 1, a hundred times the fast recipe's. Adam's first step "
        "moves every weight by that much, and the loss jumps from 1 to 10⁹. A tenth of it trains "
        "but stays above the floor (0.95 instead of 0.90); a hundredth is right.",
        "mend": "learning rate 0.01",
    },
    "timeless": {
        "question": _ASK,
        "look": "Press Start. The loss stops falling: how far above the dashed line, and at "
        "which noise levels?",
        "answer": "The network is not told t, so it must give one answer for all noise levels. "
        "The loss stops at 0.96 where 0.90 is possible, and is worst at about a tenth of T. Five "
        "times as many steps do not help. One sample in five lies off the S, which the distance "
        "hardly notices.",
        "mend": "tell it t by sine waves",
    },
    "few_steps": {
        "question": _ASK,
        "look": "Press Start. The loss reaches its floor, so the network is not to blame. How "
        "much of the data is left at t = T?",
        "answer": "Ten steps of a schedule made for a thousand: ᾱ is still 0.90 at T, so that x_T "
        "is nearly the data, yet sampling starts from pure noise. The middle of the S is crowded "
        "and the distance more than twice the fast recipe's; a perfect network would draw the "
        "same. 100 steps of the cosine schedule mend it.",
        "mend": "cosine schedule, T = 100",
    },
    "little_noise": {
        "question": _ASK,
        "look": "Press Start. The loss is close to its floor. Compare where sampling starts with "
        "what the schedule makes of the data at t = T.",
        "answer": "This is the tutorial's schedule: ᾱ ends at 0.778, so that x_T still shows the "
        "S, but sampling starts from pure noise. Twice as many samples stray, and no training "
        "mends it. DDPM's fresh noise hides most of it, a schedule that reaches noise mends it.",
        "mend": "cosine schedule",
    },
    "tiny": {
        "question": _ASK,
        "look": "Press Start. Does the loss still fall at the end? Would more steps help?",
        "answer": "One layer of 8 units that sees x and y alone cannot bend around an S. The loss "
        "stops at 0.95 to 0.99 where 0.90 is possible, half of the samples stray, and ten times "
        "as many steps change little. Three layers of 64 units bring it down to its floor.",
        "mend": "3 layers of 64 units, and waves of x and y",
    },
    "memory": {
        "question": _ASK,
        "look": "Press Start. The training loss falls below the dashed line, which no network "
        "can. How can that be?",
        "answer": "It has only 16 points and learns them by heart: nine samples in ten lie right "
        "beside one of the 16. The training loss falls to 0.79, below the floor of 0.90 for the "
        "whole S. The loss on held-out data, which was hidden so far, rises from 1.2 to 1.7: "
        "without such data nobody would notice.",
        "mend": "50,000 points",
        "hides": ["validation"],
    },
}
