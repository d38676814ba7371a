package main

import (
	"context"
	"errors"
	"flag"

	"github.com/open-policy-agent/opa/v1/ast"
)

// checkCommand compiles everything strictly: unused variables and imports, and builtins outside the capabilities, are errors.
func checkCommand(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("check", flag.ExitOnError)
	strict := flags.Bool("strict", false, "strict mode")
	capabilitiesFile := flags.String("capabilities", "", "file of the builtins that may be used")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New(usage)
	}
	capabilities, err := loadCapabilities(*capabilitiesFile)
	if err != nil {
		return err
	}
	files, err := regoFiles(flags.Args())
	if err != nil {
		return err
	}
	modules, err := parseModules(files)
	if err != nil {
		return err
	}
	compiler := ast.NewCompiler().WithStrict(*strict).WithCapabilities(capabilities)
	if compiler.Compile(modules); compiler.Failed() {
		return compiler.Errors
	}
	return nil
}
