package main

import "github.com/lf-edge/ekuiper/contract/v2/api"

type source struct{}

func (source) Provision(api.StreamContext, map[string]any) error { return nil }

func (source) Connect(api.StreamContext, api.StatusChangeHandler) error { return nil }

func (source) Subscribe(api.StreamContext, api.TupleIngest, api.ErrorIngest) error { return nil }

func (source) Close(api.StreamContext) error { return nil }

func Tried() api.Source { return source{} }

func main() {}
