"""The commands without a browser, and how options are read. Entered by `python -m gan_core`."""
