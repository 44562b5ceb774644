// Package measure has the shared parts of the drivers: the line that each prints, the measured interval, and percentiles.
//
// A driver prints exactly one line of JSON a measurement. A failed measurement is printed as well, with the reason.
package measure

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// Line is one measurement. A figure that the measurement does not have is null.
type Line struct {
	System    string   `json:"system"`
	Setting   string   `json:"setting"`
	Entries   int      `json:"entries"`
	PerSecond *float64 `json:"per_second"`
	P50       *float64 `json:"p50_ms"`
	P99       *float64 `json:"p99_ms"`
	Notes     string   `json:"notes"`
	// NotMeasured is the reason why there are no figures.
	NotMeasured string `json:"not_measured,omitempty"`
}

// Rate sets the number of entries and their rate.
func (l *Line) Rate(entries int, took time.Duration) {
	perSecond := float64(entries) / took.Seconds()
	l.Entries, l.PerSecond = entries, &perSecond
}

// Latencies sets the percentiles. Nothing was measured if there are none.
func (l *Line) Latencies(all []time.Duration) {
	l.P50, l.P99 = percentile(all, 50), percentile(all, 99)
}

// Print prints the line; with a cause, it prints why there are no figures, and the program ends with 1.
func (l Line) Print(cause error) {
	if cause != nil {
		reason := strings.Join(strings.Fields(cause.Error()), " ")
		l = Line{System: l.System, Setting: l.Setting, NotMeasured: reason}
	}
	text, err := json.Marshal(l)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(text))
	if cause != nil {
		os.Exit(1)
	}
}
