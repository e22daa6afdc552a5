"""Serve the explainer: ``python app.py``, then open the address it prints."""

import os
import signal
import sys
import warnings

from explainer.ui import host
from explainer.ui.options import read_options
from explainer.ui.text.guard import TEACHER

# Before gradio is imported: no calls to other machines, and no statistics after each event.
DEFAULTS = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "50",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000",
    # Gradio asks matplotlib for its backend at every event. Told it here, matplotlib need not look
    # for one, which would cost the first visitor's first event a quarter of a second.
    "MPLBACKEND": "agg",
}


def leave(*_: object) -> None:
    """End what was started, then this process; asked once more, go on with that."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def main() -> None:
    """Start the worker processes, then the page: the two load at the same time."""
    options = read_options()
    problem = host.problem(options.host, options.port)
    if problem:
        sys.exit(problem)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)  # Gradio would wait for open streams after Ctrl-C
    os.environ.update({name: os.environ.get(name, value) for name, value in DEFAULTS.items()})
    # The guard alone decides whether a proxy is believed; uvicorn would believe this machine.
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    # It would write down what a page sent, and Python would remember every such text for ever.
    warnings.filterwarnings("ignore", "The value passed into gr.Dropdown", UserWarning)
    os.environ.pop("GRADIO_ALLOWED_PATHS", None)  # no file of this machine is served
    from explainer.ui.services import start_services

    services = start_services()
    try:
        from explainer.ui.build import build_app, launch

        page = build_app(services)
        if options.teacher_token and not options.on_space:  # a Space keeps what is printed
            print(TEACHER.format(address=options.teacher_address()), flush=True)
        launch(page, services, options)
    except OSError as error:  # the port was taken while the page was being made
        sys.exit(host.problem(options.host, options.port) or str(error))
    finally:
        services.close()


if __name__ == "__main__":
    main()
