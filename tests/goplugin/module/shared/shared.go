package shared

import "strings"

type Speaker interface{ Say() string }

type Made struct {
	Name string
	Size int
}

func New(name string) *Made { return &Made{strings.ToUpper(name), Size} }
