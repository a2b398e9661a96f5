"""One HTML file that shows a run from the disk, without a server: `made.make` is the export."""

from gan_core.export.page.made import make

__all__ = ["make"]
