"""How fast an archive is beside the alternatives; a figure counts only when the answers agree."""
