"""All that a reader could come upon below a folder or in a warehouse, as text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pypdfium2
import sqlalchemy as sa


def texts_below(folder: Path, *, with_raw: bool = False) -> Iterator[tuple[str, str]]:
    """Every file as text, and what is packed in it; raw files of the landing zone only if asked for."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or ("objects" in path.parts and not with_raw):
            continue
        name, content = str(path.relative_to(folder)), path.read_bytes()
        yield name, content.decode("utf-8", "replace")
        if path.suffix == ".parquet":
            yield f"{name} rows", pd.read_parquet(path).to_csv()
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                yield f"{name} cells", "".join(book.read(one).decode("utf-8", "replace") for one in book.namelist())
        elif path.suffix == ".pdf":
            document = pypdfium2.PdfDocument(content)
            yield f"{name} pages", "".join(page.get_textpage().get_text_range() for page in document)


def texts_of_tables(url: str) -> Iterator[tuple[str, str]]:
    """The rows of every table of a database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.sorted_tables:
            yield table.name, repr(connection.execute(table.select()).all())
