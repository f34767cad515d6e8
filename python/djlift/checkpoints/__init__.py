"""Checkpoints: finding one by a recipe, loading it with transformers, and exporting its graph."""
