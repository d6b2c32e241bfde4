# Two commands: `make demo` and `make test` set up whatever is missing and do their job.
.PHONY: demo test check bench

GELOMBANG = $(or $(CARGO_TARGET_DIR),target)/release/gelombang
# Without what only a real installation needs: encrypted connections to a PostgreSQL elsewhere.
BUILD = cargo build --release --locked --package gelombang --no-default-features

demo:
	@echo "1/3 Packages"
	@scripts/setup demo
	@echo "2/3 Build"
	@$(BUILD)
	@echo "3/3 Replay of Jambi through all 71 waves, and three waves around today"
	@exec $(GELOMBANG) demo --data "$${DATA:-$$(scripts/data-folder)}"

test:
	@scripts/setup test
	cargo xtask check
	python3 -m unittest discover verify
	cargo test --workspace --locked
	cd e2e && node run.mjs

check:
	cargo xtask check

bench:
	@scripts/setup demo
	@$(BUILD)
	@for bench in draw tree verify sweep appoint join-desk http-join http stats replay import join; do $(GELOMBANG) bench $$bench || exit 1; done
