//go:build !bigger
// +build !bigger

package shared

const Size = 1
