"""From raw exports to explained results; read `steps` first."""
