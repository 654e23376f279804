"""Losses, their gradients, and checks of targets."""
