package main

import (
	"github.com/google/uuid"
	"github.com/lf-edge/ekuiper/contract/v2/api"
)

type function struct{}

func (function) Validate([]any) error { return nil }

func (function) Exec(api.FunctionContext, []any) (any, bool) { return uuid.NewString(), true }

func (function) IsAggregate() bool { return false }

func Tried() api.Function { return function{} }

var Again function

func main() {}
