"""What the chapter "particle" says, in English."""

WORDS = {"title": "particle", "question": ""}
