# Nono as an image: docker build --tag nono .   compose.yaml puts it beside a store; docs/deployment.md has the rest.
# Alone it keeps its chats in a private store in /data, like `make run`.

FROM python:3.13-slim AS packages
COPY requirements.txt .
# Exactly what was tested, by hash; nothing is compiled, so nothing that compiles has to be there.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes \
       -r requirements.txt

FROM python:3.13-slim
# A number of one's own, so that the owner of the files in the volume is known outside.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin nono \
    && install --directory --owner nono --group nono --mode 0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/nono
COPY manage.py ./
COPY nono nono/
COPY sessions_app sessions_app/
COPY chat_app chat_app/
COPY templates templates/
COPY static static/
COPY locale locale/
COPY deploy/healthcheck.py deploy/

# In a container every address is the container's own; who may reach it is said where it is run.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NONO_ENV_FILE=/dev/null \
    NONO_DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000
USER nono
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["python", "deploy/healthcheck.py"]
# As a list, so that Nono is the process that `docker stop` tells; it lets replies end first, which may take longer than
# docker's ten seconds (docker stop --time 60).
STOPSIGNAL SIGTERM
CMD ["python", "-m", "nono.server"]
