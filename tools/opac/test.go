package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

type testReport struct {
	Passed   int                `json:"passed"`
	Failed   int                `json:"failed"`
	Coverage float64            `json:"coverage"`
	Files    map[string]float64 `json:"files"`
	// Not covered, as "file:row".
	Missing []string       `json:"missing"`
	Tests   []testCaseLine `json:"tests"`
}

type testCaseLine struct {
	Name   string `json:"name"`
	Pass   bool   `json:"pass"`
	Detail string `json:"detail,omitempty"`
}

// testCommand runs every test_ rule under the directories and measures which lines of the other files they reached.
func testCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("test", flag.ExitOnError)
	asJSON := flags.Bool("json", false, "print one JSON report")
	threshold := flags.Float64("threshold", 0, "fail below this coverage in percent")
	if err := flags.Parse(args); err != nil {
		return err
	}
	report, err := runTests(ctx, flags.Args())
	if err != nil {
		return err
	}
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
			return err
		}
	} else {
		printReport(report)
	}
	if report.Failed > 0 || report.Passed == 0 {
		return errors.New("tests failed, or there were none")
	}
	if report.Coverage < *threshold {
		return fmt.Errorf("coverage %.1f%% is below %.1f%%", report.Coverage, *threshold)
	}
	return nil
}

func runTests(ctx context.Context, dirs []string) (*testReport, error) {
	files, err := regoFiles(dirs)
	if err != nil {
		return nil, err
	}
	modules, err := parseModules(files)
	if err != nil {
		return nil, err
	}
	coverage := cover.New()
	report := &testReport{Files: map[string]float64{}, Missing: []string{}, Tests: []testCaseLine{}}
	store := inmem.New()
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().
		SetStore(store).
		SetModules(modules).
		SetCoverageQueryTracer(coverage).
		CapturePrintOutput(true).
		RunTests(ctx, txn)
	if err != nil {
		return nil, err
	}
	for result := range results {
		report.add(result)
	}
	report.addCoverage(coverage.Report(modules))
	return report, nil
}

func (report *testReport) add(result *tester.Result) {
	line := testCaseLine{Name: strings.TrimPrefix(result.Package, "data.") + "." + result.Name, Pass: result.Pass()}
	if line.Pass {
		report.Passed++
	} else {
		report.Failed++
		line.Detail = fmt.Sprintf("%s: %s %v %s", result.Location, "failed", result.Error, result.Output)
	}
	report.Tests = append(report.Tests, line)
}

func (report *testReport) addCoverage(coverage cover.Report) {
	covered, all := 0, 0
	for file, lines := range coverage.Files {
		if strings.HasSuffix(file, "_test.rego") {
			continue
		}
		covered += lines.CoveredLines
		all += lines.CoveredLines + lines.NotCoveredLines
		report.Files[file] = lines.Coverage
		for _, missing := range lines.NotCovered {
			for row := missing.Start.Row; row <= missing.End.Row; row++ {
				report.Missing = append(report.Missing, fmt.Sprintf("%s:%d", file, row))
			}
		}
	}
	slices.Sort(report.Missing)
	report.Missing = slices.Compact(report.Missing)
	if all > 0 {
		report.Coverage = 100 * float64(covered) / float64(all)
	}
}

func printReport(report *testReport) {
	for _, line := range report.Tests {
		if line.Pass {
			fmt.Println("PASS", line.Name)
		} else {
			fmt.Println("FAIL", line.Name, line.Detail)
		}
	}
	for _, place := range report.Missing {
		fmt.Println("not covered:", place)
	}
	fmt.Printf("%d passed, %d failed, %.1f%% covered\n", report.Passed, report.Failed, report.Coverage)
}
