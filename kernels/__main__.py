"""Compile every kernel into the cache, as `make install` does, so that no later run has to."""

from __future__ import annotations

from kernels import compile_all


def main() -> None:
    """Compile what the cache does not hold; where no cache folder can be written, say so and compile nothing."""
    try:
        compile_all(needs_cache=True)
    except OSError as fault:
        print(f"kernels: not compiled ahead of time, every run will do it: {fault}")  # noqa: T201


if __name__ == "__main__":
    main()
