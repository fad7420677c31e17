"""What deployed modules get for modules whose names are gone, where no module of the standard library will do.

Only `zato.server._loader` imports these, on behalf of deployed modules, and only if nothing of the name is installed.
"""
