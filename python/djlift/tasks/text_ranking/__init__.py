"""Text ranking: how well a text answers a query."""
