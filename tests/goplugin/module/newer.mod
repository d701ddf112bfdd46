module example.test/workshop

go 1.15

require example.test/dependency v1.1.0

replace example.test/dependency => ./dependency
