"""Arrays as the kernels want them: their layouts, and memory that is used again."""
