"""Files come back as they went, and nothing but a whole checkpoint is read."""

import ast
import json
import re
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

import explainer
from explainer import checkpoints, schedules
from explainer.checkpoints import (
    OWN_SCHEDULE,
    Checkpoint,
    InvalidCheckpoint,
    from_bytes,
    load,
    save,
    to_bytes,
)
from explainer.config import TrainConfig
from explainer.folder import FOLDER_VARIABLE
from explainer.own import keep_curve
from explainer.sampling import ddim_step, last, sample
from explainer.schedules import make_schedule
from explainer.spacing import timesteps
from explainer.training import resume, train
from tests.made_models import model_bytes
from tests.test_training import TINY, VARIANTS, assert_same_run, difference

INFO = {"step": 14, "seconds": 0.5, "quality": {"swd": 0.1}, "who": "ä"}


@pytest.fixture(scope="module")
def run():
    return list(train(TINY))


@pytest.fixture(scope="module")
def plain(run):
    return Checkpoint(TINY, run[2].parameters, INFO)


@pytest.fixture(scope="module")
def full(run):
    return Checkpoint(TINY, run[2].parameters, INFO, run[2].state)


# --- whole files ---


@pytest.mark.parametrize("kind", ["plain", "full"])
def test_a_file_comes_back_as_it_went(kind, tmp_path, request):
    checkpoint = request.getfixturevalue(kind)
    path = tmp_path / "a.safetensors"
    save(path, checkpoint)
    for back in (load(path), load(str(path)), from_bytes(to_bytes(checkpoint))):
        assert back.config == TINY
        assert back.info == INFO
        assert difference(back.parameters, checkpoint.parameters) is None
        assert (back.state is None) == (kind == "plain")
        assert back.state is None or difference(back.state, checkpoint.state) is None
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]


def test_equal_checkpoints_are_equal_files(full):
    files = {to_bytes(full) for _ in range(8)}
    assert len(files) == 1
    assert int.from_bytes(files.pop()[:8], "little") % 8 == 0


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_training_goes_on_from_a_file(changes, tmp_path):
    config = TINY.replace(**changes)
    whole = list(train(config))
    save(tmp_path / "a", Checkpoint(config, whole[1].parameters, INFO, whole[1].state))
    back = load(tmp_path / "a")
    assert_same_run(list(resume(back.config, back.state)), whole[2:])


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_a_loaded_denoiser_draws_the_runs_preview(changes):
    config = TINY.replace(**{**changes, "preview_eta": 0.0})
    *_, snapshot = train(config)
    back = from_bytes(to_bytes(Checkpoint(config, snapshot.parameters)))
    stops, schedule = timesteps(config.T, config.preview_steps), back.schedule()
    preview = last(sample(back.denoiser(), snapshot.x_T, stops, schedule, ddim_step))
    assert torch.equal(preview, snapshot.preview)


