// Package tesseralog opens a Tessera POSIX log with its own key in a folder, and closes it only when a signed checkpoint covers
// all added entries.
package tesseralog

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// Origin is the name of the log and of its key.
const Origin = "rivals.example/log"

// EntrySize is the size of every entry in bytes, the same for all systems measured.
const EntrySize = 600

// Interval is the shortest time between checkpoints that Tessera allows on POSIX.
const Interval = 100 * time.Millisecond

// Options are those of an appender that differ from Tessera's defaults.
type Options struct {
	BatchSize uint
	BatchAge  time.Duration
	// Poll is how often the awaiter looks for a new checkpoint.
	Poll time.Duration
	// Outstanding is how many entries may wait for their index before Tessera refuses more; 0 for its default.
	Outstanding uint
}

// Log is an open log.
type Log struct {
	Folder   string
	Appender *tessera.Appender
	Awaiter  *tessera.PublicationAwaiter
	Reader   tessera.LogReader
	// Key is the log's verifier key.
	Key      string
	shutdown func(context.Context) error
}

// Open makes a log in the folder, under a new key.
func Open(ctx context.Context, folder string, options Options) (*Log, error) {
	secret, key, err := note.GenerateKey(rand.Reader, Origin)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return nil, err
	}
	appending := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(Interval).
		WithBatching(options.BatchSize, options.BatchAge)
	if options.Outstanding > 0 {
		appending = appending.WithPushback(options.Outstanding)
	}
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, appending)
	if err != nil {
		return nil, err
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, options.Poll)
	return &Log{Folder: folder, Appender: appender, Awaiter: awaiter, Reader: reader, Key: key, shutdown: shutdown}, nil
}

// Close waits until everything added is published, and checks that the last checkpoint is signed and covers that many.
func (l *Log) Close(ctx context.Context, atLeast int) error {
	if err := l.shutdown(ctx); err != nil {
		return err
	}
	size, err := Size(ctx, l.Folder, l.Key)
	if err != nil {
		return err
	}
	if size < uint64(atLeast) {
		return fmt.Errorf("the last checkpoint covers %d entries, but %d were acknowledged", size, atLeast)
	}
	return nil
}

// Size is what the log's checkpoint in the folder covers, its signature checked; 0 if it has none yet.
func Size(ctx context.Context, folder, key string) (uint64, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return 0, err
	}
	reader := client.FileFetcher{Root: folder}
	var checkpoint *log.Checkpoint
	checkpoint, _, _, err = client.FetchCheckpoint(ctx, reader.ReadCheckpoint, verifier, Origin)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return checkpoint.Size, nil
}
