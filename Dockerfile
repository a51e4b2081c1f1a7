# syntax=docker/dockerfile:1
# Build: docker build --tag sala .    Run: docker run --env-file sala.env --publish 8080:8080 sala
# `docs/OPERATIONS.md` lists what the environment must hold.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        libssl-dev libpq-dev libcurl4-openssl-dev zlib1g-dev libpng-dev libqrencode-dev libjpeg62-turbo-dev \
        libzbar-dev pkg-config \
    && rm --recursive --force /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
COPY loadtest loadtest
RUN swift build --configuration release --product sala --static-swift-stdlib \
    && install --strip .build/release/sala /usr/local/bin/sala

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        libssl3 libstdc++6 libpq5 libcurl4 zlib1g libpng16-16 libqrencode4 libjpeg62-turbo libzbar0 libjs-leaflet \
        ca-certificates curl \
    && rm --recursive --force /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin sala
COPY --from=build /usr/local/bin/sala /usr/local/bin/sala
USER sala
ENV SALA_HOST=0.0.0.0 SALA_PORT=8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["sh", "-c", "curl --fail --silent --show-error --max-time 2 --insecure \
        http${SALA_TLS_CERTIFICATE:+s}://127.0.0.1:${SALA_PORT}/health >/dev/null"]
ENTRYPOINT ["sala"]
CMD ["serve"]
