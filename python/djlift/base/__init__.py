"""Shared by every part and free of models: progress, memory, files, devices, text for display."""
