# 铁证 Tiezheng. Everything is built with one profile (--release) into one folder outside the sources, so that RocksDB's
# C++ is compiled once a machine and not once a clone.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup build release dev dev-test demo run test fmt lint doc deny bench bench-growth bench-members bench-pages bench-rivals native interop \
	test-fresh test-web deb test-deb fuzz clean first-build setup-test fmt-check tidy clippy unit web one-rocksdb

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tiezheng
export CARGO_TARGET_DIR ?= $(CACHE)/target
TIEZHENG := $(CARGO_TARGET_DIR)/release/tiezheng
# CI builds exactly the committed Cargo.lock; elsewhere it may follow Cargo.toml.
CARGO_FLAGS := --release $(if $(CI),--locked)
# Features that are built alone, besides the default set.
FEATURES := verifier client cli node oidc
# The profile and the folder of `build`, so that RocksDB and all other dependencies are shared with it. Only this package is
# compiled incrementally, with the settings of .ci/dev.toml.
DEV_CARGO := CARGO_INCREMENTAL=1 cargo --config .ci/dev.toml
DENY_VERSION := 0.20.2
DENY := $(CACHE)/tools/bin/cargo-deny
DEB_VERSION := 3.8.0
CARGO_DEB := $(CACHE)/tools/bin/cargo-deb
DEB_DIR := $(CARGO_TARGET_DIR)/debian

help: ## list these targets | 列出全部目标
	@echo "铁证 Tiezheng: blockchain evidence notarization | 区块链电子存证。先运行 make demo。"
	@echo
	@awk -F ' ## | \\| ' '/^[a-z-]+:.* ## /{sub(/:.*/, "", $$1); printf "  make %-10s %-68s %s\n", $$1, $$2, $$3}' Makefile

setup: ## install the Debian packages that a build needs, if any is missing | 安装编译所需软件包
	@.ci/setup.sh build

build: first-build setup ## build the program | 编译
	cargo build $(CARGO_FLAGS)

release: build ## the program without symbols, and its debug information in a file beside it | 发布版（调试信息另存）
	@.ci/release.sh

dev: first-build setup ## build quickly while developing, unoptimised and incremental | 开发用快速编译
	$(DEV_CARGO) build --release
	@echo "$(TIEZHENG)"

dev-test: first-build ## quick tests while developing: make dev-test T="--lib ledger::number" | 开发用快速测试
	@case "$(T)" in -*) ;; *) echo 'say which: make dev-test T="--test it court::racing" or T="--lib ledger::number"' >&2; exit 64;; esac
	$(DEV_CARGO) test --release $(T)

demo: build ## build it, then deposit, verify, tamper, audit, with members | 编译并演示存证、核验、审计与成员节点
	$(TIEZHENG) demo

run: build ## start a node on ./chain-data; it prints its address | 启动节点, 数据存于 chain-data
	$(TIEZHENG) serve --test --data chain-data

# The quickest checks come first.
test: setup-test fmt-check tidy deny clippy unit web doc one-rocksdb ## every check that CI runs | 运行全部检查
	@echo "All checks passed. 全部检查通过。"

fmt: ## format the sources | 格式化代码
	cargo fmt

lint: fmt-check tidy clippy ## formatting, this project's own rules, clippy | 代码检查

doc: ## API documentation of every item, private ones too | 生成文档
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --no-deps --document-private-items

deny: ## licences, banned crates and sources of all dependencies | 检查依赖的许可证与来源
	@if [ "$$($(DENY) --version 2>/dev/null)" != "cargo-deny $(DENY_VERSION)" ]; then \
		echo "Installing cargo-deny $(DENY_VERSION) into $(CACHE)/tools (once, some minutes)."; \
		CARGO_TARGET_DIR=$(CACHE)/tools/target \
			cargo install --quiet --locked cargo-deny --version $(DENY_VERSION) --root $(CACHE)/tools; \
		rm -rf $(CACHE)/tools/target; \
	fi
	$(DENY) $(if $(CI),--locked) check --hide-inclusion-graph bans licenses sources

# cargo-deb itself runs `cargo build --release`, with the features of [package.metadata.deb]: without `demo` and `load`. Neither
# RocksDB nor another dependency is compiled again. It strips the program, so `release` is not needed before.
deb: first-build setup ## the Debian package, with the node's systemd service | 制作 Debian 软件包（含 systemd 服务）
	@if ! command -v dpkg-shlibdeps >/dev/null; then \
		echo "dpkg-shlibdeps is missing: apt-get install dpkg-dev. 请先安装 dpkg-dev。" >&2; exit 1; \
	fi
	@if [ "$$($(CARGO_DEB) --version 2>/dev/null)" != "cargo-deb $(DEB_VERSION)" ]; then \
		echo "Installing cargo-deb $(DEB_VERSION) into $(CACHE)/tools (once, some minutes)."; \
		CARGO_TARGET_DIR=$(CACHE)/tools/target \
			cargo install --quiet --locked cargo-deb --version $(DEB_VERSION) --root $(CACHE)/tools; \
		rm -rf $(CACHE)/tools/target; \
	fi
	@mkdir -p $(DEB_DIR)
	@rm -f $(DEB_DIR)/tiezheng_*.deb $(DEB_DIR)/tiezheng-dbgsym_*.ddeb
	$(CARGO_DEB) $(if $(CI),--locked) --output $(DEB_DIR)/

