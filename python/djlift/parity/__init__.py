"""The proof: an archive on the JVM against PyTorch, level by level."""
