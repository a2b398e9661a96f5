"""The loop of a stand-alone script: what a step draws, D's updates and G's, with only what the recipe has of them."""

from __future__ import annotations

from collections.abc import Mapping

from gan_core.export.script_parts import OBJECTIVES, PENALTIES, filled
from gan_core.setup.config import GANConfig
from gan_core.setup.part import read_part
from gan_core.targets.target import OPPONENTS

Values = Mapping[str, float]

_MOVE = """\
def move(optimiser, loss, lr, beta1):
    \"\"\"One update that lowers the loss.\"\"\"
    (group,) = optimiser.param_groups
    group["lr"] = lr
    if "betas" in group:
        group["betas"] = (beta1, group["betas"][1])
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
"""
_SHOWN = """\
def shown(points):
    \"\"\"What D is shown of points: blurred (instance noise).\"\"\"
    sd = VALUES["instance_noise"]{fading}
    return points + torch.randn(points.shape, generator=noise) * sd if sd else points
"""
_PENALTY = """\
def penalty(real, fake):
    \"\"\"Of the length of D's gradient with respect to its inputs.\"\"\"
    x = ({at}).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    squares = gradients.square().sum(1)
    return {value}
"""
_BATCHES = """\
def batches({each}):
    \"\"\"Real points and latents of one step after the other; drawn for 64 steps at once, as the run drew them.\"\"\"
    while True:
        real, z = {real}, latent(64 * {latents})
        yield from zip(real.chunk(64), z.chunk(64))
"""
_HEAD = """\
HERE = __file__.removesuffix(".py")  # what is written goes by the script's own name
with open(f"{HERE}-metrics.csv", "w") as file:
    print("step,d_loss,d_accuracy,g_loss,g_accuracy", file=file)
"""


def step_lines(config: GANConfig, values: Values, changes: Mapping[int, Values]) -> str:
    """All lines behind the networks."""
    if config.task == "fit":
        return _fit(config)
    every = [values, *changes.values()]
    ever = {name: any(of.get(name) for of in every) for name in ("instance_noise",)}
    varies = any(of.get(name, 1) != 1 for of in every for name in ("updates_d", "updates_g"))
    alone = config.task in OPPONENTS
    parts = [_MOVE]
    if ever["instance_noise"]:
        fading = f" * max(0, 1 - (step - 1) / {config.noise_steps})" if config.noise_steps else ""
        parts.append(_SHOWN.replace("{fading}", fading))
    penalty = read_part(config.penalty)
    if penalty.name != "none":
        at, value = PENALTIES[penalty.name]
        parts.append(filled(_PENALTY, penalty, at=filled(at, penalty), value=value))
    parts.append(_train_d(config, noisy=ever["instance_noise"], varies=varies))
    if not alone:
        parts.append(_train_g(config, noisy=ever["instance_noise"], varies=varies))
    parts += [f"N = {_times(config)}  # real points, and fakes, that D is shown", _batches(config, varies=varies)]
    return "\n\n".join(part.rstrip("\n") + "\n" for part in (*parts, _loop(config, varies=varies)))


def _times(config: GANConfig) -> str:
    return "BATCH // 2" + (f" * {config.packing}" if config.packing > 1 else "")


def _paired(config: GANConfig) -> bool:
    return read_part(config.objective).name == "relativistic"


def _train_d(config: GANConfig, *, noisy: bool, varies: bool) -> str:
    objective, penalty = read_part(config.objective), read_part(config.penalty)
    loss, _, level = OBJECTIVES[objective.name]
    opponent = OPPONENTS.get(config.task)
    fakes = "generator(z)" if opponent is None else f"z * {opponent.side / 2} + {opponent.centre}"
    lines = [f"def train_d(real, z{', moves' if varies else ''}):"]
    lines.append('    """Train D on real points and fakes: its loss and accuracy before that, and its threshold."""')
    lines += ["    with torch.no_grad():", f"        fake = {fakes}"]
    if config.packing > 1:
        lines.append(f"    real, fake = (points.view(-1, {2 * config.packing}) for points in (real, fake))")
    if noisy:
        lines.append("    real, fake = shown(torch.cat((real, fake))).chunk(2)")
    lines.append("    on_real, on_fake = discriminator(torch.cat((real, fake))).chunk(2)")
    lines += [f"    level = {filled(level, objective)}", f"    loss = {filled(loss, objective)}"]
    lines.append("    accuracy = ((on_real > level).float().mean() + (on_fake <= level).float().mean()) / 2")
    pad, of_loss = "    ", "loss"
    if varies:
        lines.append("    if moves:")
        pad = "        "
    if penalty.name != "none":
        scale = " / 2" if objective.name in ("non-saturating", "minimax", "squared-error") else ""
        every = int(penalty.numbers.get("every", 1))
        weight = f'VALUES["penalty_weight"]{scale}' + (f" * {every}" if every > 1 else "")
        of_loss = f"loss + penalty(real, fake) * ({weight})"
        if every > 1:  # a lazy one counts at the first of so many steps alone, and there as much more
            of_loss += f" if step % {every} == 1 else loss"
    lines.append(f'{pad}move(optimiser_d, {of_loss}, VALUES["lr_d"], VALUES["beta1_d"])')
    clip = float(objective.numbers.get("clip", 0))
    if clip and penalty.name == "none":
        lines += [
            f"{pad}with torch.no_grad():",
            f"{pad}    for parameter in discriminator.parameters():",
            f"{pad}        parameter.clamp_(-{clip:g}, {clip:g})",
        ]
    lines.append("    return loss.item(), accuracy.item(), level")
    return "\n".join(lines) + "\n"


