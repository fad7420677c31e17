"""The Python side of the server: what services use, and what loads them."""
