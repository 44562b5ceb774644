package main

import (
	"fmt"
	"strings"
	"time"
)

// transaction is one line of pgbench's log.
type transaction struct {
	// committed is the time since 1970.
	committed, latency time.Duration
}

// parse reads lines of `client number latency script seconds microseconds`.
func parse(log string) ([]transaction, error) {
	var all []transaction
	for line := range strings.Lines(log) {
		var client, number, script, latency, seconds, micros int64
		if _, err := fmt.Sscan(line, &client, &number, &latency, &script, &seconds, &micros); err != nil {
			return nil, fmt.Errorf("pgbench logged %q: %w", line, err)
		}
		all = append(all, transaction{
			committed: time.Duration(seconds)*time.Second + time.Duration(micros)*time.Microsecond,
			latency:   time.Duration(latency) * time.Microsecond,
		})
	}
	return all, nil
}

// within returns the latencies of what was committed in the interval, which begins the warm-up after the first commit.
func within(transactions []transaction, warm, length time.Duration) []time.Duration {
	if len(transactions) == 0 {
		return nil
	}
	first := transactions[0].committed
	for _, one := range transactions {
		first = min(first, one.committed)
	}
	var latencies []time.Duration
	for _, one := range transactions {
		if since := one.committed - first; since >= warm && since < warm+length {
			latencies = append(latencies, one.latency)
		}
	}
	return latencies
}
