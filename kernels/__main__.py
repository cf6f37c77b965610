"""Compile every kernel into the cache, as `make install` does, so that no later run has to."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import kernels


def main() -> None:
    """Compile what the cache does not hold; where no cache folder can be written, say so and compile nothing."""
    for module in pkgutil.iter_modules(kernels.__path__):
        if module.name != "__main__":
            import_module(f"kernels.{module.name}")
    try:
        for kernel in kernels.KERNELS:
            kernel.compile(needs_cache=True)
    except OSError as fault:
        print(f"kernels: not compiled ahead of time, every run will do it: {fault}")  # noqa: T201


if __name__ == "__main__":
    main()
