# make try    set up, build, and show the main job on real traffic
# make test   set up, and run every test
#
# make && sudo make install      into PREFIX, /usr/local (DESTDIR stages it);
#                                uninstall takes it away
# make deb, make rpm             packages, into target/packages
# make static                    the program without shared libraries
# make dist                      all that a release is made of, into target/dist
# make test-packages             from Debian's package to this one and back
# make test-dist                 what make dist has made, and builds from it
# make test-reproducible         two builds in two folders
#
# Kernel tests run in the lab, a Linux kernel booted as a process (tests/lab).
# IPVS_TEST_KERNEL=host runs them on this machine's kernel instead, as root, in
# network namespaces of their own. IPVS_TEST_KERNEL=stock:6.12 runs them on a
# kernel as Debian's machines have it, emulated: 5.10, 6.1, 6.12 or sid. Of another
# kind of machine it is stock:6.1:s390x, for tests that `tests/lab/cross` builds.

SECONDS ?= 60
TEST ?=
SEED ?= 1
# The releases of Debian whose kernels test-kernels goes through: 6.1, 6.12, and
# the newest.
RELEASES ?= bookworm trixie sid
# Those that test-stock goes through.
STOCK ?= 5.10 6.1 6.12 sid
# The kinds of machines that test-arch goes through, as Debian calls them.
ARCH ?= s390x arm64 i386

# What the tests are built for, if not for this machine as it is.
TARGET ?= $(CARGO_BUILD_TARGET)
for := $(if $(TARGET),--target $(TARGET))
host := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
musl := $(shell uname -m)-unknown-linux-musl
runner := CARGO_TARGET_$(shell echo $(or $(TARGET),$(host)) | tr a-z- A-Z_)_RUNNER
# The release of Debian that has a kernel; with a kind of machine, where one is named.
release_of_5.10 := bullseye
release_of_6.1 := bookworm
release_of_6.12 := trixie
release_of = $(or $(release_of_$(1)),$(1))
stock := $(patsubst stock:%,%,$(filter stock:%,$(IPVS_TEST_KERNEL)))
machine := $(word 2,$(subst :, ,$(stock)))
stock := $(call release_of,$(firstword $(subst :, ,$(stock))))$(machine:%=:%)
ifeq ($(IPVS_TEST_KERNEL),host)
in_lab :=
else
in_lab := $(runner)=$(CURDIR)/tests/lab/run
endif
ifneq ($(stock),)
export LAB_KERNEL := stock:$(stock)
export LAB_SECONDS ?= 5400
endif

# What makes a start faster, where the program runs with a glibc no older than this
# machine's: no shared library but libc, whose unwinder came with 2.35 (packaging/linker),
# and from 2.36 on relocations that are packed (DT_RELR), ten pages less to read.
comma := ,
faster := "-Lnative=packaging/linker"$(comma) \
    $(if $(shell getconf GNU_LIBC_VERSION 2>/dev/null | awk '$$2 >= 2.36'), \
    "-Clink-arg=-Wl$(comma)-z$(comma)pack-relative-relocs"$(comma))

# The release is the same wherever it is built: it names no folder of this
# machine. A RUSTFLAGS of yours takes the place of these flags.
cargo_home := $(or $(CARGO_HOME),$(HOME)/.cargo)
flags = --config 'build.rustflags = [ $(faster) \
    "--remap-path-prefix=$(CURDIR)=/ipvsadm-rs", "--remap-path-prefix=$(cargo_home)=/cargo"]'
release = --release --locked $(flags)
target := $(or $(CARGO_TARGET_DIR),$(CARGO_BUILD_TARGET_DIR),target)
program := $(target)/release/ipvsadm

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/ipvsadm
MANDIR ?= $(PREFIX)/share/man/man8
MAN7DIR ?= $(PREFIX)/share/man/man7
UNITDIR ?= $(PREFIX)/lib/systemd/system
SHAREDIR ?= $(PREFIX)/share/ipvsadm
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
names := ipvsadm ipvsadm-save ipvsadm-restore
units := ipvsadm.service ipvsadm-sync.service ipvsadm-metrics.service ipvsadm-metrics.timer

