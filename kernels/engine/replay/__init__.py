"""Calls that Python makes once: a call that is like an earlier one runs as machine code from end to end."""

from .table import Table, forget, forget_after_fork, table_of

__all__ = ["Table", "forget", "forget_after_fork", "table_of"]
