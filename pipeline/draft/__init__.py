"""From a file to a draft of its source: what it proves is written with its counts, the rest stays a question."""
