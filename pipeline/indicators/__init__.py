"""The indicators of clause 10, a file each: definition and maths together, and what they share beside them."""
