# make try    set up, build, and show the main job on real traffic
# make test   set up, and run every test
#
# Kernel tests run in the lab, a Linux kernel booted as a process (tests/lab).
# IPVS_TEST_KERNEL=host runs them on this machine's kernel instead, as root, in
# network namespaces of their own.

SECONDS ?= 60
SEED ?= 1
# The releases of Debian whose kernels test-kernels goes through: 6.1, 6.12, and
# the newest.
RELEASES ?= bookworm trixie sid

host := $(shell rustc -vV | sed -n 's/^host: //p')
runner := CARGO_TARGET_$(shell echo $(host) | tr a-z- A-Z_)_RUNNER
ifeq ($(IPVS_TEST_KERNEL),host)
in_lab :=
else
in_lab := $(runner)=$(CURDIR)/tests/lab/run
endif
kernel_tests := cargo test --locked --quiet --features kernel-tests

.PHONY: all try test setup lint deny unit kernel compat fuzz-compat fuzz-short test-kernels test-targets bench bench-small

all:
	cargo build --release --locked

setup:
	@tests/lab/setup

try: setup
	cargo build --release --locked
	@tests/lab/try

test: setup lint unit kernel compat fuzz-short bench-small

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets --features kernel-tests -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
	mandoc -T lint -W warning man/*.8
	systemd-analyze verify --man=no systemd/*.service

# The same as tests/dependencies.rs and more, where cargo-deny is installed.
deny:
	cargo deny check licenses sources bans

unit:
	cargo test --locked --quiet

# The tests run the examples too.
kernel: setup
	cargo build --locked --quiet --examples
	$(in_lab) $(kernel_tests) --test kernel

compat: setup
	$(in_lab) $(kernel_tests) --test compat

# The random comparison with the reference: make fuzz-compat SECONDS=600 SEED=7
fuzz-compat: setup
	FUZZ_SECONDS=$(SECONDS) FUZZ_SEED=$(SEED) LAB_SECONDS=$$(($(SECONDS) + 300)) \
	$(in_lab) $(kernel_tests) --test fuzz

fuzz-short:
	@$(MAKE) --no-print-directory fuzz-compat SECONDS=60 SEED=$(SEED)

# What needs a kernel, on several: make test-kernels RELEASES=sid SECONDS=600
test-kernels: $(RELEASES:%=test-kernel-%)

test-kernel-%: setup
	@tests/lab/kernels $*
	@LAB_KERNEL=$* tests/lab/run uname -sr
	@LAB_KERNEL=$* $(MAKE) --no-print-directory kernel compat fuzz-compat

# As a 32-bit program, and on a big-endian machine, emulated.
test-targets:
	@tests/lab/targets

# Both programs on the tables of a big director; the result is a document.
bench: setup
	mkdir -p docs
	BENCH_REPORT=$(CURDIR)/docs/benchmarks.md BENCH_MACHINE="$$(tests/lab/machine)" \
	LAB_SECONDS=3000 LAB_MEMORY=3G \
	$(in_lab) cargo bench --locked --quiet --features kernel-tests --bench directors

bench-small: setup
	BENCH_SIZE=small $(in_lab) cargo bench --locked --quiet --features kernel-tests --bench directors
