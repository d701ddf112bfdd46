//go:build !other
// +build !other

package dependency

const name = "plain"

func Name() string { return name }
