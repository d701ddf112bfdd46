package shared

import "strings"

const Size = 1

type Speaker interface{ Say() string }

type Made struct {
	Name string
	Size int
}

func New(name string) *Made { return &Made{strings.ToUpper(name), Size} }

// Sum is not inlined, so what it does is no part of what others see of the package.
//
//go:noinline
func Sum(numbers []int) (sum int) {
	for _, number := range numbers {
		sum += number
	}
	return sum
}
