"""What the chapter "roundtrip" says, in English."""

WORDS = {"title": "roundtrip", "question": ""}
