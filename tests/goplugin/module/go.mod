module example.test/workshop

go 1.15

require example.test/dependency v1.0.0

replace example.test/dependency => ./dependency
