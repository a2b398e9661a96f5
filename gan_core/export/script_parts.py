"""What a stand-alone script is put together from: each part of an experiment as a few lines of PyTorch.

By the part's name, as in the registries; its numbers are filled in where the text says {name}. A part that is not here
cannot be written out.
"""

from __future__ import annotations

from gan_core.setup.part import Part

_MIXTURE = """\
unit = CENTRES.abs().max() + max(7 * {sd}, 0.25 * CENTRES.abs().max())  # seven deviations stay inside the square
CENTRES, SD = (CENTRES / unit).float(), float({sd} / unit)


def sample(n):
    \"\"\"Real points (n, 2): Gaussians about the centres.\"\"\"
    at = CENTRES[torch.randint(len(CENTRES), (n,), generator=data)]
    return (at + torch.randn((n, 2), generator=data) * SD).clamp(-1, 1)
"""
_ROUND = "CENTRES = torch.stack((angles.cos(), angles.sin()), 1)\n"
_CURVES = """\
def sample(n):
    \"\"\"Real points (n, 2): uniform along {the curves}, with Gaussian noise of {sd}.\"\"\"
    which, t = torch.randint({count}, (n,), generator=data), torch.rand(n, generator=data)
    points = torch.stack([curve(t) for curve in CURVES])[which, torch.arange(n)]
    points = points + torch.randn((n, 2), generator=data) * {sd}
    return ((points - torch.tensor({middle})) / UNIT).clamp(-1, 1)
"""


def _along(words: str, count: int, middle: str) -> str:
    return _CURVES.replace("{the curves}", words).replace("{count}", str(count)).replace("{middle}", middle)


TARGETS: dict[str, str] = {
    "spiral": """\
def spiral(uv):
    \"\"\"Coordinates (u, v) on [-1, 1]^2, (n, 2), to points of the spiral.\"\"\"
    u, v = uv[:, 0], uv[:, 1]
    r, angle = 0.05 + 0.45 * (u + 1) + 0.05 * v, 3 * math.pi * u
    return torch.stack((r * torch.cos(angle), r * torch.sin(angle)), 1)


def sample(n):
    \"\"\"Real points (n, 2).\"\"\"
    return spiral(torch.rand((n, 2), generator=data) * 2 - 1)
""",
    "ring": "angles = torch.arange({modes}, dtype=torch.float64) * (2 * math.pi / {modes})\n" + _ROUND + _MIXTURE,
    "closed-ring": (
        "angles = torch.arange({places} - 1, dtype=torch.float64) * (2 * math.pi / ({places} - 1))\n"
        "CENTRES = torch.stack((angles.sin(), angles.cos()), 1)[torch.arange({places}) % ({places} - 1)]  # one twice\n"
        + _MIXTURE
    ),
    "grid": (
        "along = torch.arange({side}, dtype=torch.float64) * 2 - ({side} - 1)\n"
        "CENTRES = torch.cartesian_prod(along, along)\n" + _MIXTURE
    ),
    "gaussian": """\
def sample(n):
    \"\"\"Real points (n, 2): one Gaussian.\"\"\"
    torch.randint(1, (n,), generator=data)  # which of one: the run draws it, too
    return (torch.randn((n, 2), generator=data) * {sd}).clamp(-1, 1)
""",
    "dirac": """\
def sample(n):
    \"\"\"Real points (n, 2): all the same.\"\"\"
    return torch.zeros((n, 2))
""",
    "moons": """\
def upper(t):
    return torch.stack(((math.pi * t).cos(), (math.pi * t).sin()), 1)


CURVES = (upper, lambda t: torch.tensor((1.0, 0.5)) - upper(t))
UNIT = 1.5 + max(7 * {sd}, 0.15)


"""
    + _along("one of two half circles", 2, "(0.5, 0.25)"),
    "swiss-roll": """\
def roll(u):
    t = 1.5 * math.pi * (1 + 2 * u)
    return torch.stack((t * t.cos(), t * t.sin()), 1)


CURVES = (roll,)
UNIT = 4.5 * math.pi + max(7 * {sd}, 0.45 * math.pi)


"""
    + _along("a roll", 1, "(0.0, 0.0)"),
    "two-spirals": """\
def arm(u):
    t = 3 * math.pi * u.sqrt()
    return torch.stack((-t * t.cos(), t * t.sin()), 1) / 3


CURVES = (arm, lambda u: -arm(u))
UNIT = math.pi + max(7 * {sd}, 0.1 * math.pi)


"""
    + _along("one of two arms", 2, "(0.0, 0.0)"),
    "circles": """\
UNIT = 1 + max(7 * {sd}, 0.1)
RADII = (torch.tensor((1.0, {factor}), dtype=torch.float64) / UNIT).float()


def sample(n):
    \"\"\"Real points (n, 2): on one of two circles, with Gaussian noise.\"\"\"
    which, angle = torch.randint(2, (n,), generator=data), torch.rand(n, generator=data) * (2 * math.pi)
    on = RADII[which, None] * torch.stack((angle.cos(), angle.sin()), 1)
    return (on + torch.randn((n, 2), generator=data) * ({sd} / UNIT)).clamp(-1, 1)
""",
    "line": """\
def sample(n):
    \"\"\"Real points (n, 2): along the diagonal, with Gaussian noise.\"\"\"
    t = torch.rand((n, 1), generator=data) * 1.4 - 0.7
    return (t + torch.randn((n, 2), generator=data) * {sd}).clamp(-1, 1)
""",
    "checkerboard": """\
SQUARES = torch.tensor([(i, j) for i in range({side}) for j in range({side}) if (i + j) % 2 == 0])


def sample(n):
    \"\"\"Real points (n, 2): uniform on every other square.\"\"\"
    which = torch.randint(len(SQUARES), (n,), generator=data)
    inside = torch.rand((n, 2), generator=data).clamp(1e-5, 1 - 1e-5)
    return (SQUARES[which] + inside) * (2 / {side}) - 1
""",
    "pinwheel": """\
UNIT = 1 + 7 * max({radial}, {across})


def sample(n):
    \"\"\"Real points (n, 2): on one of {arms} turned arms.\"\"\"
    arm = torch.randint({arms}, (n,), generator=data)
    along, beside = torch.randn((2, n), generator=data)
    along, beside = 1 + along * {radial}, beside * {across}
    angle = arm * (2 * math.pi / {arms}) + 0.25 * along.exp()
    x, y = along * angle.cos() + beside * angle.sin(), beside * angle.cos() - along * angle.sin()
    return (torch.stack((x, y), 1) / UNIT).clamp(-1, 1)
""",
    "uniform-to-normal": """\
def sample(n):
    \"\"\"Real points (n, 2): normal across, uniform up.\"\"\"
    across = torch.randn(n, generator=data) * {sd}
    up = (torch.rand(n, generator=data) * 2 - 1) * 0.5
    return torch.stack((across.clamp(-1, 1), up), 1)
""",
}

