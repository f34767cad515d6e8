"""Text embedding: a text to a vector."""