kernel_tests := cargo test --locked --quiet $(for) --features kernel-tests

.PHONY: all static install install-boot uninstall deb rpm dist test-packages test-dist test-reproducible
.PHONY: try test setup documents picture lint lint-workflows deny unit exercises kernel diagnose compat faults fuzz fuzz-compat fuzz-short
.PHONY: test-library test-kernels test-stock test-arch test-static test-targets bench bench-lab bench-section bench-small

all:
	cargo build $(release)

# Needs Rust's library for it: rustup target add x86_64-unknown-linux-musl
static: faster =
static:
	cargo build $(release) --target $(musl)

# As root there may be no Rust: what was built is installed.
$(program):
	cargo build $(release)

# Any of the folders may have blanks in its name.
install: $(program) install-boot
	install -d "$(DESTDIR)$(SBINDIR)" "$(DESTDIR)$(MANDIR)" "$(DESTDIR)$(MAN7DIR)" \
	    "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)" "$(DESTDIR)$(FISHDIR)" \
	    "$(DESTDIR)$(SHAREDIR)/schema"
	install -m 755 "$(program)" "$(DESTDIR)$(SBINDIR)/ipvsadm"
	install -m 644 $(names:%=man/%.8) "$(DESTDIR)$(MANDIR)"
	install -m 644 man/ipvsadm-diagnose.7 "$(DESTDIR)$(MAN7DIR)"
	install -m 644 docs/schema/*.json "$(DESTDIR)$(SHAREDIR)/schema"
	umask 022; "$(program)" --completions bash >"$(DESTDIR)$(BASHDIR)/ipvsadm"
	umask 022; "$(program)" --completions zsh >"$(DESTDIR)$(ZSHDIR)/_ipvsadm"
	umask 022; "$(program)" --completions fish >"$(DESTDIR)$(FISHDIR)/ipvsadm.fish"
	for name in ipvsadm-save ipvsadm-restore; do \
	    ln -sf ipvsadm "$(DESTDIR)$(SBINDIR)/$$name"; \
	    ln -sf ipvsadm "$(DESTDIR)$(BASHDIR)/$$name"; \
	    ln -sf ipvsadm.fish "$(DESTDIR)$(FISHDIR)/$$name.fish"; \
	done

# The units, and what they run. Both name the place that they are installed in.
install-boot:
	install -d "$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(LIBEXECDIR)"
	install -m 755 systemd/boot "$(DESTDIR)$(LIBEXECDIR)/boot"
	sed -i 's|^sbin=.*|sbin="$(SBINDIR)"|' "$(DESTDIR)$(LIBEXECDIR)/boot"
	for unit in $(units); do \
	    install -m 644 systemd/$$unit "$(DESTDIR)$(UNITDIR)" && \
	    sed -i 's|/usr/libexec/ipvsadm/|$(LIBEXECDIR)/|' "$(DESTDIR)$(UNITDIR)/$$unit" || exit; \
	done

# Also what systemctl enable made: links to these units, and to no others.
uninstall:
	for name in $(names); do \
	    rm -f "$(DESTDIR)$(SBINDIR)/$$name" "$(DESTDIR)$(MANDIR)/$$name.8" \
	        "$(DESTDIR)$(BASHDIR)/$$name" "$(DESTDIR)$(FISHDIR)/$$name.fish"; \
	done
	for unit in $(units); do \
	    for link in "$(DESTDIR)"/etc/systemd/system/*.wants/$$unit; do \
	        [ "$$(readlink "$$link")" != "$(UNITDIR)/$$unit" ] || rm "$$link"; \
	    done; \
	    rm -f "$(DESTDIR)$(UNITDIR)/$$unit"; \
	done
	rm -f "$(DESTDIR)$(MAN7DIR)/ipvsadm-diagnose.7" "$(DESTDIR)$(ZSHDIR)/_ipvsadm" \
	    "$(DESTDIR)$(LIBEXECDIR)/boot"
	for schema in docs/schema/*.json; do rm -f "$(DESTDIR)$(SHAREDIR)/schema/$${schema##*/}"; done
	[ ! -d "$(DESTDIR)$(LIBEXECDIR)" ] || rmdir "$(DESTDIR)$(LIBEXECDIR)"
	[ ! -d "$(DESTDIR)$(SHAREDIR)/schema" ] || rmdir "$(DESTDIR)$(SHAREDIR)/schema" "$(DESTDIR)$(SHAREDIR)"

