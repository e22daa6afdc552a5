"""What the chapter "mistakes" says, in English."""

WORDS = {"title": "mistakes", "question": ""}
