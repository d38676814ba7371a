package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"
)

type benchReport struct {
	Decisions int `json:"decisions"`
	// CPU time of the process for one decision, the median over the rounds, in microseconds.
	Microseconds float64 `json:"microseconds"`
}

// benchCommand asks a prepared query for every input of stdin, round after round, and prints what one answer costs.
func benchCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	rounds := flags.Int("rounds", 5, "how often all inputs are asked")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() < 2 {
		return errors.New(usage)
	}
	query, err := rego.New(rego.Query(flags.Arg(0)), rego.Load(flags.Args()[1:], nil)).PrepareForEval(ctx)
	if err != nil {
		return err
	}
	inputs, err := readInputs()
	if err != nil {
		return err
	}
	if len(inputs) == 0 {
		return errors.New("no inputs")
	}
	var figures []float64
	// The first round warms caches and is not counted.
	for round := range *rounds + 1 {
		runtime.GC()
		before := cpuTime()
		for _, input := range inputs {
			if _, err := query.Eval(ctx, rego.EvalInput(input)); err != nil {
				return err
			}
		}
		if round > 0 {
			figures = append(figures, float64(cpuTime()-before)/float64(time.Microsecond)/float64(len(inputs)))
		}
	}
	slices.Sort(figures)
	return json.NewEncoder(os.Stdout).Encode(benchReport{len(inputs), figures[len(figures)/2]})
}

func readInputs() ([]any, error) {
	decoder := json.NewDecoder(bufio.NewReader(os.Stdin))
	decoder.UseNumber()
	var inputs []any
	for {
		var input any
		if err := decoder.Decode(&input); errors.Is(err, io.EOF) {
			return inputs, nil
		} else if err != nil {
			return nil, err
		}
		inputs = append(inputs, input)
	}
}

// cpuTime is what this process has used so far, its garbage collector included.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
