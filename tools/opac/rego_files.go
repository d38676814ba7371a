package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// regoFiles lists every .rego file at or under the paths, in a fixed order.
func regoFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && strings.HasSuffix(file, ".rego") {
				files = append(files, filepath.ToSlash(file))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// parseModules reads the files as Rego v1, annotations included.
func parseModules(files []string) (map[string]*ast.Module, error) {
	modules := make(map[string]*ast.Module, len(files))
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		module, err := ast.ParseModuleWithOpts(file, string(source), ast.ParserOptions{
			RegoVersion: ast.RegoV1, ProcessAnnotation: true,
		})
		if err != nil {
			return nil, err
		}
		modules[file] = module
	}
	return modules, nil
}

// loadCapabilities reads our file of builtins, or takes all of this OPA's when none is named.
func loadCapabilities(file string) (*ast.Capabilities, error) {
	if file == "" {
		return ast.CapabilitiesForThisVersion(), nil
	}
	return ast.LoadCapabilitiesFile(file)
}
