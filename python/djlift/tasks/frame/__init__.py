"""What a task is, and what tasks share: parameters, outputs, tolerances, loading."""
