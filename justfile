# The recipes of the workspace. `just` alone lists them.

_default:
    @just --list

# Everything that a push must pass.
check: lint test

# Format, lints, documentation.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

# The tests of the README.
test:
    cargo test --workspace

# Accept what the snapshots now show; then read `git diff`.
bless:
    INSTA_UPDATE=always cargo test --workspace

# Fifty random requests to each of so many random policies: reference evaluator against WebAssembly.
differential tables="20000":
    MAAS_DIFFERENTIAL_TABLES={{tables}} cargo test --release -p maas-tests --test all differential

# The whole continuous integration, as it runs there.
ci:
    bash .ci/run
