"""Settings for all unit tests."""

from hypothesis import settings

# A limit in wall time says more about how busy the machine is than about the code.
settings.register_profile("book", deadline=None)
settings.load_profile("book")
