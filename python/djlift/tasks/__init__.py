"""One module per task: what serves it on the JVM and what its archive says."""
