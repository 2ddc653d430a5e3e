"""A schema registry on a socket, as Confluent's clients speak to it, that can be down and can change its mind."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class StandIn:
    """Schemas by id; `is_down` answers everything with 503 meanwhile. Ends with `close`."""

    def __init__(self) -> None:
        self.schemas: list[object] = []
        self.is_down = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def add(self, schema: object) -> int:
        """The id of a schema, from 1 up; a known one keeps its own."""
        if schema not in self.schemas:
            self.schemas.append(schema)
        return self.schemas.index(schema) + 1

    def answer(self, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        """What a registry says to a GET of a schema, or to a POST of one."""
        if self.is_down:
            return 503, {"error_code": 50301, "message": "down on purpose"}
        if body is not None:
            return 200, {"id": self.add(json.loads(body["schema"])), "subject": "any", "version": 1, **body}
        number = int(path.partition("?")[0].rpartition("/")[2])
        if not 0 < number <= len(self.schemas):
            return 404, {"error_code": 40403, "message": "no such schema"}
        return 200, {"schema": json.dumps(self.schemas[number - 1]), "schemaType": "AVRO"}

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            """One question, one answer."""

            def do_GET(self) -> None:
                """A schema by its id."""
                self._say(*registry.answer(self.path, None))

            def do_POST(self) -> None:
                """A schema looked up or registered."""
                size = int(self.headers["Content-Length"])
                self._say(*registry.answer(self.path, json.loads(self.rfile.read(size))))

            def _say(self, status: int, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                """Nothing is printed."""

        return Handler
