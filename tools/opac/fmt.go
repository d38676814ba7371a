package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

// fmtCommand writes the canonical format in place; with --check it only lists the files that differ, and fails.
func fmtCommand(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("fmt", flag.ExitOnError)
	check := flags.Bool("check", false, "list what differs, change nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	files, err := regoFiles(flags.Args())
	if err != nil {
		return err
	}
	differs := false
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		formatted, err := format.SourceWithOpts(file, source, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			return err
		}
		if bytes.Equal(source, formatted) {
			continue
		}
		differs = true
		fmt.Println(file)
		if !*check {
			if err := os.WriteFile(file, formatted, 0o644); err != nil {
				return err
			}
		}
	}
	if *check && differs {
		return errors.New("the files above are not in the canonical format")
	}
	return nil
}
