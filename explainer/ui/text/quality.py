"""What the chapter "quality" says, in English."""

WORDS = {"title": "quality", "question": ""}