LATENTS: dict[str, str] = {
    "uniform": "torch.rand((n, {dim}), generator=latents) * 2 - 1",
    "normal": "torch.randn((n, {dim}), generator=latents)",
}

ACTIVATIONS: dict[str, str] = {
    "leaky-relu": "nn.LeakyReLU({slope})",
    "relu": "nn.ReLU()",
    "tanh": "nn.Tanh()",
    "silu": "nn.SiLU()",
    "maxout": "Maxout({pieces})",
}

# D's loss on its batch, G's on its own (where `paired`, with the scores of as many real points), and the score above
# which D takes a point for real.
OBJECTIVES: dict[str, tuple[str, str, str]] = {
    "non-saturating": (
        "(softplus(-on_real).mean() + softplus(on_fake).mean()) / 2",
        "softplus(-on_fake).mean()",
        "0",
    ),
    "minimax": (
        "(softplus(-on_real).mean() + softplus(on_fake).mean()) / 2",
        "-softplus(on_fake).mean()",
        "0",
    ),
    "squared-error": (
        "(torch.sigmoid(-on_real).square().mean() + torch.sigmoid(on_fake).square().mean()) / 2",
        "torch.sigmoid(-on_fake).square().mean()",
        "0",
    ),
    "least-squares": (
        "((on_real - {b}).square().mean() + (on_fake - {a}).square().mean()) / 2",
        "(on_fake - {c}).square().mean() / 2",
        "({a} + {b}) / 2",
    ),
    "hinge": (
        "(1 - on_real).relu().mean() + (1 + on_fake).relu().mean()",
        "-on_fake.mean()",
        "0",
    ),
    "wasserstein": (
        "on_fake.mean() - on_real.mean()",
        "-on_fake.mean()",
        "torch.cat((on_real, on_fake)).mean()",
    ),
    "relativistic": (
        "softplus(on_fake - on_real).mean()",
        "softplus(on_real - on_fake).mean()",
        "torch.cat((on_real, on_fake)).mean()",
    ),
}

