package measure

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// Period is the interval in which answers count. Load runs before it, so that no cold start is measured. Requests in flight at
// its end are awaited but not counted.
type Period struct {
	from, to time.Time
}

// Start begins a warm-up now, and after it the interval that counts.
func Start(warm, length time.Duration) Period {
	from := time.Now().Add(warm)
	return Period{from: from, to: from.Add(length)}
}

// Over reports whether the load should end.
func (p Period) Over() bool { return !time.Now().Before(p.to) }

// Length is the length of the interval.
func (p Period) Length() time.Duration { return p.to.Sub(p.from) }

// Samples are the latencies of one worker; two workers never share them.
type Samples struct {
	period Period
	all    []time.Duration
}

// Samples returns an empty set for one worker.
func (p Period) Samples() *Samples { return &Samples{period: p} }

// Answered counts a request that began at the given time and is answered now, if now is inside the interval.
func (s *Samples) Answered(begun time.Time) {
	now := time.Now()
	if !now.Before(s.period.from) && now.Before(s.period.to) {
		s.all = append(s.all, now.Sub(begun))
	}
}

// Each runs this number of workers concurrently until all return, and joins their latencies.
func (p Period) Each(workers int, work func(worker int, samples *Samples) error) ([]time.Duration, error) {
	samples := make([]*Samples, workers)
	failures := make([]error, workers)
	var group sync.WaitGroup
	for i := range workers {
		samples[i] = p.Samples()
		group.Add(1)
		go func() {
			defer group.Done()
			failures[i] = work(i, samples[i])
		}()
	}
	group.Wait()
	var all []time.Duration
	for i, one := range samples {
		if failures[i] != nil {
			return nil, failures[i]
		}
		all = append(all, one.all...)
	}
	if len(all) == 0 {
		return nil, errors.New("nothing was answered inside the measured interval")
	}
	return all, nil
}

// percentile is the nearest rank, in milliseconds; nil of nothing.
func percentile(all []time.Duration, percent int) *float64 {
	if len(all) == 0 {
		return nil
	}
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	rank := max((len(sorted)*percent+99)/100, 1)
	ms := float64(sorted[rank-1]) / float64(time.Millisecond)
	return &ms
}
