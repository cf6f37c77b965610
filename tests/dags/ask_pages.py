"""Prints the status of each address of Airflow's API server, without a token and as each user, as one JSON object; also
the routes that Tolok's plugin has.

python ask_pages.py ADDRESS...
"""

from __future__ import annotations

import json
import sys

from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow_pages import app as plugin
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

client = TestClient(create_app(apps="core"), follow_redirects=False)
headers: dict[str, dict[str, str]] = {"nobody": {}, "a stranger": {"Authorization": "Bearer eyJ.eyJ.e"}}
for role in ("viewer", "admin"):
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=role, role=role))
    headers[role] = {"Authorization": f"Bearer {token}"}
answers = {address: {who: client.get(address, headers=own) for who, own in headers.items()} for address in sys.argv[1:]}
print(  # noqa: T201
    json.dumps(
        {
            "status": {address: {who: one.status_code for who, one in of.items()} for address, of in answers.items()},
            "text": {address: of["viewer"].text for address, of in answers.items()},
            "routes": [route.path for route in plugin.routes if isinstance(route, APIRoute)],
            "policy": {address: of["viewer"].headers.get("content-security-policy") for address, of in answers.items()},
        }
    )
)
