"""Checkpoints: finding one by a recipe, loading it with transformers, exporting its graph."""
