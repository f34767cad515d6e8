"""Readers that refuse what djlift does not write: zip, JSON, ONNX and golden files of untrusted archives."""