# Where D's gradient is penalised, and what is paid for it; n is the number of real points.
_SQUARED = "squares.sum() / 2 / len(real)"
_TO_ONE = "((squares + 1e-24).sqrt() - 1).square().sum() / len(real)"
PENALTIES: dict[str, tuple[str, str]] = {
    "none": ("", ""),
    "r1": ("real", _SQUARED),
    "r2": ("fake", _SQUARED),
    "r1+r2": ("torch.cat((real, fake))", _SQUARED),
    "lazy-r1": ("real", _SQUARED),
    "lazy-r1+r2": ("torch.cat((real, fake))", _SQUARED),
    "wgan-gp": ("torch.lerp(fake, real, torch.rand((len(real), 1), generator=noise))", _TO_ONE),
    "dragan": ("real + torch.rand(real.shape, generator=noise) * ({reach} * real.std())", _TO_ONE),
}

OPTIMISERS: dict[str, str] = {
    "adam": """\
class KerasAdam(torch.optim.Adam):
    \"\"\"Adam with epsilon added before the bias correction, as Keras does.\"\"\"

    updates = 0

    def step(self):
        (group,), self.updates = self.param_groups, self.updates + 1
        group["eps"] = self.defaults["eps"] / math.sqrt(1 - group["betas"][1] ** self.updates)
        super().step()
""",
    "torch-adam": "",
    "rmsprop": "",
    "sgd": """\
class Descent(torch.optim.Optimizer):
    \"\"\"velocity = beta1 velocity + gradient; x -= lr velocity.\"\"\"

    @torch.no_grad()
    def step(self):
        (group,) = self.param_groups
        for p in group["params"]:
            velocity = self.state[p].get("velocity", torch.zeros_like(p)) * group["betas"][0] + p.grad
            self.state[p]["velocity"] = velocity
            p.sub_(velocity * group["lr"])
""",
    "optimistic-adam": """\
class OptimisticAdam(torch.optim.Optimizer):
    \"\"\"Adam's direction twice, less the last one (Daskalakis et al. 2018).\"\"\"

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), group["t"] = group["betas"], group.get("t", 0) + 1
            for p in group["params"]:
                kept = self.state[p] or {name: torch.zeros_like(p) for name in ("m", "v", "before")}
                kept["m"].lerp_(p.grad, 1 - beta1)
                kept["v"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                root = (kept["v"] / (1 - beta2 ** group["t"])).sqrt() + group["eps"]
                direction = kept["m"] / (1 - beta1 ** group["t"]) / root
                p.add_((kept["before"] - 2 * direction) * group["lr"])
                self.state[p] = {**kept, "before": direction}
""",
}
MADE_OPTIMISERS: dict[str, str] = {
    "adam": "KerasAdam({of}.parameters(), lr=0.0, betas=(0.0, {beta2}), eps={epsilon})",
    "torch-adam": "torch.optim.Adam({of}.parameters(), lr=0.0, betas=(0.0, {beta2}), eps={epsilon})",
    "rmsprop": "torch.optim.RMSprop({of}.parameters(), lr=0.0, alpha={alpha}, eps={epsilon})",
    "sgd": "Descent({of}.parameters(), dict(lr=0.0, betas=(0.0, 0.0)))",
    "optimistic-adam": "OptimisticAdam({of}.parameters(), dict(lr=0.0, betas=(0.0, {beta2}), eps={epsilon}))",
}

MODULES: dict[str, str] = {
    "Maxout": """\
class Maxout(nn.Module):
    \"\"\"The largest of so many sums, (n, pieces k) to (n, k).\"\"\"

    def __init__(self, pieces):
        super().__init__()
        self.pieces = pieces

    def forward(self, x):
        return x.view(len(x), -1, self.pieces).amax(2)
""",
    "SpectralLinear": """\
class SpectralLinear(nn.Linear):
    \"\"\"A layer with its weights divided by their largest singular value (Miyato et al. 2018).\"\"\"

    def begin(self):
        self.u, self.v = (normalize(torch.randn(k, generator=weights), dim=0) for k in self.weight.shape)
        for _ in range(15):
            self.iterate()

    @torch.no_grad()
    def iterate(self):
        self.u = normalize(torch.mv(self.weight, self.v), dim=0)
        self.v = normalize(torch.mv(self.weight.T, self.u), dim=0)

    def forward(self, x):
        self.iterate()
        return nn.functional.linear(x, self.weight / torch.dot(self.u, torch.mv(self.weight, self.v)), self.bias)
""",
}


def filled(text: str, part: Part, **others: object) -> str:
    """A part's lines with its numbers in their places."""
    for name, value in {**part.numbers, **others}.items():
        number = int(value) if isinstance(value, float) and value == int(value) and abs(value) < 2**31 else value
        text = text.replace(f"{{{name}}}", str(number))
    return text
