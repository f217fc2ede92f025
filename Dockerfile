# The tag is the version of Node that package.json pins for development; test/k8s/dockerfile.test.ts keeps them in step.

# 1. Compile. Install scripts are left out: the image has its own Node, the compiler needs none.
FROM node:24.21.0-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
# Needs npm for the bill of materials, and nothing from the network. Not by npm, which would put the development dependency `node` before the image's own.
RUN node scripts/build.ts

# 2. What is needed at run time, and no more.
FROM node:24.21.0-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

# 3. Node itself, the libraries that it is linked with, and what names are looked up by. Nothing else of the system is
# in the image: no shell, no package manager, no tool that an intruder could use.
FROM node:24.21.0-slim AS system
RUN mkdir /image \
    && cp --parents --dereference $(ldd /usr/local/bin/node | grep -o '/[^ ]*') /usr/local/bin/node /etc/nsswitch.conf /image

# 4. The image.
FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="exhook-kafka" \
      org.opencontainers.image.description="Forwards EMQX's hook events to Apache Kafka by topic rules" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"

COPY --from=system /image /
ENV PATH=/usr/local/bin NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE THIRD-PARTY.md ./
COPY protos ./protos

# By number, so that Kubernetes can see that it is not root. Owns nothing and writes nothing.
USER 10001:10001
# Hook calls; health and metrics.
EXPOSE 9000 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.EXHOOK_HTTP_PORT || 8080}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Node itself is process 1, so that it gets the signals. Mount config.yaml and rules.yaml there, or give other words.
ENTRYPOINT ["node", "dist/bin.js"]
CMD ["serve", "--config", "/etc/exhook-kafka/config.yaml", "--rules", "/etc/exhook-kafka/rules.yaml"]
