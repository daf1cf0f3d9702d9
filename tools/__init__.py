"""The commands behind the Makefile: at the top what it and authors call, in the rooms what these use."""
