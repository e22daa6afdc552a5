"""What the learner reads, one module a language."""
