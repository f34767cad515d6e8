"""What every part stands on: progress, memory, files, devices, display; it knows nothing of models."""
