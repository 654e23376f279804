"""The training loop, and what it works with: batches, metrics, callbacks, checkpoints."""
