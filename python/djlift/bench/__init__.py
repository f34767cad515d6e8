"""How fast an archive is, beside what could be used instead; every figure after the answers agree."""
