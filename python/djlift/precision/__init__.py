"""From one fp32 graph to fp16 and int8: what is reduced, what stays in fp32, and the search for it."""
