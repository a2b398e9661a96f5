# docker build -t ganscope . && docker run --rm -p 127.0.0.1:8050:8050 ganscope
FROM python:3.11-slim

# Where torch comes from. The CPU wheels keep the image small; for CUDA, take the ordinary index:
#   docker build --build-arg TORCH_INDEX= -t ganscope .
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

RUN useradd --create-home ganscope
WORKDIR /app

# Dependencies before code: a change of the code installs nothing again.
COPY requirements.txt ./
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install --index-url "$TORCH_INDEX" "$(grep '^torch==' requirements.txt)"; \
    fi \
    && pip install -r requirements.txt

# The code stays root's: the server can read it, not change it.
COPY LICENSE app.py ./
COPY gan_core gan_core
COPY assets assets

# Runs are recorded here; a volume keeps them when the container goes: docker run -v ganscope-runs:/runs ...
# Any user may write there (docker run --user); a folder of the host keeps its own rules, and the page says what it lacks.
RUN install -d -o ganscope -m 1777 /runs
ENV GANSCOPE_RUNS=/runs
VOLUME /runs

USER ganscope
# Inside a container, loopback would be out of reach from outside; `docker run -p` decides who gets in.
ENV GANSCOPE_HOST=0.0.0.0
EXPOSE 8050

# http.client rather than urllib.request: it never goes through a proxy that the environment names. A port that is an
# address is one that Kubernetes sets for a service; the server leaves it alone, too.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "\
import http.client, json, os, sys; \
said = (os.environ.get(name, '').strip() for name in ('GANSCOPE_PORT', 'PORT')); \
port = next((text for text in said if text and '://' not in text), 8050); \
server = http.client.HTTPConnection('127.0.0.1', int(port), timeout=4); \
server.request('GET', '/healthz'); \
sys.exit(json.load(server.getresponse())['status'] != 'ok')"]

# The exec form, so that SIGTERM reaches the server itself.
CMD ["python", "app.py"]
