"""ONNX graphs: storing, fusing and running them. It knows no checkpoint and no task."""
