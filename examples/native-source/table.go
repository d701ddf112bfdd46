package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"time"
)

// readHarbours reads lines of name, mean level (m), amplitude (m) and time of high water (2h30m).
func readHarbours(file string) (map[string]harbour, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("tide: %w", err)
	}
	defer opened.Close()
	reader := csv.NewReader(opened)
	reader.FieldsPerRecord = 4
	reader.Comment = '#'
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("tide: %s: %w", file, err)
	}
	harbours := make(map[string]harbour, len(lines))
	for _, line := range lines {
		mean, badMean := strconv.ParseFloat(line[1], 64)
		amplitude, badAmplitude := strconv.ParseFloat(line[2], 64)
		high, badHigh := time.ParseDuration(line[3])
		for _, bad := range []error{badMean, badAmplitude, badHigh} {
			if bad != nil {
				return nil, fmt.Errorf("tide: %s: harbour %s: %w", file, line[0], bad)
			}
		}
		harbours[line[0]] = harbour{mean, amplitude, high}
	}
	return harbours, nil
}
