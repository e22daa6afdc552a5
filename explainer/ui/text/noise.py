"""What the tab "Noise types" says above its chapters, in English."""

INTRO = """\
**Is Gaussian noise special?** The same points under three kinds of damage, from none to nothing \
else; one slider moves all three. Compare where they end: only the first ends in a cloud without \
edges that every data set shares. Beside each picture stands how x and y are spread, in grey, and \
how they will be in the end, as a line."""
NOISE_TYPES = {
    "gaussian": "Gaussian",
    "salt_and_pepper": "Salt and pepper",
    "uniform": "Uniform",
    "additive": "Gaussian, only added",
    "poisson": "Poisson: few photons",
    "multiplicative": "Multiplied: speckle",
}
SIDES = ("Kind on the left", "Kind in the middle", "Kind on the right")
