"""Connections of services to the outside, one package for each sort."""
