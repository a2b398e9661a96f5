"""Stands for a visitor's server: says where it listens, and answers with what it was asked."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gan_core.sandbox import tether


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        digest, count = hashlib.sha256(), 0
        left = int(self.headers.get("Content-Length") or 0)
        while left and (part := self.rfile.read(min(left, 65536))):
            digest.update(part)
            count, left = count + len(part), left - len(part)
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                digest.update(self.rfile.read(size))
                count += size
                self.rfile.readline()
            self.rfile.readline()
        if self.path.endswith("/ends"):
            os._exit(3)
        told = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "bytes": count,
            "sha256": digest.hexdigest(),
            "who": sys.argv[1:],
            "pid": os.getpid(),
        }
        body = json.dumps(told).encode()
        self.send_response(418 if self.path.endswith("/teapot") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Twice", "a")
        self.send_header("X-Twice", "b")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        pass


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
tether.tie(os.environ)
if sys.argv[1:] == ["fails"]:
    sys.exit(2)
server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
print(f"GANscope is on http://127.0.0.1:{server.server_port}  (Ctrl-C ends it)", flush=True)
server.serve_forever()
