"""The tokenizer of a checkpoint: which one is taken, and whether it loses text."""