# The packages are for machines with an older glibc too.
deb rpm dist: faster =
deb rpm: all
	packaging/$@/build $(target)/packages

dist: all
	@tests/packages/setup
	packaging/dist $(target)/dist

test-dist:
	@tests/packages/setup
	@tests/packages/dist $(target)/dist

test-packages:
	@tests/packages/setup
	@$(MAKE) --no-print-directory deb rpm
	@tests/packages/run $(target)/packages

test-reproducible:
	@tests/packages/reproducible

setup:
	@tests/lab/setup
ifneq ($(stock),)
	@tests/lab/stock $(stock)
endif

try: setup all
	@IPVSADM=$(program) tests/lab/try

test: setup lint unit exercises test-library kernel diagnose compat faults fuzz-short bench-small

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --features kernel-tests -- -D warnings
	cargo clippy --locked --package libipvs -- -D warnings
	cargo clippy --locked --package libipvs --features serde,wire --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps
	mandoc -T lint -W warning man/*.[78]
	@tests/packages/units

# The documents that are made of the table of checks.
documents:
	WRITE_DOCUMENTS=1 cargo test --locked --quiet --test diagnoses

# The picture of the README, of a run in the lab; `make diagnose` runs it again.
picture:
	@WRITE_PICTURE=1 $(MAKE) --no-print-directory diagnose TEST=picture

# The workflows of the forge, by actionlint.
lint-workflows:
	@tests/workflows/run

# The same as tests/dependencies.rs and more, where cargo-deny is installed.
deny:
	cargo deny check licenses sources bans

unit:
	cargo test --locked --quiet --workspace $(for)
	cargo test --locked --quiet $(for) --package libipvs --features serde --test serialized

# What CONTRIBUTING.md says of additions, done to a copy of the sources.
exercises:
	$(kernel_tests) --test exercises

# The library as others get it: out of its package, in a workspace of its own. Its files
# are new ones (-m): by the times in the package, cargo would take an earlier build.
test-library: library := $(abspath $(target))/library
test-library:
	rm -rf "$(library)" $(target)/package/libipvs-*
	cargo package --locked --quiet --allow-dirty --no-verify --package libipvs
	mkdir -p "$(library)"
	tar -xmzf $(target)/package/libipvs-*.crate -C "$(library)" --strip-components=1
	echo '[workspace]' >>"$(library)/Cargo.toml"
	CARGO_TARGET_DIR="$(abspath $(target))" \
	cargo test --locked --quiet --manifest-path "$(library)/Cargo.toml" --features serde,wire

# Tests of what a kernel has not are left out by name. No user-mode Linux has
# nftables for IP, and that of sid has not the older tables either; only the
# kernels of sid have what came with 7.2.
user_mode := $(if $(filter host stock:%,$(IPVS_TEST_KERNEL)),,yes)
without := $(if $(user_mode),nftables::) \
    $(if $(filter sid,$(LAB_KERNEL)),packet_filter::) \
    $(if $(filter stock:bullseye,$(LAB_KERNEL)),since_5_16::) \
    $(if $(filter sid stock:sid,$(LAB_KERNEL)),,since_7_2::)
skip = -- $(without:%=--skip %) $(TEST)

# The tests run the examples too.
kernel: setup
	cargo build --locked --quiet $(for) --package libipvs --examples
	$(in_lab) $(kernel_tests) --test kernel $(skip)

# Directors with a fault, and healthy ones. Most of a test is waiting: several run
# at a time.
diagnose: setup
	RUST_TEST_THREADS=8 $(in_lab) $(kernel_tests) --test diagnose $(skip)

# Linux has one list of services for all network namespaces, and the reference shows
# what others tear: with several processors, one case at a time.
compat: setup
	$(in_lab) $(kernel_tests) --test compat $(TEST) $(if $(user_mode),,-- --test-threads=1)

faults: setup
	$(in_lab) $(kernel_tests) --test faults $(TEST)

# The random comparison with the reference: make fuzz-compat SECONDS=600 SEED=7
fuzz-compat: setup
	FUZZ_SECONDS=$(SECONDS) FUZZ_SEED=$(SEED) LAB_SECONDS=$$(($(SECONDS) + 300)) \
	$(in_lab) $(kernel_tests) --test fuzz

# Hostile bytes for every reader: make fuzz SECONDS=600
fuzz:
	fuzz/run $(SECONDS)

fuzz-short:
	@$(MAKE) --no-print-directory fuzz-compat SECONDS=60 SEED=$(SEED)

# What needs a kernel, on several: make test-kernels RELEASES=sid SECONDS=600
test-kernels: $(RELEASES:%=test-kernel-%)

test-kernel-%: setup
	@tests/lab/kernels $*
	@LAB_KERNEL=$* tests/lab/run uname -sr
	@LAB_KERNEL=$* $(MAKE) --no-print-directory kernel diagnose compat fuzz-compat

# On the kernels of Debian's machines, with two processors: what races can show,
# marks that nftables sets, every case of the comparison, and random ones. Two guests
# run at a time: most of a kernel test is waiting for one processor.
test-stock: $(STOCK:%=test-stock-%)

test-stock-%:
	@$(MAKE) --no-print-directory --jobs=2 --output-sync IPVS_TEST_KERNEL=stock:$* SECONDS=300 \
	    kernel compat fuzz-compat

# On other kinds of machines, emulated, with programs of their own: every case of the
# comparison, random ones, and what readers and writers of tables say. Tests that
# start what is not among those programs are left out by the choice of the others.
arch_tests := any_table:: connection_lists:: from_proc:: json:: random_tables:: save_output::

test-arch: $(ARCH:%=test-arch-%)

test-arch-%: on = tests/lab/cross $* $(MAKE) --no-print-directory IPVS_TEST_KERNEL=stock:6.1:$*
test-arch-%:
	@$(on) kernel TEST="$(arch_tests)"
	@$(on) --jobs=2 --output-sync SECONDS=300 compat fuzz-compat

# With the C library that make static links. Not the comparison: without a name
# server, musl waits for one.
test-static:
	@$(MAKE) --no-print-directory unit kernel TARGET=$(musl) TEST=walks

# As a 32-bit program, and on a big-endian machine, emulated.
test-targets:
	@tests/lab/targets

# Both programs on the tables of big directors; the result is a document.
bench: bench-stock-6.1 bench-stock-6.12 bench-lab
	cat benches/directors/head.md $(target)/bench/stock-*.md $(target)/bench/lab.md \
	    benches/directors/notes.md >docs/benchmarks.md

bench-stock-%:
	@LAB_CLOCK=instructions $(MAKE) --no-print-directory IPVS_TEST_KERNEL=stock:$* BENCH_SIZE=machine \
	    BENCH_NAME=stock-$* BENCH_ON="as Debian boots machines with it, emulated" bench-section

bench-lab:
	@$(MAKE) --no-print-directory BENCH_NAME=lab BENCH_ON="in the lab" LAB_MEMORY=3G bench-section

bench-section: setup
	mkdir -p $(target)/bench
	BENCH_SIZE=$(BENCH_SIZE) BENCH_REPORT=$(abspath $(target))/bench/$(BENCH_NAME).md \
	BENCH_MACHINE="$(BENCH_ON), on $$(tests/lab/machine)" LAB_SECONDS=3000 LAB_MEMORY=$(LAB_MEMORY) \
	$(in_lab) cargo bench --locked --quiet $(flags) --features kernel-tests --bench directors

bench-small: setup
	BENCH_SIZE=small $(in_lab) cargo bench --locked --quiet $(flags) --features kernel-tests --bench directors