def test_a_failed_write_leaves_the_old_file(plain, tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save(path, plain)
    old = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        save(path, replace(plain, info={"loss": float("nan")}))
    assert path.read_bytes() == old

    whole = Path.write_bytes

    def half(self, data):
        whole(self, data[: len(data) // 2])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="no space left"):
        save(path, plain)
    assert path.read_bytes() == old
    assert difference(load(path).parameters, plain.parameters) is None


def test_no_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.safetensors")


# --- damage ---


def rewritten(checkpoint, change):
    """Write a checkpoint after a change to its tensors and metadata, both dicts."""
    data = to_bytes(checkpoint)
    (length,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    tensors = load_tensors(data)
    change(tensors, metadata)
    return save_tensors(tensors, metadata)


def refusal(data):
    with pytest.raises(InvalidCheckpoint) as caught:
        from_bytes(data)
    message = str(caught.value)
    assert re.fullmatch(r"[^\n]+\.", message)
    assert len(message) < 300
    return message


def set_config(**changes):
    def change(_, metadata):
        metadata["config"] = json.dumps({**json.loads(metadata["config"]), **changes})

    return change


def set_tensor(name, make):
    def change(tensors, _):
        tensors[name] = make(tensors[name]) if name in tensors else make()

    return change


WEIGHT = "parameters.out.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _, m: m.pop("format"), "not a checkpoint of this explainer"),
        (lambda _, m: m.update(format="other"), "not a checkpoint of this explainer"),
        (lambda _, m: m.update(version="2"), "has version 2; this program reads version 1"),
        (lambda _, m: m.pop("version"), "has version None"),
        (lambda _, m: m.pop("config"), "config or info is missing or not JSON"),
        (lambda _, m: m.pop("info"), "config or info is missing or not JSON"),
        (lambda _, m: m.update(config="{"), "config or info is missing or not JSON"),
        (lambda _, m: m.update(config="[" * 100_000), "config or info is missing or not JSON"),
        (lambda _, m: m.update(config="[]"), "config or info is missing or not JSON"),
        (lambda _, m: m.update(info="3"), "config or info is missing or not JSON"),
        (set_config(width=1000), "^width must be at most 256, not 1000"),
        (set_config(shell="rm"), "^shell is not a setting here"),
        (set_config(self=1), "^self is not a setting here"),
        (set_config(width=32), r"must be torch.float32 of shape \(\d+, 32\)|shape \(32"),
        (lambda t, _: t.pop(WEIGHT), f"^The tensor {WEIGHT} is missing"),
        (
            set_tensor("parameters.extra", lambda: torch.zeros(1)),
            "parameters.extra does not belong",
        ),
        (set_tensor("x" * 500, lambda: torch.zeros(1)), "^The tensor x{80} does not belong"),
        (set_tensor(WEIGHT, lambda w: w[:, :-1].contiguous()), r"of shape \(2, 16\), not .*2, 15"),
        (set_tensor(WEIGHT, lambda w: w.half()), "must be torch.float32 .* not torch.float16"),
        (set_tensor(WEIGHT, lambda w: w * torch.nan), f"{WEIGHT} has values that are not finite"),
        (set_tensor(WEIGHT, lambda w: w / 0), f"{WEIGHT} has values that are not finite"),
    ],
)
def test_what_is_not_a_checkpoint_is_refused(plain, change, message):
    assert re.search(message, refusal(rewritten(plain, change)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, _: t.pop("state.step"), "state.step is missing"),
        (lambda t, _: t.pop("state.generator"), "state.generator is missing"),
        (lambda t, _: t.pop("state.exp_avg.out.weight"), "state.exp_avg.out.weight is missing"),
        (set_tensor("state.exp_avg.frequencies", lambda: torch.zeros(2, 16)), "does not belong"),
        (set_tensor("state.step", lambda s: s.int()), "must be torch.int64"),
        (set_tensor("state.weights.out.bias", lambda b: b / 0), "not finite"),
        (set_tensor("state.step", lambda s: s - 100), "state.step"),
        (set_tensor("state.step", lambda s: s + 100), "state.step"),
        (set_tensor("state.generator", lambda g: g.fill_(255)), "state.generator"),
    ],
)
def test_what_is_not_a_state_is_refused(full, change, message):
    assert re.search(message, refusal(rewritten(full, change)))


def header(value, body=b""):
    text = json.dumps(value).encode()
    return struct.pack("<Q", len(text)) + text + body


def entry(dtype, n_bytes):
    return {"dtype": dtype, "shape": [1], "data_offsets": [0, n_bytes]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        b"PK\3\4" + b"\0" * 100,
        header([]),
        header({}),
        header({"__metadata__": None}),
        header({"__metadata__": {"format": 3}}),
        header({"x": entry("F8_E8M0", 1)}, b"\0"),  # safetensors knows it, its torch side may not
        header({"x": entry("F32", 4)}, b"\0"),
        struct.pack("<Q", 2**60) + b"{}",
    ],
)
def test_bytes_that_are_no_checkpoint_are_refused(data):
    refusal(data)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.999])