# Not part of `test`, as `test-fresh`: it needs root and debootstrap.
test-deb: deb ## install, run, upgrade and purge the package on a minimal Debian 12 (root, debootstrap) | 测试软件包的安装、升级与清除
	packaging/test-deb.sh $(DEB_DIR)/tiezheng_*.deb

bench: setup ## measure everything, beside what the machine itself can do (half an hour) | 性能测试（约半小时）
	cargo bench $(if $(CI),--locked) --no-run
	cargo bench $(if $(CI),--locked) --bench speed
	cargo bench $(if $(CI),--locked) --bench sequencer
	cargo bench $(if $(CI),--locked) --bench audit
	cargo bench $(if $(CI),--locked) --bench flood
	cargo bench $(if $(CI),--locked) --bench manifest --bench hashing --bench merkle --bench store --bench http

bench-growth: build ## grow a ledger to SIZES deposits and measure it at each (hours at 20 million) | 大账本性能测试
	@benches/growth.sh

# Without `setup`, as bench-growth.
bench-members: build ## measure audits, mirrors and witnesses, each beside the node alone (an hour) | 审计、镜像与见证的开销
	@benches/members.sh

# Without `setup`, as bench-growth.
bench-pages: build ## measure record pages beside look-ups, and listeners to the chain (ten minutes) | 网页与区块动态订阅的开销
	@benches/pages.sh

native: setup ## the program for this processor only: signatures are checked faster | 为本机处理器编译（验签更快）
	RUSTFLAGS="-C target-cpu=native" CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)-native cargo build $(CARGO_FLAGS)
	@echo "$(CARGO_TARGET_DIR)-native/release/tiezheng"

# Without `setup`: a system that cannot be installed becomes a row of the table and is no failure.
bench-rivals: ## measure Tessera and PostgreSQL beside it on this disk (needs Go) | 与同类系统同机对比性能
	@benches/rivals/run.sh

interop: build ## check a node with software of others, and run the examples of its API (needs Go, node, a JDK) | 与其他软件互通，运行接口示例
	tests/interop/examples.sh
	tests/interop/tessera.sh
	tests/interop/litewitness.sh
	tests/interop/oidc.sh

# Not part of `test`: it needs root and debootstrap, and builds everything once more.
test-fresh: ## the README's commands on a minimal Debian 12, in a chroot (root, debootstrap, an hour) | 在最小化系统上测试
	.ci/fresh.sh

# Not part of `test`, which opens each page in both languages at one width: all widths and colours, and hashing 2 GiB, take an hour.
test-web: build ## all pages in Chromium, the verifier page in Firefox too | 在浏览器中测试全部页面
	@.ci/setup.sh web
	tests/web/run.sh $(TIEZHENG)

# Not part of `test`, which replays the committed corpus. FUZZ="statement note" runs some targets, FUZZ_SECONDS=900 for longer.
fuzz: setup ## look for inputs that break a parser or a verifier: 3 minutes for each target | 模糊测试（每个目标三分钟）
	@.ci/fuzz.sh run $(FUZZ)

clean: ## remove all that was built, RocksDB included | 清除编译结果
	cargo clean

first-build:
	@.ci/first-build.sh

setup-test:
	@.ci/setup.sh test

fmt-check:
	cargo fmt --check

# Compiled alone, since it links nothing: it need not wait for RocksDB. `cargo test` runs it once more.
tidy:
	@mkdir -p $(CARGO_TARGET_DIR)
	rustc --edition 2024 --test -O tests/tidy/main.rs -o $(CARGO_TARGET_DIR)/tidy
	CARGO_MANIFEST_DIR=$(CURDIR) $(CARGO_TARGET_DIR)/tidy --quiet

# Each set of features must compile by itself. The verifier's tests run with its features alone; all other tests need a node.
clippy: first-build
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	for set in $(FEATURES); do cargo clippy $(CARGO_FLAGS) --no-default-features --features $$set -- -D warnings || exit; done
	cargo clippy $(CARGO_FLAGS) --no-default-features -- -D warnings

unit:
	cargo test $(CARGO_FLAGS)
	cargo test $(CARGO_FLAGS) --no-default-features --features verifier --lib

# The program is the one that `unit` built.
web:
	node --test tests/web/unit.test.mjs tests/web/deposit.test.mjs tests/web/cases.test.mjs
	python3 tests/web/agreement.py $(TIEZHENG) 100
	tests/web/sweep.sh $(TIEZHENG) --quick

one-rocksdb:
	@.ci/one-rocksdb.sh
