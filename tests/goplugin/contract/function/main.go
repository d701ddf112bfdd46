package main

import "github.com/lf-edge/ekuiper/contract/v2/api"

type function struct{}

func (function) Validate([]any) error { return nil }

func (function) Exec(_ api.FunctionContext, args []any) (any, bool) { return len(args), true }

func (function) IsAggregate() bool { return false }

func Tried() api.Function { return function{} }

var Again function

func main() {}
