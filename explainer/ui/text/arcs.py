"""What the chapter on an arc between two draws of noise says, in English."""

WORDS = {
    "title": "Between two draws of noise",
    "question": "Points along an arc from one draw of noise to another are sent back. Do "
    "neighbours stay neighbours?",
    "ddim": "DDIM, η = 0",
    "ddpm": "DDPM",
    "others": "Other two ends",
    "place": "Place on the arc",
    "nowhere": "none",
    "points": "Points on the arc",
    "computing": "Walking back …",
    "unreachable": "The walks could not be computed. Is the app still running?",
    "told": "Neighbours on the arc start at most {start} apart. They end at most {ddim} apart with "
    "DDIM, and up to {ddpm} with DDPM. Going from end to end in the order of the arc takes a path "
    "of {ddim_length} with DDIM, and of {ddpm_length} with DDPM.",
    "caption": "{points} points between two draws of noise that lie {angle}° apart, seen from the "
    "middle",
    "gap": "largest gap",
    "length": "length of the path",
    "row_start": "in the noise",
    "row_ddim": "DDIM, {steps} steps",
    "row_ddpm": "DDPM, {steps} steps",
    "how": "Colour is the place on the arc. DDIM with η = 0 turns noise into data by a continuous "
    "map: neighbours part where the map is steep, but the more points there are, the closer they "
    "end. DDPM draws fresh noise for each point, and no number of points closes its gaps.",
    "arc": "On a straight line between the two draws, the points in the middle would be closer to "
    "0 than noise usually is. So the arc is taken (spherical interpolation). Lengths are in the "
    "units of the data.",
}
