"""The comparisons of each level, as pure functions of both sides."""
