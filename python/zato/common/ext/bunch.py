"""Bunches under their import path of 4.1 (reference service-api 1.3, `zato.bunch`)."""

from zato.bunch import Bunch, bunchify, debunchify, unbunchify

__all__ = ["Bunch", "bunchify", "debunchify", "unbunchify"]
