# Aliases only; the scripts do all set-up themselves.
.PHONY: demo test bench crash generate vm
demo: ; scripts/demo $(ARGS)
test: ; scripts/test
bench: ; go test -run '^$$' -bench . -benchtime 1s ./...
crash: ; scripts/crash
vm: ; scripts/vm $(ARGS)
generate: ; go generate ./...
