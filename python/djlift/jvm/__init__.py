"""The JVM in this process: the only package that imports JPype."""
