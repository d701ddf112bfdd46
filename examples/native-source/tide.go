// Command tide is an eKuiper source: the height of the sea at a harbour, from a table of harbours.
package main

import (
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// lunarDay is the time between two transits of the moon; there are two tides in it.
const lunarDay = 24*time.Hour + 50*time.Minute + 28*time.Second

// Tide is what eKuiper looks up: it makes a source for each rule.
func Tide() api.Source {
	return &tide{}
}

type tide struct {
	harbour  string
	table    string
	harbours map[string]harbour
}

var _ api.PullTupleSource = (*tide)(nil)

// Provision takes the configuration: the DATASOURCE of the stream is the name of the harbour.
func (t *tide) Provision(_ api.StreamContext, configs map[string]any) error {
	t.table = "harbours.csv"
	if name, given := configs["table"].(string); given && name != "" {
		t.table = name
	}
	t.harbour, _ = configs["datasource"].(string)
	if t.harbour == "" {
		return fmt.Errorf("tide: name a harbour as the DATASOURCE of the stream")
	}
	return nil
}

// Connect reads the table that the package brought along in its etc folder.
func (t *tide) Connect(ctx api.StreamContext, status api.StatusChangeHandler) error {
	file := filepath.Join(ctx.GetRootPath(), "etc", "sources", "tide", filepath.Base(t.table))
	harbours, err := readHarbours(file)
	if err == nil {
		if _, known := harbours[t.harbour]; !known {
			err = fmt.Errorf("tide: %s has no harbour %q", file, t.harbour)
		}
	}
	if err != nil {
		status(api.ConnectionDisconnected, err.Error())
		return err
	}
	t.harbours = harbours
	status(api.ConnectionConnected, "")
	return nil
}

// Pull answers every interval with one row.
func (t *tide) Pull(
	ctx api.StreamContext, trigger time.Time, ingest api.TupleIngest, _ api.ErrorIngest,
) {
	at := t.harbours[t.harbour]
	row := map[string]any{"harbour": t.harbour, "height": at.height(trigger), "rising": at.rising(trigger)}
	ingest(ctx, row, map[string]any{"table": t.table}, trigger)
}

// Close has nothing to release.
func (t *tide) Close(_ api.StreamContext) error {
	return nil
}

// harbour is one line of the table: mean level and amplitude in metres, and how long after midnight
// UTC of 1 January 1970 its first high water was.
type harbour struct {
	mean, amplitude float64
	high            time.Duration
}

func (h harbour) phase(at time.Time) float64 {
	return 4 * math.Pi * float64(at.Sub(time.Unix(0, 0))-h.high) / float64(lunarDay)
}

func (h harbour) height(at time.Time) float64 {
	return math.Round((h.mean+h.amplitude*math.Cos(h.phase(at)))*1000) / 1000
}

func (h harbour) rising(at time.Time) bool {
	return math.Sin(h.phase(at)) < 0
}
