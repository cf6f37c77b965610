"""Whether a service works: the heartbeats that Airflow's processes leave in its database, not that a port is open."""

from __future__ import annotations

import requests

PARTS = ("metadatabase", "scheduler", "dag_processor")


def health(address: str) -> dict[str, str]:
    """`healthy` or what else is known of each part of the service at an address; none answers: `unreachable`."""
    try:
        answer = requests.get(f"{address}/api/v2/monitor/health", timeout=5)
        answer.raise_for_status()
        told = answer.json()
    except (requests.RequestException, ValueError):
        return dict.fromkeys(("api-server", *PARTS), "unreachable")
    return {"api-server": "healthy"} | {name: (told.get(name) or {}).get("status") or "unknown" for name in PARTS}


def is_healthy(address: str) -> bool:
    """Whether every part is."""
    return set(health(address).values()) == {"healthy"}
