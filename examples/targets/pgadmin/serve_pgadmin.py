"""pgAdmin in server mode, one request at a time.

    python serve_pgadmin.py PORT

Environment: DATA (a folder), SMTP_PORT, PGADMIN_SETUP_EMAIL and PGADMIN_SETUP_PASSWORD (its first administrator).
"""

import builtins
import sys
from importlib.util import find_spec
from wsgiref.simple_server import WSGIRequestHandler, make_server

builtins.SERVER_MODE = True
sys.path.insert(0, find_spec("pgadmin4").submodule_search_locations[0])

from pgAdmin4 import app  # noqa: E402 - it is found by now


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing of each request."""


if __name__ == "__main__":
    # One thread: with several, Python asks for the time whenever they take turns, and libfaketime reads a file for it.
    make_server("127.0.0.1", int(sys.argv[1]), app, handler_class=Quiet).serve_forever()
