# The image of every process of ours: intake, worker, keeper, Flower, and the command line.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY config ./config
COPY fulfiller ./fulfiller
COPY workers ./workers
RUN python -m venv /opt/fulfiller \
 && /opt/fulfiller/bin/pip install --no-cache-dir --constraint config/constraints.txt .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/fulfiller --create-home fulfiller
COPY --from=build /opt/fulfiller /opt/fulfiller
ENV PATH=/opt/fulfiller/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FULFILLER_HOME=/var/lib/fulfiller
USER fulfiller
WORKDIR /var/lib/fulfiller
VOLUME /var/lib/fulfiller
CMD ["fulfiller", "--help"]
