// Command tessera-embedded measures Tessera inside the process that uses it: an entry counts once a signed checkpoint on
// disk covers it. No network, no depositor's signature, no proof.
//
// Closed: a goroutine adds its next entry when the last is published. Piped: it adds the next when the last has its index, and
// awaits publication concurrently.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/transparency-dev/tessera"

	"tiezheng.example/rivals/measure"
	"tiezheng.example/rivals/tesseralog"
)

const (
	batchSize = 1024
	batchAge  = 50 * time.Millisecond
	poll      = 10 * time.Millisecond
	// ahead is the most entries of a goroutine that may await publication.
	ahead = 256
)

type load struct {
	folder       string
	workers      int
	piped        bool
	warm, length time.Duration
}

func main() {
	var load load
	flag.StringVar(&load.folder, "dir", os.TempDir(), "folder for the log, which is removed afterwards")
	flag.IntVar(&load.workers, "workers", 1024, "goroutines that add entries")
	flag.BoolVar(&load.piped, "piped", false, "add the next entry before the last is published")
	flag.DurationVar(&load.warm, "warm", time.Second, "load before the measured interval")
	flag.DurationVar(&load.length, "length", 6*time.Second, "measured interval")
	flag.Parse()

	mode := "closed loop"
	if load.piped {
		mode = "piped"
	}
	line := measure.Line{
		System:  "tessera",
		Setting: fmt.Sprintf("in process, %s, %d goroutines: published", mode, load.workers),
		Notes: fmt.Sprintf("signed checkpoint covers the entry; no depositor's signature, no proof; batch %d or %v, checkpoint every %v",
			batchSize, batchAge, tesseralog.Interval),
	}
	err := run(&line, load)
	line.Print(err)
}

func run(line *measure.Line, load load) error {
	folder, err := os.MkdirTemp(load.folder, "tessera-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(context.Background(), load.warm+load.length+time.Minute)
	defer cancel()
	log, err := tesseralog.Open(ctx, folder, tesseralog.Options{
		BatchSize: batchSize, BatchAge: batchAge, Poll: poll, Outstanding: uint(max(4096, 2*load.workers)),
	})
	if err != nil {
		return err
	}
	work := closed
	if load.piped {
		work = piped
	}
	period := measure.Start(load.warm, load.length)
	all, err := period.Each(load.workers, func(worker int, samples *measure.Samples) error {
		return work(ctx, log, period, rand.NewChaCha8([32]byte{byte(worker), byte(worker >> 8)}), samples)
	})
	if err != nil {
		return err
	}
	line.Rate(len(all), period.Length())
	line.Latencies(all)
	return log.Close(ctx, len(all))
}

// entry is new random bytes: Tessera keeps the slice.
func entry(random *rand.ChaCha8) *tessera.Entry {
	payload := make([]byte, tesseralog.EntrySize)
	random.Read(payload) // ChaCha8 has no way to fail.
	return tessera.NewEntry(payload)
}

func closed(ctx context.Context, log *tesseralog.Log, period measure.Period, random *rand.ChaCha8, samples *measure.Samples) error {
	for !period.Over() {
		begun := time.Now()
		if _, _, err := log.Awaiter.Await(ctx, log.Appender.Add(ctx, entry(random))); err != nil {
			return err
		}
		samples.Answered(begun)
	}
	return nil
}

type added struct {
	begun  time.Time
	future tessera.IndexFuture
}

func piped(ctx context.Context, log *tesseralog.Log, period measure.Period, random *rand.ChaCha8, samples *measure.Samples) error {
	// One goroutine's entries get their indices in order, so awaiting them in order delays none of them.
	waiting := make(chan added, ahead)
	published := make(chan error, 1)
	go func() {
		var failure error
		for one := range waiting {
			if failure != nil {
				continue
			}
			if _, _, failure = log.Awaiter.Await(ctx, one.future); failure == nil {
				samples.Answered(one.begun)
			}
		}
		published <- failure
	}()
	var failure error
	for failure == nil && !period.Over() {
		one := added{begun: time.Now(), future: log.Appender.Add(ctx, entry(random))}
		if _, failure = one.future(); failure == nil {
			waiting <- one
		}
	}
	close(waiting)
	if err := <-published; failure == nil {
		failure = err
	}
	return failure
}
