"""Question answering: the spans of a context that answer a question."""
