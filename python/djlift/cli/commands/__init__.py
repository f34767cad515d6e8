"""The commands, one module each; zoo has publish, list and yank."""
