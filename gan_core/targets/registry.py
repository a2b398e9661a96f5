"""Which targets there are: a new one is a line here. Lengths are in units of their own, as their functions say."""

from __future__ import annotations

from gan_core.datasets.folder import PREFIX, check, is_fingerprint
from gan_core.setup.registry import Number, Parts
from gan_core.targets.curves import circles, line, moons, swiss_roll, two_spirals
from gan_core.targets.gaussians import closed_ring, dirac, gaussian, grid, ring
from gan_core.targets.own import own
from gan_core.targets.patches import checkerboard, pinwheel, uniform_to_normal
from gan_core.targets.spiral import spiral, spiral_density, spiral_inverse, spiral_strata
from gan_core.targets.target import Target, charted

TARGETS: Parts[Target] = Parts("target")
TARGETS.add("spiral", lambda: charted(spiral, spiral_inverse, spiral_density, spiral_strata()))
TARGETS.add("ring", ring, modes=Number(8, 1, 64, whole=True), sd=Number(0.01, 0.001, 0.3))
TARGETS.add("closed-ring", closed_ring, places=Number(8, 2, 64, whole=True), sd=Number(0.01, 0.001, 0.3))
TARGETS.add("grid", grid, side=Number(5, 1, 10, whole=True), sd=Number(0.05, 0.005, 0.5))
TARGETS.add("gaussian", gaussian, sd=Number(0.1, 0.005, 1 / 7))
TARGETS.add("dirac", dirac)
TARGETS.add("moons", moons, sd=Number(0.1, 0.01, 0.5))
TARGETS.add("circles", circles, factor=Number(0.5, 0.1, 0.9), sd=Number(0.05, 0.005, 0.3))
TARGETS.add("swiss-roll", swiss_roll, sd=Number(0.25, 0.1, 2))
TARGETS.add("two-spirals", two_spirals, sd=Number(0.1, 0.02, 0.5))
TARGETS.add("checkerboard", checkerboard, side=Number(4, 2, 16, whole=True))
_WIDTH = {"radial": Number(0.3, 0.01, 0.5), "across": Number(0.1, 0.01, 0.5)}
TARGETS.add("pinwheel", pinwheel, arms=Number(5, 1, 16, whole=True), **_WIDTH)
TARGETS.add("line", line, sd=Number(0.02, 0.002, 0.04))
TARGETS.add("uniform-to-normal", uniform_to_normal, sd=Number(0.14, 0.01, 1 / 7))
TARGETS.add_family(
    PREFIX, is_fingerprint, own, lambda fingerprint: check(f"{PREFIX}{fingerprint}")
)  # a visitor's own data, by what they are
