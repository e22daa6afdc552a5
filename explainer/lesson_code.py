"""The code of a lesson: what a learner runs, on the package's public names.

Most of it reads the config when it runs, so that a changed setting changes all that follows.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.config import TrainConfig
from explainer.own import is_own, load_curve, load_points
from explainer.settings import InvalidSetting

MOST_KNOTS = 21  # of a schedule that is written out: handles are worth reading, 1,000 betas are not

Arrays = dict[str, NDArray[Any]]

OWN_POINTS = 'points_name = keep_points(own["points"], own["color"])'
OWN_CURVE = """\
curve = {"u": [u for u, _ in knots], "alpha_bar": [a for _, a in knots], "kind": "KIND"}
schedule_name = keep_curve(**curve)"""

NOISE = """\
data = make_dataset(config.dataset, config.n_points, seed=config.seed, scaling=config.scaling)
schedule = make_schedule(config.schedule, config.T, zero_terminal_snr=config.zero_terminal_snr)
print(f"alpha_bar at t = T is {schedule.alpha_bar(config.T - 1):.2g}")  # the code counts from 0"""

TRAINING = """\
many = make_dataset(config.dataset, 20_000, seed=0, scaling=config.scaling)
floor = loss_floor(floor_curve(many), schedule, objective=config.objective).mean
print(f"loss in training, loss in validation (the floor is {floor:.4f})")

history = []
every = max(1, config.steps // config.snapshot_every // 10)
for i, now in enumerate(train(config)):
    history.append((now.step, now.loss, now.validation_loss))
    if i % every == 0 or now.step == config.steps:
        print(f"step {now.step:>7,}: {now.loss:.4f}, {now.validation_loss:.4f}")

model = Checkpoint(config, now.parameters, {"step": now.step})
save("model.safetensors", model)"""

SAMPLING = """\
denoiser = model.denoiser()
random = torch.Generator().manual_seed(config.seed)
x_T = torch.randn(2000, 2, generator=random)

stops = timesteps(config.T, config.T)  # all of them
ddpm = last(sample(denoiser, x_T, stops, schedule, ddpm_step, generator=random))

fewer = timesteps(config.T, min(20, config.T))
ddim = last(sample(denoiser, x_T, fewer, schedule, partial(ddim_step, eta=0.0)))"""

DRAWING = """\
figure, axes = plt.subplot_mosaic(
    "ABC;LLL", figsize=(10, 6.2), height_ratios=[3, 2], layout="constrained"
)
few = slice(None, None, max(1, len(data.x) // 2000))
real = data.to_data_units(data.x[few].double()).numpy()
left, right, bottom, top = limits_around(real, margin=0.2)
height = x_T[:, 1].argsort().argsort()
clouds = {
    "A": ("Data", data.x[few], data.color[few]),
    "B": (f"DDPM, {len(stops)} steps", ddpm, height),
    "C": (f"DDIM, {len(fewer)} steps", ddim, height),
}
for key, (title, x, color) in clouds.items():
    points = data.to_data_units(x.double()).numpy()
    axes[key].scatter(*real.T, s=16, color="0.9", linewidths=0)
    axes[key].scatter(*points.T, s=4, c=color, cmap=COLORS, linewidths=0)
    axes[key].set(title=title, xlim=(left, right), ylim=(bottom, top), box_aspect=1)

steps, losses, validation = zip(*history, strict=True)
axes["L"].plot(steps, losses, color="#0080C8", label="training")
axes["L"].plot(steps, validation, color="#009E73", label="validation")
axes["L"].axhline(floor, color="#D55E00", linestyle="--", label="floor: lowest possible")
axes["L"].set(xlabel="training step", ylabel="loss")
axes["L"].margins(x=0)
axes["L"].legend(frameon=False)
figure.savefig("FILE", dpi=150)"""


def imports_code(config: TrainConfig, *, packed: bool) -> str:
    """Return the imports; ``packed`` is whether arrays come along."""
    curve = is_own(config.schedule)
    keep = ["keep_curve"] * curve + ["keep_points"] * is_own(config.dataset)
    lines = {
        "import io": packed,
        "from base64 import b64decode": packed,
        "from functools import partial\n": True,
        "import matplotlib.pyplot as plt": True,
        "import numpy as np": packed,
        "import torch\n": True,
        "from explainer.checkpoints import Checkpoint, save": not curve,
        "from explainer.checkpoints import OWN_SCHEDULE, Checkpoint, save": curve,
        "from explainer.config import TrainConfig": True,
        "from explainer.data import make_dataset": True,
        "from explainer.figures.strip import COLORS": True,
        "from explainer.frames import limits_around": True,
        "from explainer.metrics import floor_curve, loss_floor": True,
        f"from explainer.own import {', '.join(keep)}": bool(keep),
        "from explainer.sampling import ddim_step, ddpm_step, last, sample": True,
        "from explainer.schedules import make_schedule": True,
        "from explainer.spacing import timesteps": True,
        "from explainer.training import train\n": True,
        "torch.set_num_threads(1)  # as on the page; small networks gain nothing by more": True,
    }
    return "\n".join(line for line, wanted in lines.items() if wanted)


def own_code(config: TrainConfig) -> tuple[str, Arrays]:
    """Return the code that keeps what is the learner's own, and the arrays that it needs.

    Raises
    ------
    ValueError
        If points or a schedule are not here any more.
    """
    code: list[str] = []
    arrays: Arrays = {}
    if is_own(config.dataset):
        arrays["points"], arrays["color"] = load_points(config.dataset)
        code.append(OWN_POINTS)
    if is_own(config.schedule):
        curve = load_curve(config.schedule)
        knots = np.stack([curve.u, curve.alpha_bar], axis=1)
        if len(knots) > MOST_KNOTS:
            arrays["knots"] = knots
            code.append('knots = own["knots"].tolist()  # pairs of u and alpha_bar')
        else:
            pairs = "".join(f"    ({u!r}, {a!r}),\n" for u, a in knots.tolist())
            code.append(f"knots = [  # u, alpha_bar\n{pairs}]")
        code.append(OWN_CURVE.replace("KIND", curve.kind))
    if arrays:
        code.insert(0, "own = np.load(io.BytesIO(b64decode(packed)))")
    return "\n".join(code), arrays


def config_code(config: TrainConfig) -> str:
    """Return the code that makes the config, with only what differs from the defaults."""
    values = {name: _literal(value) for name, value in _written(config).items()}
    if is_own(config.dataset):
        values["dataset"] = "points_name"
    if is_own(config.schedule):
        values["schedule"] = "schedule_name"
    fields = "".join(f"    {name}={value},\n" for name, value in values.items())
    return f"config = TrainConfig(\n{fields})" if fields else "config = TrainConfig()"


def _literal(value: Any) -> str:
    if type(value) is int:
        return f"{value:_}"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _written(config: TrainConfig) -> dict[str, Any]:
    """Return the fewest fields that make the config: the default of some depends on others."""
    fields = config.model_dump()
    for name in config.model_dump():
        fewer = {key: value for key, value in fields.items() if key != name}
        try:
            if TrainConfig(**fewer) == config:
                fields = fewer
        except InvalidSetting:  # the default does not go with the others
            continue
    return fields
