package main

import (
	"context"
	"errors"
	"flag"
	"os"

	"github.com/open-policy-agent/opa/v1/compile"
)

// wasmCommand compiles the files with one entrypoint. Paths land in the bytes: run it from the repository's root.
func wasmCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("wasm", flag.ExitOnError)
	capabilitiesFile := flags.String("capabilities", "", "file of the builtins that may be used")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() < 3 {
		return errors.New(usage)
	}
	capabilities, err := loadCapabilities(*capabilitiesFile)
	if err != nil {
		return err
	}
	compiler := compile.New().
		WithCapabilities(capabilities).
		WithTarget(compile.TargetWasm).
		WithEntrypoints(flags.Arg(1)).
		WithPaths(flags.Args()[2:]...)
	if err := compiler.Build(ctx); err != nil {
		return err
	}
	return os.WriteFile(flags.Arg(0), compiler.Bundle().WasmModules[0].Raw, 0o644)
}
