// The host opens the plugins that it is told to, one after another, and prints a line of JSON for
// each: the error, or what can be looked up, with the types as the program sees them.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"plugin"

	"example.test/dependency"
	"example.test/workshop/shared"
)

type answer struct {
	Error string
	Names map[string]string
}

func main() {
	_ = shared.New(dependency.Name())
	for _, file := range os.Args[1:] {
		given := answer{Names: map[string]string{}}
		if p, err := plugin.Open(file); err != nil {
			given.Error = err.Error()
		} else {
			for _, name := range []string{"Make", "Count", "Speak", "hidden", "Missing"} {
				if symbol, err := p.Lookup(name); err == nil {
					given.Names[name] = fmt.Sprintf("%T", symbol)
				}
			}
		}
		line, _ := json.Marshal(given)
		fmt.Println(string(line))
	}
}
