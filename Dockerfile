# One file for all three programs: `docker build --target ingest|consumer|setup .`
# No build step: Node runs the TypeScript. Works with the classic builder and with BuildKit.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
# Empty: npm's own default.
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/event/package.json packages/event/
COPY packages/codec/package.json packages/codec/
COPY packages/kafka/package.json packages/kafka/
COPY packages/clickhouse/package.json packages/clickhouse/
COPY packages/runtime/package.json packages/runtime/
COPY embedded/package.json embedded/
COPY cli/package.json cli/
COPY services/ingest/package.json services/ingest/
COPY services/consumer/package.json services/consumer/
# All but `embedded`: its ClickHouse engine (540 MB) is for machines without Docker. Everything, the native
# CRC-32C too, as the lock file has it.
RUN npm ci --omit=dev --ignore-scripts \
  --workspace packages/event --workspace packages/codec --workspace packages/kafka \
  --workspace packages/clickhouse --workspace packages/runtime --workspace cli \
  --workspace services/ingest --workspace services/consumer

FROM ${NODE_IMAGE} AS base
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY packages packages
COPY cli cli
COPY services services
COPY schemas schemas
# Which revision this is, for `build_info`: --build-arg REVISION=$(git rev-parse --short=12 HEAD)
ARG REVISION
RUN if [ -n "$REVISION" ]; then echo "$REVISION" > REVISION; fi
USER 1000:1000

FROM base AS setup
CMD ["node", "cli/src/main.ts", "setup"]

# The health checks print what /health/ready says: `docker inspect` shows why a service is not ready.
FROM base AS ingest
# What embedded/src/ingest-memory.ts explains, as the flags below.
ENV MALLOC_MMAP_THRESHOLD_=1048576 MALLOC_ARENA_MAX=2
# Without keys it listens on loopback unless told otherwise; that of a container is nobody else's.
ENV HTTP_HOST=0.0.0.0
EXPOSE 3000 3001
HEALTHCHECK --interval=3s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3001/health/ready').then(async (r) => { console.log(await r.text()); process.exitCode = r.ok ? 0 : 1 })"]
CMD ["node", "--min-semi-space-size=16", "--max-semi-space-size=16", "--expose-gc", "services/ingest/src/main.ts"]

FROM base AS consumer
EXPOSE 3002
HEALTHCHECK --interval=3s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3002/health/ready').then(async (r) => { console.log(await r.text()); process.exitCode = r.ok ? 0 : 1 })"]
CMD ["node", "services/consumer/src/main.ts"]
