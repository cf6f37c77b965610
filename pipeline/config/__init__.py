"""A city's YAML, read strictly: every mistake is named, all in one message."""
