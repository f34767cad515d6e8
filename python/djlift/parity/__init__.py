"""The proof: an archive on the JVM beside what PyTorch gave, level by level."""
