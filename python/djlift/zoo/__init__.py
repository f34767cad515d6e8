"""The model zoo: its layout, the stores that hold it, publishing to it and withdrawing from it."""
