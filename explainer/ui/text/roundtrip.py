"""What the chapter on the way there and back says, in English."""

WORDS = {
    "title": "There and back again",
    "question": "DDIM can also be walked forwards: every point of the data has a noise of its own. "
    "Starting from that noise, does a point come back to where it was?",
    "player": "Data → noise → data",
    "starts": "Starts",
    "starts_note": "Show where each point started, as rings",
    "chart": "How far from its start a point comes back",
    "steps": "steps each way",
    "distance": "distance, in data units",
    "mean": "mean",
    "q90": "nine of ten points are nearer",
    "first_order": "twice the steps, half the error",
    "computing": "Walking there and back with different numbers of steps …",
    "unreachable": "The errors could not be computed. Is the app still running?",
    "told": "With {few} steps each way a point comes back {mean_few} from its start on average, "
    "with {many} steps {mean_many}. Over all the points of the chart, twice the steps leave "
    "{ratio} of the error. For a method of first order, as DDIM is, it should come to one half.",
    "told_one": "With {many} steps each way a point comes back {mean_many} from its start on "
    "average.",
    "how": "A point is coloured by its place on the data. Nothing is drawn at random here, in "
    "neither direction, so the seed changes nothing. The way to noise is the same update with the "
    "two levels exchanged, and it has to use the noise predicted at where the point stands, not at "
    "where it goes: that is the whole error. DDPM has no such way back, since it forgets: each of "
    "its steps draws fresh noise.",
    "mark": "The dotted line marks the number of DDIM's steps above. The levels of the chart are "
    "evenly spaced.",
}
