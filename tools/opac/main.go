// opac is the part of OPA that building and testing the policies needs, pinned by go.sum.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

const usage = `usage:
  opac wasm [--capabilities FILE] OUT ENTRYPOINT FILE...   compile Rego to WebAssembly
  opac eval [--capabilities FILE] [--bundle] QUERY FILE... one JSON input a line in, one answer a line out
  opac bench [--rounds N] QUERY FILE...                    inputs as above; CPU time of a decision
  opac test [--json] [--threshold PERCENT] DIR...          run the tests, with coverage
  opac mutate [--json] DIR...                              drop each literal in turn; a test must fail for each
  opac check --strict [--capabilities FILE] DIR...         parse and type-check
  opac fmt [--check] DIR...                                write the canonical format, or list what differs`

// A command writes its answer to stdout and says by its error whether it succeeded.
type command func(ctx context.Context, args []string) error

var commands = map[string]command{
	"wasm":   wasmCommand,
	"eval":   evalCommand,
	"bench":  benchCommand,
	"test":   testCommand,
	"check":  checkCommand,
	"mutate": mutateCommand,
	"fmt":    fmtCommand,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	if err := commands[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
