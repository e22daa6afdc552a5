"""What the chapter on walks from the same start says, in English."""

WORDS = {
    "title": "The same start, again and again",
    "question": "Eight points of noise are each sent back 20 times. Do the 20 walks from one point "
    "end in the same place?",
    "ddpm": "DDPM",
    "ddim": "DDIM",
    "eta": "η of DDIM",
    "computing": "Walking back …",
    "unreachable": "The walks could not be computed. Is the app still running?",
    "told": "{walks} walks from one start end with a spread of {ddpm} (DDPM, {ddpm_steps} steps) "
    "and of {ddim} (DDIM, {steps} steps, η = {eta}). The data as a whole have a spread of {data}: "
    "walks that spread as far as this have all but forgotten their start.",
    "same": "Here DDIM draws no noise on its way, so the start decides everything: all {walks} "
    "walks from a start end in the same point, to the last bit.",
    "apart": "With η above 0, DDIM draws fresh noise too, and walks from one start part.",
    "caption": "Spread of the ends, for each start",
    "column_ddpm": "DDPM, {steps}\N{NO-BREAK SPACE}steps",
    "column_ddim": "DDIM, {steps}\N{NO-BREAK SPACE}steps, "
    "η\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{eta}",
    "start": "start\N{NO-BREAK SPACE}{number}",
    "all": "all",
    "how": "Each colour is one start; the starts are the first eight points of noise above. The "
    "spread is a typical distance: the root of the mean squared distance of the ends from their "
    "mean, in the units of the data.",
    "eta_note": "η sets how much of DDPM's fresh noise DDIM adds at each step: none at 0, all of "
    "it at 1, where it is DDPM with the same steps.",
}
