"""The tasks, and :mod:`djlift.tasks.registry`, which finds one by its name."""
