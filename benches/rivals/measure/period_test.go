package measure

import (
	"errors"
	"testing"
	"time"
)

func TestPercentilesAreNearestRanks(t *testing.T) {
	var all []time.Duration
	for i := 200; i > 0; i-- {
		all = append(all, time.Duration(i)*time.Millisecond)
	}
	if p50, p99 := *percentile(all, 50), *percentile(all, 99); p50 != 100 || p99 != 198 {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	if p50 := *percentile(all[:3], 50); p50 != 199 {
		t.Errorf("p50 of three is %v", p50)
	}
	if one := *percentile(all[:1], 99); one != 200 {
		t.Errorf("p99 of one is %v", one)
	}
	if percentile(nil, 50) != nil {
		t.Error("a percentile of nothing")
	}
}

func TestOnlyWhatIsAnsweredInsideTheIntervalCounts(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		from, to time.Duration
		counted  int
	}{{-time.Hour, time.Hour, 1}, {time.Hour, 2 * time.Hour, 0}, {-2 * time.Hour, -time.Hour, 0}} {
		period := Period{from: now.Add(c.from), to: now.Add(c.to)}
		samples := period.Samples()
		samples.Answered(now.Add(-3 * time.Hour))
		if len(samples.all) != c.counted {
			t.Errorf("%v to %v counted %d", c.from, c.to, len(samples.all))
		}
	}
}

func TestAFailureOfOneWorkerIsTheResult(t *testing.T) {
	period := Period{from: time.Now().Add(-time.Hour), to: time.Now().Add(time.Hour)}
	broken := errors.New("broken")
	work := func(worker int, samples *Samples) error {
		samples.Answered(time.Now())
		if worker == 2 {
			return broken
		}
		return nil
	}
	if _, err := period.Each(3, work); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if all, err := period.Each(2, work); len(all) != 2 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := period.Each(0, work); err == nil {
		t.Error("nothing measured is no result")
	}
}
