package main

import "example.test/workshop/shared"

var Count = shared.Size

func init() { panic("from init") }

func main() {}
