// Command temperature is an eKuiper plugin with several functions.
package main

import (
	"fmt"
	"math"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// Celsius is the function celsius(fahrenheit).
func Celsius() api.Function {
	return scalar{"celsius", func(f float64) float64 { return (f - 32) / 1.8 }}
}

// Fahrenheit is the function fahrenheit(celsius).
func Fahrenheit() api.Function {
	return scalar{"fahrenheit", func(c float64) float64 { return c*1.8 + 32 }}
}

// DegreeHours is the aggregate function degreeHours(celsius, base): how many degrees the hours of a
// window were below a base temperature, one value an hour, as heating bills count it.
func DegreeHours() api.Function {
	return degreeHours{}
}

// scalar makes one number of one number.
type scalar struct {
	name    string
	convert func(float64) float64
}

// Validate checks the number of arguments; their values are not known yet.
func (s scalar) Validate(args []any) error {
	if len(args) != 1 {
		return fmt.Errorf("%s takes one temperature, not %d arguments", s.name, len(args))
	}
	return nil
}

// Exec converts; nothing stays nothing.
func (s scalar) Exec(_ api.FunctionContext, args []any) (any, bool) {
	if args[0] == nil {
		return nil, true
	}
	value, err := number(args[0])
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err), false
	}
	return round(s.convert(value)), true
}

// IsAggregate is false: one row, one value.
func (s scalar) IsAggregate() bool { return false }

type degreeHours struct{}

// Validate checks the number of arguments.
func (degreeHours) Validate(args []any) error {
	if len(args) != 2 {
		return fmt.Errorf("degreeHours takes a temperature and a base, not %d arguments", len(args))
	}
	return nil
}

// Exec gets each argument as the list of its values in the window.
func (degreeHours) Exec(_ api.FunctionContext, args []any) (any, bool) {
	values, isList := args[0].([]any)
	bases, isListToo := args[1].([]any)
	if !isList || !isListToo {
		return fmt.Errorf("degreeHours works on a window: add GROUP BY"), false
	}
	sum := 0.0
	for i, value := range values {
		if value == nil || i >= len(bases) {
			continue
		}
		degrees, err := number(value)
		if err != nil {
			return fmt.Errorf("degreeHours: %w", err), false
		}
		base, err := number(bases[i])
		if err != nil {
			return fmt.Errorf("degreeHours: base: %w", err), false
		}
		sum += math.Max(0, base-degrees)
	}
	return round(sum), true
}

// IsAggregate is true: one window, one value.
func (degreeHours) IsAggregate() bool { return true }

// number accepts every type in which eKuiper hands a number over.
func number(value any) (float64, error) {
	switch n := value.(type) {
	case float64:
		return n, nil
	case float32:
		return float64(n), nil
	case int:
		return float64(n), nil
	case int64:
		return float64(n), nil
	}
	return 0, fmt.Errorf("%v (%T) is no number", value, value)
}

func round(value float64) float64 { return math.Round(value*1000) / 1000 }
