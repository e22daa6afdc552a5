"""Serve the explainer: ``python app.py``, then open the address it prints."""

import argparse
import os
import signal
import sys

from explainer.ui import host


def parse_arguments() -> argparse.Namespace:
    """Read the command line; the GRADIO_SERVER_* variables are its defaults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1")
    parser.add_argument(
        "--port", type=host.port, default=os.environ.get("GRADIO_SERVER_PORT") or "7860"
    )
    parser.add_argument("--share", action="store_true", help="make a public link")
    return parser.parse_args()


def main() -> None:
    """Start the worker processes, then the page: the two load at the same time."""
    options = parse_arguments()
    problem = host.problem(options.host, options.port)
    if problem:
        sys.exit(problem)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that what was started is ended
    # Before gradio is imported: no calls to other machines, and no statistics after each event.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "50")
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
    # Gradio asks matplotlib for its backend at every event. Told it here, matplotlib need not look
    # for one, which would cost the first visitor's first event a quarter of a second.
    os.environ.setdefault("MPLBACKEND", "agg")
    from explainer.ui.services import start_services

    services = start_services()
    try:
        from explainer.ui.build import build_app, launch

        launch(
            build_app(services),
            services,
            server_name=host.in_brackets(options.host),
            server_port=options.port,
            share=options.share,
        )
    except OSError as error:  # the port was taken while the page was being made
        sys.exit(host.problem(options.host, options.port) or str(error))
    finally:
        services.close()


if __name__ == "__main__":
    main()