def _train_g(config: GANConfig, *, noisy: bool, varies: bool) -> str:
    objective, paired = read_part(config.objective), _paired(config)
    shown = "shown({})" if noisy else "{}"
    packed = f".view(-1, {2 * config.packing})" if config.packing > 1 else ""
    names = ", ".join(["z", *(["real"] if paired else []), "level", *(["moves"] if varies else [])])
    lines = [f"def train_g({names}):", '    """Train G on latents: its loss and accuracy before that."""']
    if paired:
        lines.append(f"    on_real = discriminator({shown.format(f'real{packed}')})")
    lines.append(f"    on_fake = discriminator({shown.format(f'generator(z){packed}')})")
    lines.append(f"    loss = {filled(OBJECTIVES[objective.name][1], objective)}")
    lines.append("    accuracy = (on_fake > level).float().mean()")
    pad = "        " if varies else "    "
    lines += ["    if moves:"] if varies else []
    lines.append(f'{pad}move(optimiser_g, loss, VALUES["lr_g"], VALUES["beta1_g"])')
    lines.append("    return loss.item(), accuracy.item()")
    return "\n".join(lines) + "\n"


def _batches(config: GANConfig, *, varies: bool) -> str:
    alone, paired = config.task in OPPONENTS, _paired(config)
    of_d, of_g = ("of_d", "of_g * 2") if varies else ("1", "2")
    latents = "N" if alone else f"({of_d} + {of_g}) * N" if varies else "3 * N"
    real = f"({of_d} + {of_g}) * N" if paired and varies else "3 * N" if paired else f"{of_d} * N" if varies else "N"
    text = _BATCHES.replace("{each}", "of_d, of_g" if varies else "")
    return text.replace("{real}", f"sample(64 * {real})").replace("{latents}", latents)


def _loop(config: GANConfig, *, varies: bool) -> str:
    alone, paired = config.task in OPPONENTS, _paired(config)
    g_takes = "z[{rows}], real[{rows}], level" if paired else "z[{rows}], level"
    lines = ["each = None"] if varies else ["drawn = batches()"]
    if config.ema:
        lines += ["mean = [p.detach().clone() for p in generator.parameters()]  # of G's weights, running"]
    lines.append(_HEAD.rstrip())
    lines += ["    for step in range(1, STEPS + 1):", "        VALUES |= CHANGES.get(step, {})"]
    if varies:
        lines += [
            '        moves_d, moves_g = int(VALUES["updates_d"]), int(VALUES["updates_g"])',
            "        of_d, of_g = max(moves_d, 1), max(moves_g, 1)  # who is not moved is measured on one batch",
            "        if each != (of_d, of_g):",
            "            each, drawn = (of_d, of_g), batches(of_d, of_g)",
            "        real, z = next(drawn)",
            "        for k in range(of_d):",
            "            batch = slice(k * N, (k + 1) * N)",
            "            d_loss, d_accuracy, level = train_d(real[batch], z[batch], moves_d)",
            "        for k in range(of_g):",
            "            batch = slice((of_d + 2 * k) * N, (of_d + 2 * k + 2) * N)",
            f"            g_loss, g_accuracy = train_g({g_takes.format(rows='batch')}, moves_g)",
        ]
    else:
        lines += ["        real, z = next(drawn)", "        d_loss, d_accuracy, level = train_d(real[:N], z[:N])"]
        if alone:
            lines.append('        g_loss = g_accuracy = ""  # G is not trained')
        else:
            lines.append(f"        g_loss, g_accuracy = train_g({g_takes.format(rows='N:')})")
    if config.ema:
        lines += [
            "        for kept, p in zip(mean, generator.parameters()):",
            f"            kept.lerp_(p.detach(), 1 - {config.ema})",
        ]
    lines.append('        print(step, d_loss, d_accuracy, g_loss, g_accuracy, sep=",", file=file)')
    lines.append('torch.save((generator.state_dict(), discriminator.state_dict()), f"{HERE}-weights.pt")')
    return "\n".join(lines) + "\n"


def _fit(config: GANConfig) -> str:
    return (
        _MOVE
        + "\n\n"
        + "def batches():\n"
        + '    """Latents of one step after the other; drawn for 64 steps at once, as the run drew them."""\n'
        + "    while True:\n        yield from latent(64 * BATCH).chunk(64)\n\n\n"
        + "drawn = batches()\n"
        + _HEAD
        + "    for step in range(1, STEPS + 1):\n"
        + "        VALUES |= CHANGES.get(step, {})\n"
        + "        z = next(drawn)\n"
        + "        squares = (generator(z) - spiral(z)).square()  # where each latent belongs\n"
        + "        accuracy = (squares.sum(1) <= 0.05**2).float().mean()\n"
        + "        loss = squares.mean()\n"
        + '        move(optimiser_g, loss, VALUES["lr_g"], VALUES["beta1_g"])\n'
        + '        print(step, "", "", loss.item(), accuracy.item(), sep=",", file=file)\n'
        + 'torch.save(generator.state_dict(), f"{HERE}-weights.pt")\n'
    )
