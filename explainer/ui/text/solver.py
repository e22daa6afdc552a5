"""What the chapter "solver" says, in English."""

WORDS = {"title": "solver", "question": ""}
