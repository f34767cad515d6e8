"""ONNX graphs: storing, fusing and running them, without knowledge of checkpoints or tasks."""
