"""The jars of the JVM side: which they are, where they come from, and the Java that runs them."""
