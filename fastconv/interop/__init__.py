"""Files and models of other libraries."""
