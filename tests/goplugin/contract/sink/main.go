package main

import "github.com/lf-edge/ekuiper/contract/v2/api"

type sink struct{}

func (sink) Provision(api.StreamContext, map[string]any) error { return nil }

func (sink) Connect(api.StreamContext, api.StatusChangeHandler) error { return nil }

func (sink) Collect(api.StreamContext, api.MessageTuple) error { return nil }

func (sink) CollectList(api.StreamContext, api.MessageTupleList) error { return nil }

func (sink) Close(api.StreamContext) error { return nil }

func Tried() api.Sink { return sink{} }

func main() {}