def test_a_truncated_file_is_refused(plain, share):
    data = to_bytes(plain)
    assert "damaged" in refusal(data[: int(len(data) * share)])


def test_a_pickled_file_is_refused_and_never_run(tmp_path, plain):
    ran = []

    class Evil:
        def __reduce__(self):
            return ran.append, (1,)

    torch.save({"weights": plain.parameters, "evil": Evil()}, tmp_path / "a.pt")
    with pytest.raises(InvalidCheckpoint, match=r"pickled files \(.pt, .pth, .npz\) are not read"):
        load(tmp_path / "a.pt")
    assert not ran


def test_the_largest_network_fits_with_its_state():
    config = TrainConfig(T=1000, width=256, depth=5, time_embedding="learned")
    data = model_bytes(config, state=True)
    assert len(data) <= checkpoints.MAX_BYTES
    assert from_bytes(data).config == config


KNOTS = {"u": [0, 0.5, 1], "alpha_bar": [1, 0.4, 0.01], "kind": "handles"}


@pytest.mark.parametrize(
    "knots",
    [None, [], {}, {**KNOTS, "u": "0123"}, {**KNOTS, "kind": ["handles"]}, {**KNOTS, "shell": 1},
     {**KNOTS, "alpha_bar": [1, {}, 0.1]}, {**KNOTS, "alpha_bar": [1, 10**400, 0.1]},
     {**KNOTS, "u": [0, [[[0]]], 1]}, {**KNOTS, "alpha_bar": [1, 0.4, -1]}],
    ids=range(10),
)  # fmt: skip
def test_a_forged_schedule_is_refused(knots):
    name = keep_curve(**KNOTS)
    data = model_bytes(TINY.replace(schedule=name), step=3, info={OWN_SCHEDULE: knots})
    with pytest.raises(InvalidCheckpoint, match="own schedule cannot be read"):
        from_bytes(data).schedule()


def test_a_schedule_that_is_not_the_one_it_names_is_refused():
    config = TINY.replace(schedule=keep_curve(**KNOTS))
    other = {**KNOTS, "alpha_bar": [1, 0.5, 0.01]}
    with pytest.raises(InvalidCheckpoint, match="own schedule is not the one it names"):
        from_bytes(model_bytes(config, step=3, info={OWN_SCHEDULE: other})).schedule()


def test_a_schedule_comes_with_the_model(tmp_path, monkeypatch):
    name = keep_curve(**KNOTS)
    data = model_bytes(TINY.replace(schedule=name), step=3, info={OWN_SCHEDULE: KNOTS})
    expected = make_schedule(name, TINY.T).alphas_cumprod
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))  # where nobody has ever designed anything
    schedules._cached.cache_clear()
    assert torch.equal(from_bytes(data).schedule().alphas_cumprod, expected)
    assert keep_curve(**KNOTS) == name


def test_too_large_is_refused_before_it_is_read(tmp_path, plain, monkeypatch):
    save(tmp_path / "a", plain)
    size = (tmp_path / "a").stat().st_size
    monkeypatch.setattr(checkpoints, "MAX_BYTES", size)
    assert load(tmp_path / "a").config == TINY
    monkeypatch.setattr(checkpoints, "MAX_BYTES", size - 1)
    monkeypatch.setattr(Path, "read_bytes", None)
    with pytest.raises(InvalidCheckpoint, match=rf"^The file has {size} bytes; .*\.$"):
        load(tmp_path / "a")


def test_too_many_bytes_are_refused(plain, monkeypatch):
    monkeypatch.setattr(checkpoints, "MAX_BYTES", 1000)
    assert "at most 1000 bytes" in refusal(to_bytes(plain))


def test_nothing_here_reads_pickle():
    # The jobs talk to their own child processes in pickle, but read no files.
    root = Path(explainer.__file__).parent
    forbidden = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = set()
            if isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").split(".")[0]}
            elif isinstance(node, ast.Attribute):
                code = ast.unparse(node)
                assert code not in {"torch.load", "torch.save", "np.load"}, path
            assert "jobs" in path.parts or not names & forbidden, path
