"""A service for tests of the stack: it answers GET /readyz, or ends with STANDIN_EXIT as its code."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answer(BaseHTTPRequestHandler):
    """200 on /readyz."""

    def do_GET(self) -> None:
        """Say that this process is ready, for which brokers, with which Redis."""
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
        self.wfile.write(f"{os.environ['STANDIN_BROKERS']} {os.environ.get('STANDIN_REDIS', 'none')}".encode())


if __name__ == "__main__":
    if code := os.environ.get("STANDIN_EXIT"):
        sys.stderr.write("error: the stand-in has nothing to do\n")
        sys.exit(int(code))
    HTTPServer(("127.0.0.1", int(os.environ["STANDIN_ADMIN_PORT"])), Answer).serve_forever()
