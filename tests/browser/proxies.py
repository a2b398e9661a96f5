"""Proxies as people put them in front: nginx, and Jupyter with jupyter-server-proxy, as processes of their own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from waiting import until

# Debian puts it where only root's PATH leads.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
# "nobody", whom root's nginx works as by itself, may not look into a folder made for the test.
_USER = "user root;" if os.geteuid() == 0 else ""
_CONFIGURATION = """daemon off; pid nginx.pid; error_log stderr crit; worker_processes 1; USER
events { worker_connections 256; }
http {
  access_log off; client_max_body_size 100m;
  client_body_temp_path body; proxy_temp_path proxy;
  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  SITES
}"""


@contextmanager
def nginx(sites: Mapping[int, str]) -> Iterator[None]:
    """Run it: by port, what stands in each `server` of its configuration."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    with tempfile.TemporaryDirectory(prefix="ganscope-nginx-") as folder:
        servers = "\n".join(f"server {{ listen 127.0.0.1:{port}; {site} }}" for port, site in sites.items())
        text = _CONFIGURATION.replace("USER", _USER).replace("SITES", servers)
        Path(folder, "nginx.conf").write_text(text)
        with _running([NGINX, "-p", folder, "-e", "stderr", "-c", "nginx.conf"], next(iter(sites))):
            yield


@contextmanager
def jupyter(port: int, base: str) -> Iterator[None]:
    """Run a Jupyter server below a path, with no password, as JupyterHub runs one for each of its users."""
    if importlib.util.find_spec("jupyter_server_proxy") is None:
        pytest.skip("jupyter-server-proxy is not installed")
    with tempfile.TemporaryDirectory(prefix="ganscope-jupyter-") as folder:
        settings = {
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "ServerApp.base_url": base,
            "ServerApp.root_dir": folder,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "IdentityProvider.token": "",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        with _running([sys.executable, "-m", "jupyter_server", *options], port, {"HOME": folder}):
            yield


@contextmanager
def _running(command: Sequence[str], port: int, more: Mapping[str, str] | None = None) -> Iterator[None]:
    """A process, once it listens on a port."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env={**os.environ, **(more or {})}, stdout=said, stderr=said)

        def words() -> str:
            said.seek(0)
            return said.read()

        def listens() -> bool:
            assert process.poll() is None, words()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        try:
            until(listens, words)
            yield
        finally:
            process.terminate()
            process.wait(30)
