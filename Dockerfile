# Tolok and Airflow in one image: the same for API server, scheduler, DAG processor and workers. No secret is in it.
FROM docker.io/library/debian:12.12-slim AS build
# Debian's own security updates are wanted, so its packages are not pinned beyond the release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/tolok
COPY installer.lock requirements.lock ./
RUN python3 -m venv --without-pip .venv \
    && python3 -m pip --python .venv/bin/python install --no-cache-dir --quiet --require-hashes -r installer.lock
COPY pyproject.toml source/
# The versions of the lock, their hashes verified, without what only development needs.
RUN .venv/bin/uv pip install --quiet --no-cache --python .venv/bin/python --constraint requirements.lock \
    hatchling --requirements source/pyproject.toml --extra celery \
    && .venv/bin/python -m compileall -q .venv/lib
COPY README.md LICENSE source/
COPY benchmarks source/benchmarks
COPY connectors source/connectors
COPY dags source/dags
COPY expectations source/expectations
COPY kernels source/kernels
COPY pipeline source/pipeline
COPY service source/service
COPY sql source/sql
COPY testing source/testing
RUN .venv/bin/uv pip install --quiet --no-cache --python .venv/bin/python --no-deps --no-build-isolation --compile-bytecode ./source \
    && rm -rf source \
    && .venv/bin/uv pip uninstall --quiet --python .venv/bin/python hatchling uv

FROM docker.io/library/debian:12.12-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50000 --no-create-home --home-dir /var/lib/tolok --shell /usr/sbin/nologin tolok \
    && install --directory --owner=tolok --group=tolok --mode=700 /var/lib/tolok
COPY --from=build /opt/tolok /opt/tolok
ENV PATH=/opt/tolok/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/var/lib/tolok/airflow \
    NUMBA_CACHE_DIR=/var/lib/tolok/kernels \
    TOLOK_CITIES=/srv/tolok/cities \
    TOLOK_HOME=/var/lib/tolok/data
USER 50000:50000
WORKDIR /var/lib/tolok
VOLUME /var/lib/tolok
ENTRYPOINT ["python", "-m", "service.container"]
