package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"

	"github.com/open-policy-agent/opa/v1/rego"
)

// evalCommand answers every input with the query's value; null when undefined, {"error": ...} when it failed.
func evalCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("eval", flag.ExitOnError)
	capabilitiesFile := flags.String("capabilities", "", "file of the builtins that may be used")
	isBundle := flags.Bool("bundle", false, "what is loaded is a bundle, a folder or a tar.gz, read as `opa eval -b` reads it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() < 2 {
		return errors.New(usage)
	}
	capabilities, err := loadCapabilities(*capabilitiesFile)
	if err != nil {
		return err
	}
	load := rego.Load(flags.Args()[1:], nil)
	if *isBundle {
		load = rego.LoadBundle(flags.Arg(1))
	}
	query, err := rego.New(
		rego.Query(flags.Arg(0)),
		load,
		rego.Capabilities(capabilities),
		rego.StrictBuiltinErrors(false),
	).PrepareForEval(ctx)
	if err != nil {
		return err
	}

	inputs := json.NewDecoder(bufio.NewReader(os.Stdin))
	inputs.UseNumber()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for {
		var input any
		if err := inputs.Decode(&input); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := answers.Encode(answer(ctx, query, input)); err != nil {
			return err
		}
		// An asker that waits for its answer before it asks again must get it.
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

func answer(ctx context.Context, query rego.PreparedEvalQuery, input any) any {
	results, err := query.Eval(ctx, rego.EvalInput(input))
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	if len(results) == 0 {
		return nil
	}
	return results[0].Expressions[0].Value
}
