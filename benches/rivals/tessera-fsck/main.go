// Command tessera-fsck measures Tessera's own checker, the library behind its fsck command, over a log in a local folder:
// every entry, tile and the signed checkpoint is read and hashed again.
//
// With -fill it makes the log first, outside the measurement. A log that has the wanted size already is used as it is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"

	"tiezheng.example/rivals/measure"
	"tiezheng.example/rivals/tesseralog"
)

// keyFile is in the folder beside the log's own folder.
const keyFile = "verifier-key"

func main() {
	folder := flag.String("log", "", "folder of the log; kept")
	entries := flag.Int("entries", 1_000_000, "entries of the log")
	workers := flag.Uint("n", 1, "workers of the checker (its N)")
	fill := flag.Bool("fill", false, "make the log, and measure nothing")
	limit := flag.Duration("limit", 10*time.Minute, "give up after this long")
	flag.Parse()

	line := measure.Line{
		System:  "tessera",
		Setting: fmt.Sprintf("fsck, N=%d, %d entries on local disk", *workers, *entries),
		Notes:   "everything re-hashed, tiles and checkpoint compared; page cache warm",
	}
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	if *fill {
		if err := makeLog(ctx, *folder, *entries); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	err := check(ctx, &line, *folder, *entries, *workers)
	line.Print(err)
}

func check(ctx context.Context, line *measure.Line, folder string, entries int, workers uint) error {
	key, err := os.ReadFile(filepath.Join(folder, keyFile))
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(string(key))
	if err != nil {
		return err
	}
	log := filepath.Join(folder, "log")
	size, err := tesseralog.Size(ctx, log, string(key))
	if err != nil {
		return err
	}
	if size != uint64(entries) {
		return fmt.Errorf("the log has %d entries, not %d", size, entries)
	}
	checker := fsck.New(tesseralog.Origin, verifier, client.FileFetcher{Root: log}, leafHashes, fsck.Opts{N: workers})
	begun := time.Now()
	if err := checker.Check(ctx); err != nil {
		return err
	}
	line.Rate(entries, time.Since(begun))
	return nil
}

func leafHashes(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(entries.Entries))
	for _, entry := range entries.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}

// makeLog fills a new log, unless the folder holds one of that size.
func makeLog(ctx context.Context, folder string, entries int) error {
	log := filepath.Join(folder, "log")
	key, err := os.ReadFile(filepath.Join(folder, keyFile))
	if err == nil {
		size, err := tesseralog.Size(ctx, log, string(key))
		if err != nil {
			return err
		}
		if size != uint64(entries) {
			return fmt.Errorf("there is a log of %d entries in %s already", size, folder)
		}
		return nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(log, 0o755); err != nil {
		return err
	}
	open, err := tesseralog.Open(ctx, log, tesseralog.Options{BatchSize: 1024, BatchAge: 50 * time.Millisecond, Poll: time.Second})
	if err != nil {
		return err
	}
	if err := add(ctx, open, entries); err != nil {
		return err
	}
	if err := open.Close(ctx, entries); err != nil {
		return err
	}
	// Last: a folder without a key has no complete log.
	return os.WriteFile(filepath.Join(folder, keyFile), []byte(open.Key), 0o644)
}

// add keeps the number of pending entries below the default limit of Tessera.
func add(ctx context.Context, log *tesseralog.Log, entries int) error {
	const ahead = 3072
	random := rand.NewChaCha8([32]byte{})
	futures := make(chan tessera.IndexFuture, ahead)
	done := make(chan error, 1)
	go func() {
		var failure error
		for future := range futures {
			if _, err := future(); failure == nil {
				failure = err
			}
		}
		done <- failure
	}()
	for range entries {
		payload := make([]byte, tesseralog.EntrySize)
		random.Read(payload) // ChaCha8 has no way to fail.
		futures <- log.Appender.Add(ctx, tessera.NewEntry(payload))
	}
	close(futures)
	return <-done
}
