"""Log formats to hits: `line` and `json_line` define what one line means, the other modules read a block at once.

JSON has three readers because each is many times slower than the next: one line with the standard library (`json_line`,
the reference, 50 µs), lines with the same keys with msgspec (`json_block`, 2 to 3 µs), lines that differ in nothing but
plain values with a kernel (`json_template`, 0.6 µs). Caddy's lines need the second, for their headers differ and hold
escapes; nginx's are read by the third. A faster reader leaves any line it is not sure of to the slower one, and
property tests hold all of them equal to the reference, line by line.
"""
