package main

import (
	"slices"
	"testing"
	"time"
)

func TestOnlyCommitsInsideTheIntervalCount(t *testing.T) {
	log := "3 0 500 0 1700000002 0\n" + // A second after the first: the warm-up is over.
		"1 0 900 0 1700000001 0\n" +
		"1 1 700 0 1700000001 999999\n" +
		"2 7 600 0 1700000003 999999\n" +
		"2 8 800 0 1700000004 0\n"
	transactions, err := parse(log)
	if err != nil || len(transactions) != 5 {
		t.Fatalf("%v, %v", transactions, err)
	}
	want := []time.Duration{500 * time.Microsecond, 600 * time.Microsecond}
	if got := within(transactions, time.Second, 2*time.Second); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if got := within(nil, 0, time.Hour); got != nil {
		t.Errorf("%v of nothing", got)
	}
}

func TestALineThatIsNotPgbenchsIsRefused(t *testing.T) {
	if all, err := parse("1 0 failed 0 1700000001 0\n"); err == nil {
		t.Errorf("%v", all)
	}
}
