package main

import (
	"testing"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

func TestFunctions(t *testing.T) {
	list := func(values ...any) any { return values }
	cases := []struct {
		name     string
		function api.Function
		args     []any
		want     any
	}{
		{"boiling", Celsius(), []any{212.0}, 100.0},
		{"integer", Celsius(), []any{int64(32)}, 0.0},
		{"back again", Fahrenheit(), []any{100}, 212.0},
		{"missing field", Fahrenheit(), []any{nil}, nil},
		{"window", DegreeHours(), []any{list(10.0, 25.0, nil, 18), list(20, 20, 20, 20)}, 12.0},
		{"empty window", DegreeHours(), []any{list(), list()}, 0.0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := c.function.Validate(c.args); err != nil {
				t.Fatal(err)
			}
			got, ok := c.function.Exec(nil, c.args)
			if !ok || got != c.want {
				t.Fatalf("got %v (%v), want %v", got, ok, c.want)
			}
		})
	}
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for _, function := range []api.Function{Celsius(), Fahrenheit(), DegreeHours()} {
		if function.Validate(nil) == nil {
			t.Errorf("%T: no argument was accepted", function)
		}
		if got, ok := function.Exec(nil, []any{"warm", "cold"}); ok {
			t.Errorf("%T: a text became %v", function, got)
		}
	}
}

func TestOnlyDegreeHoursIsAnAggregate(t *testing.T) {
	if Celsius().IsAggregate() || Fahrenheit().IsAggregate() || !DegreeHours().IsAggregate() {
		t.Fatal("IsAggregate is wrong")
	}
}
