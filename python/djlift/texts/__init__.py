"""The texts that a proof runs on: the built-in corpus, files of users, samples, mutations, shrinking."""
