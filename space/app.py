"""The Space: a CT or MR slice gets a report, answers and boxes to click, on a page of one's own.

python space/app.py --model build/demo/model --port 7860      # serves http://127.0.0.1:7860; SPACE_MODEL names it, too
"""

import argparse
import logging
import os
import signal
import sys
import tempfile


def parse_arguments() -> argparse.Namespace:
    """The arguments; ends with a sentence if no model is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=os.environ.get("SPACE_MODEL"), help="model folder or Hub name")
    parser.add_argument("--host", default=None, help="default: 127.0.0.1, on the Hub what the Hub says")
    parser.add_argument("--port", type=int, default=None, help="default: 7860")
    arguments = parser.parse_args()
    if not arguments.model:
        parser.error("No model. Give --model FOLDER, or set SPACE_MODEL to a Hub name.")
    if os.path.isdir(arguments.model) and not os.path.isfile(os.path.join(arguments.model, "config.json")):
        parser.error(f"{arguments.model} is no model folder. Give the output of `radgrounder release`, or a Hub name.")
    return arguments


def end(*_: object) -> None:
    """Leave through the clean-up of `main`; a second signal must not cut it short."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def main() -> None:
    """Load the model beside the page and serve until interrupted; uploads vanish with the process at the latest."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    arguments = parse_arguments()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from answering import lends_gpu, load_model, start_loading  # seconds of imports, after the arguments are known
    from page import CACHE_S, LAUNCH, build_page
    from uploads import keep_sweeping

    signal.signal(signal.SIGTERM, end)
    with tempfile.TemporaryDirectory(prefix="space-", ignore_cleanup_errors=True) as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        keep_sweeping(uploads, *CACHE_S)
        page = build_page()
        if lends_gpu():
            load_model(arguments.model)  # ZeroGPU packs the weights at launch, so they must be there
        else:
            start_loading(arguments.model)
        # None leaves the choice to gradio: 127.0.0.1:7860, or GRADIO_SERVER_NAME and GRADIO_SERVER_PORT
        page.launch(server_name=arguments.host, server_port=arguments.port, **LAUNCH)


if __name__ == "__main__":
    main()
