"""What changed between two archives."""
