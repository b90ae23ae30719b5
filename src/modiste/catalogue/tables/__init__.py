"""One reader for tables of any kind: CSV as spreadsheets write it, JSON lines, Excel, Parquet, Arrow.

- `reading`: which kind a file is, by its content, then by its name;
- `table`: what all of them become, a `Table`;
- `encoding`: bytes to text;
- `delimited`: text to a table: delimiter, header, rows that are mended; `records` takes the lines apart;
- `json_rows`, `workbook`, `columnar`: the other kinds.
"""

from modiste.catalogue.tables.reading import TABLE_SUFFIXES, is_table, read_table
from modiste.catalogue.tables.table import Table

__all__ = ["TABLE_SUFFIXES", "Table", "is_table", "read_table"]
