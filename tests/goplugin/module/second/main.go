package main

import (
	"strings"

	"example.test/dependency"
	"example.test/workshop/shared"
)

type Thing struct{ name string }

func (t *Thing) Say() string { return strings.ToLower(t.name) }

// Count is a variable, Make a function, Speak a variable that holds a function.
var Count Thing

var Speak = Make

func Make(names ...string) shared.Speaker { return &Thing{dependency.Name()} }

func main() {}
