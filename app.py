"""GANscope's server, from a checkout: `python app.py` is what the command `ganscope` is once it is installed."""

from gan_core.serve import command, main

__all__ = ["main"]

if __name__ == "__main__":
    command()
