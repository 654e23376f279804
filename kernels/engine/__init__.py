"""How a kernel is compiled, kept on disk, called and dealt to workers."""
