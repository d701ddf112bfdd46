module example.com/kuiper-pack/temperature

go 1.24.1

require github.com/lf-edge/ekuiper/contract/v2 v2.3.1
