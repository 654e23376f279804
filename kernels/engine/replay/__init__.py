"""Calls that Python makes once: a call that is like an earlier one runs as machine code from end to end."""

from .table import Table, forget, restart, table_of

__all__ = ["Table", "forget", "restart", "table_of"]
