//go:build tools

// Package peers keeps the tools of the tests in go.mod.
package peers

import _ "github.com/summerwind/h2spec/cmd/h2spec"
