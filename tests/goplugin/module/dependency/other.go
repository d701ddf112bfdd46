//go:build other
// +build other

package dependency

const name = "other"

func Name() string { return name }
