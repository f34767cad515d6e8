"""``djlift build``: from a checkpoint to proven archives."""
