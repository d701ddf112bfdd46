//go:build !body
// +build !body

package shared

// Sum is too long to be inlined, so what it does is no part of what others see of the package.
//
//go:noinline
func Sum(numbers []int) (sum int) {
	for _, number := range numbers {
		sum += number
	}
	return sum
}
