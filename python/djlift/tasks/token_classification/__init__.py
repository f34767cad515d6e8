"""Token classification: named entities and other labels of spans."""
