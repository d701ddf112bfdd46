module example.test/dependency

go 1.15
