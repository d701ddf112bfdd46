package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// server stands for eKuiper: of its context, the source asks for the root path alone.
type server struct {
	api.StreamContext
	context.Context
	root string
}

func (s server) GetRootPath() string { return s.root }

func (s server) Deadline() (time.Time, bool) { return s.Context.Deadline() }
func (s server) Done() <-chan struct{}       { return s.Context.Done() }
func (s server) Err() error                  { return s.Context.Err() }
func (s server) Value(key any) any           { return s.Context.Value(key) }

func installed(t *testing.T) server {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, "etc", "sources", "tide")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join("etc", "harbours.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "harbours.csv"), table, 0o644); err != nil {
		t.Fatal(err)
	}
	return server{Context: context.Background(), root: root}
}

func connected(t *testing.T, ctx server, harbour string) (*tide, error) {
	t.Helper()
	source := Tide().(*tide)
	if err := source.Provision(ctx, map[string]any{"datasource": harbour}); err != nil {
		return nil, err
	}
	return source, source.Connect(ctx, func(string, string) {})
}

func TestHighWaterComesTwiceInALunarDay(t *testing.T) {
	ctx := installed(t)
	source, err := connected(t, ctx, "brest")
	if err != nil {
		t.Fatal(err)
	}
	high := time.Unix(0, 0).Add(source.harbours["brest"].high)
	for half := range 4 {
		var rows []map[string]any
		ingest := func(_ api.StreamContext, row any, _ map[string]any, _ time.Time) {
			rows = append(rows, row.(map[string]any))
		}
		at := high.Add(time.Duration(half) * lunarDay / 2)
		source.Pull(ctx, at, ingest, func(api.StreamContext, error) {})
		if len(rows) != 1 || rows[0]["height"] != 7.0 {
			t.Fatalf("high water %d: got %v", half, rows)
		}
	}
}

func TestTheSeaRisesFromLowToHighWater(t *testing.T) {
	h := harbour{mean: 4, amplitude: 3}
	low := time.Unix(0, 0).Add(lunarDay / 4)
	if h.height(low) != 1 {
		t.Fatalf("low water: got %v", h.height(low))
	}
	if !h.rising(low.Add(time.Hour)) || h.rising(low.Add(-time.Hour)) {
		t.Fatal("the sea has to rise after low water and to fall before it")
	}
}

func TestAnUnknownHarbourIsRefusedByName(t *testing.T) {
	if _, err := connected(t, installed(t), "bern"); err == nil {
		t.Fatal("accepted")
	}
	if _, err := connected(t, installed(t), ""); err == nil {
		t.Fatal("accepted without a harbour")
	}
}
