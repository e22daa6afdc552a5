"""What the chapter "repeats" says, in English."""

WORDS = {"title": "repeats", "question": ""}
