"""From one fp32 graph to fp16 and int8: what is reduced, what stays, and the search for it."""
