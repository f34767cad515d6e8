"""The jars of the JVM half, where they come from, and the Java that runs them."""
