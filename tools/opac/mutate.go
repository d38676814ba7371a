package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// A literal is one statement of a rule's, comprehension's or `every`'s body, by its place in the walk of its file.
type literal struct {
	file  string
	index int
	Place string `json:"place"`
	Text  string `json:"text"`
}

type mutationReport struct {
	Literals int `json:"literals"`
	// Noticed by a failing test.
	Killed int `json:"killed"`
	// The rest of the rule does not compile without the literal.
	Uncompilable int       `json:"uncompilable"`
	Survived     []literal `json:"survived"`
}

// mutateCommand drops each literal of each rule in turn, and fails when the tests do not notice one.
func mutateCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("mutate", flag.ExitOnError)
	asJSON := flags.Bool("json", false, "print one JSON report")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New(usage)
	}
	report, err := mutate(ctx, flags.Args())
	if err != nil {
		return err
	}
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
			return err
		}
	} else {
		printMutations(report)
	}
	if len(report.Survived) > 0 || report.Killed == 0 {
		return errors.New("literals were dropped that no test missed, or there were none")
	}
	return nil
}

func mutate(ctx context.Context, dirs []string) (*mutationReport, error) {
	files, err := regoFiles(dirs)
	if err != nil {
		return nil, err
	}
	modules, err := parseModules(files)
	if err != nil {
		return nil, err
	}
	if noticed, err := testsNotice(ctx, modules); err != nil {
		return nil, err
	} else if noticed {
		return nil, errors.New("the tests must pass before anything is dropped")
	}
	literals := listLiterals(files, modules)
	// Each mutant is compiled anew and thrown away: memory is cheaper here than collecting it.
	debug.SetGCPercent(800)
	outcomes := make([]outcome, len(literals))
	places := make(chan int)
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for place := range places {
				outcomes[place] = tryWithout(ctx, modules, literals[place])
			}
		})
	}
	for place := range literals {
		places <- place
	}
	close(places)
	workers.Wait()
	return summarize(literals, outcomes), ctx.Err()
}

type outcome int

const (
	survived outcome = iota
	killed
	uncompilable
)

func tryWithout(ctx context.Context, modules map[string]*ast.Module, dropped literal) outcome {
	mutant := make(map[string]*ast.Module, len(modules))
	for file, module := range modules {
		mutant[file] = module.Copy()
	}
	walkLiterals(mutant[dropped.file], func(index int, body ast.Body, at int) {
		if index == dropped.index {
			body[at] = ast.NewExpr(ast.BooleanTerm(true)).SetLocation(body[at].Location)
		}
	})
	noticed, err := testsNotice(ctx, mutant)
	if err != nil {
		return uncompilable
	}
	if noticed {
		return killed
	}
	return survived
}

// testsNotice runs the tests until one fails; an error means that the modules do not compile.
func testsNotice(ctx context.Context, modules map[string]*ast.Module) (bool, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	store := inmem.New()
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return false, err
	}
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().SetStore(store).SetModules(modules).RunTests(ctx, txn)
	if err != nil {
		return false, err
	}
	noticed := false
	for result := range results {
		if !result.Pass() && !noticed {
			noticed = true
			stop()
		}
	}
	return noticed, nil
}

// listLiterals are all that can be dropped, in a fixed order. Tests are not mutated.
func listLiterals(files []string, modules map[string]*ast.Module) []literal {
	var literals []literal
	for _, file := range files {
		if strings.HasSuffix(file, "_test.rego") {
			continue
		}
		walkLiterals(modules[file], func(index int, body ast.Body, at int) {
			location := body[at].Location
			literals = append(literals, literal{
				file:  file,
				index: index,
				Place: fmt.Sprintf("%s:%d:%d", file, location.Row, location.Col),
				Text:  strings.Join(strings.Fields(string(location.Text)), " "),
			})
		})
	}
	return literals
}

// walkLiterals visits the written statements of every body; the `true` that the parser gives a rule without a body is none.
func walkLiterals(module *ast.Module, visit func(index int, body ast.Body, at int)) {
	index := 0
	ast.WalkBodies(module, func(body ast.Body) bool {
		for at, expr := range body {
			if term, ok := expr.Terms.(*ast.Term); ok && term.Equal(ast.BooleanTerm(true)) {
				continue
			}
			visit(index, body, at)
			index++
		}
		return false
	})
}

func summarize(literals []literal, outcomes []outcome) *mutationReport {
	report := &mutationReport{Literals: len(literals), Survived: []literal{}}
	for place, one := range literals {
		switch outcomes[place] {
		case killed:
			report.Killed++
		case uncompilable:
			report.Uncompilable++
		default:
			report.Survived = append(report.Survived, one)
		}
	}
	return report
}

func printMutations(report *mutationReport) {
	for _, one := range report.Survived {
		fmt.Println("SURVIVED", one.Place, one.Text)
	}
	fmt.Printf("%d literals dropped: %d noticed by a test, %d needed to compile, %d survived\n",
		report.Literals, report.Killed, report.Uncompilable, len(report.Survived))
}
