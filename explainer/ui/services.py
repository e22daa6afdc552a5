"""What runs behind the page: training workers and the calculator, in processes of their own."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.folder import open_folder
from explainer.heap import give_back_what_is_freed
from explainer.jobs import Calculator, JobStore, WorkerPool
from explainer.page_settings import ForwardSettings, NoisingSettings

# The forkserver imports these once; every worker starts from there in a tenth of a second. The
# first optimiser step needs torch._dynamo, which takes as long to import as torch itself.
PRELOAD = (
    "numpy",
    "torch",
    "sklearn.datasets",
    "explainer.experiments.field",
    "explainer.experiments.forward",
    "explainer.experiments.prior",
    "explainer.experiments.reverse",
    "explainer.experiments.noise",
    "explainer.experiments.learning",
    "explainer.experiments.models",
    "explainer.experiments.truth",
    "explainer.experiments.quality_steps",
    "explainer.experiments.repeats",
    "explainer.experiments.arcs",
    "explainer.experiments.particle",
    "explainer.experiments.derivation",
    "explainer.experiments.roundtrip",
    "explainer.experiments.wrong",
    "explainer.experiments.pictures",
    "explainer.experiments.undo",
    "explainer.experiments.undoing",
    "explainer.experiments.composing",
    "explainer.experiments.endstates",
    "explainer.experiments.closedform",
    "torch._dynamo",
)
SLOW = (
    "explainer.experiments.prior:perfect_network",
    "explainer.experiments.schedules:floor_plot",
    "explainer.experiments.learning:shipped_run",
    "explainer.experiments.models:check_model",
    "explainer.experiments.truth:truth",
    "explainer.experiments.quality_steps:quality_cell",
    "explainer.experiments.roundtrip:roundtrip_errors",
    "explainer.experiments.undo:shipped_undo",
)
SET_UP = "explainer.experiments.common:set_up_worker"


@dataclass(frozen=True, eq=False)
class Services:
    """The store of training runs and the calculator of everything else.

    Attributes
    ----------
    store : JobStore
    calculator : Calculator
    """

    store: JobStore
    calculator: Calculator

    def close(self) -> None:
        """End all processes, within a few seconds."""
        self.store.close()
        self.calculator.close()


def start_services(workers: int = 2) -> Services:
    """Start the processes and return at once, before they are ready.

    Parameters
    ----------
    workers : int
        Training processes; they give way to everything else.

    Returns
    -------
    Services
    """
    give_back_what_is_freed()  # answers and runs come and go in this process for days
    open_folder()  # before the processes start: they learn from the environment where it is
    # Two, so that a slider's next picture never waits for an answer that takes a second.
    calculator = Calculator(workers=2, preload=PRELOAD, setup=SET_UP, slow=SLOW)
    # What the first visitor sees is computed while the server itself is still starting. No more:
    # the page itself needs the processor then.
    for target, settings in (
        ("forward:forward_process", ForwardSettings()),
        ("prior:prior_meter", NoisingSettings()),
    ):
        calculator.warm(f"explainer.experiments.{target}", settings.model_dump())
    pool = WorkerPool(workers=workers, preload=PRELOAD, setup=SET_UP)
    return Services(JobStore(pool), calculator)
