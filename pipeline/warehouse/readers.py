"""Who may read results may read what a migration adds beside them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_READERS = """
SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
FROM pg_class t CROSS JOIN LATERAL aclexplode(t.relacl) g
WHERE t.oid = to_regclass('result') AND g.privilege_type = 'SELECT' AND g.grantee <> t.relowner
"""


def grant_to_readers(connection: Connection, *tables: str) -> None:
    """Let the accounts that may read results read new tables; a database without accounts has nothing to grant."""
    if connection.dialect.name != "postgresql":
        return
    for reader in connection.execute(sa.text(_READERS)).scalars().all():
        connection.exec_driver_sql(f"GRANT SELECT ON {', '.join(tables)} TO {reader}")
