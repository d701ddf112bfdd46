// Shows zips as archive/zip sees them: a path a line on stdin, a JSON object a line on stdout.
package main

import (
	"archive/zip"
	"bufio"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"io"
	"os"
)

type entry struct {
	Name    string `json:"name"`
	Size    uint64 `json:"size"`
	CRC     uint32 `json:"crc"`
	Problem string `json:"problem"`
}

type view struct {
	Error   string  `json:"error"`
	Entries []entry `json:"entries"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := out.Encode(look(lines.Text())); err != nil {
			panic(err)
		}
	}
}

func look(path string) view {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return view{Error: err.Error()}
	}
	defer archive.Close()
	seen := view{}
	for _, file := range archive.File {
		one := entry{Name: hex.EncodeToString([]byte(file.Name)), Size: file.UncompressedSize64}
		one.CRC, err = sum(file)
		if err != nil {
			one.Problem = err.Error()
		}
		seen.Entries = append(seen.Entries, one)
	}
	return seen
}

func sum(file *zip.File) (uint32, error) {
	content, err := file.Open()
	if err != nil {
		return 0, err
	}
	defer content.Close()
	hash := crc32.NewIEEE()
	_, err = io.Copy(hash, content)
	return hash.Sum32(), err
}
