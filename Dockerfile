# syntax=docker/dockerfile:1
# The image of the controller, for the architecture that it is built on or emulated for:
#
#   docker buildx build --platform linux/amd64,linux/arm64 .
#
# ci/image builds it as the releases do.

# The compiler of rust-toolchain.toml, which would have rustup fetch more than the program needs.
ARG RUST_VERSION=1.95.0

FROM rust:${RUST_VERSION}-bookworm AS build
ARG TARGETARCH
WORKDIR /src
COPY . .
# What was compiled for one architecture is of no use to another.
RUN --mount=type=cache,id=team-operator-registry-${TARGETARCH},target=/usr/local/cargo/registry \
    --mount=type=cache,id=team-operator-target-${TARGETARCH},target=/src/target \
    ci/program /program

# No shell and no package manager; certificates of authorities are there. glibc is that of the stage above.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="team-operator" \
      org.opencontainers.image.description="Temporary, approved, audited access to AWS accounts through IAM Identity Center" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build /program/team-operator /usr/local/bin/team-operator
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8081
ENTRYPOINT ["/usr/local/bin/team-operator"]
CMD ["run"]
