"""Coverage-guided fuzzing of every parser of our own: `make fuzz`, which keeps what breaks one in tests/fuzz/seeds."""
