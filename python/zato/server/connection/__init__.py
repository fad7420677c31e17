"""Connections as services see them."""
