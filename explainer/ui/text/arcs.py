"""What the chapter "arcs" says, in English."""

WORDS = {"title": "arcs", "question": ""}
