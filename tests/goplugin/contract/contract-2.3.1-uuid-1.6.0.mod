module example.test/tried

go 1.24.1

require (
	github.com/google/uuid v1.6.0
	github.com/lf-edge/ekuiper/contract/v2 v2.3.1
)
