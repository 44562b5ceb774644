// Command postgres-chain measures the simplest alternative: a hash chain in a PostgreSQL table, appended by one plpgsql function
// under an advisory lock, loaded by pgbench. An entry counts once its transaction is committed, its WAL synced.
//
// The driver starts its own cluster, in a folder that is removed afterwards, behind a Unix socket only. The chain is checked at
// the end.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tiezheng.example/rivals/measure"
)

//go:embed chain.sql
var chain string

//go:embed check.sql
var check string

// The payload is random in its last 8 bytes only. PostgreSQL does not compress it in pages or WAL. It is sent as one parameter,
// so that all 600 bytes are transferred.
const script = "\\set salt random(1, 9223372036854775807)\nSELECT append_entry(decode(:payload, 'hex') || int8send(:salt));\n"

type load struct {
	folder       string
	clients      int
	warm, length time.Duration
}

func main() {
	var load load
	flag.StringVar(&load.folder, "dir", os.TempDir(), "folder for the cluster, which is removed afterwards")
	flag.IntVar(&load.clients, "clients", 64, "connections of pgbench")
	flag.DurationVar(&load.warm, "warm", time.Second, "load before the measured interval")
	flag.DurationVar(&load.length, "length", 6*time.Second, "measured interval")
	flag.Parse()

	line := measure.Line{
		System:  "postgresql",
		Setting: fmt.Sprintf("hash chain in plpgsql under an advisory lock, %d clients: committed", load.clients),
	}
	err := run(&line, load)
	line.Print(err)
}

func run(line *measure.Line, load load) error {
	ctx, cancel := context.WithTimeout(context.Background(), load.warm+load.length+5*time.Minute)
	defer cancel()
	// PostgreSQL outlives the process that starts it, so a driver that gets a signal must stop it first.
	ctx, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer release()
	cluster, err := create(ctx, load.folder)
	if err != nil {
		return err
	}
	defer cluster.remove()
	if _, err := cluster.sql(ctx, chain); err != nil {
		return err
	}
	version, err := cluster.settings(ctx)
	if err != nil {
		return err
	}
	all, transactions, err := cluster.bench(ctx, load)
	if err != nil {
		return err
	}
	if err := cluster.verify(ctx, transactions); err != nil {
		return err
	}
	line.Rate(len(all), load.length)
	line.Latencies(all)
	line.Notes = "PostgreSQL " + version + ", fsync on, wal_sync_method fdatasync; no signature, no proof; chain checked afterwards, no break"
	return nil
}

// bench runs pgbench and returns the latencies inside the interval, and how many transactions there were in all.
func (c *cluster) bench(ctx context.Context, load load) ([]time.Duration, int, error) {
	file := filepath.Join(c.folder, "script.sql")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		return nil, 0, err
	}
	// A second beyond the interval, since pgbench counts whole ones.
	seconds := int((load.warm + load.length + 1999*time.Millisecond) / time.Second)
	_, err := c.run(ctx, "pgbench", "-n", "-c", strconv.Itoa(load.clients), "-j", "2", "-T", strconv.Itoa(seconds),
		"-M", "prepared", "-f", file, "-D", "payload="+strings.Repeat("a5", 592),
		"-l", "--log-prefix="+filepath.Join(c.folder, "log"), "-h", c.socket, "-U", user, "postgres")
	if err != nil {
		return nil, 0, err
	}
	logs, err := filepath.Glob(filepath.Join(c.folder, "log.*"))
	if err != nil {
		return nil, 0, err
	}
	var transactions []transaction
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			return nil, 0, err
		}
		more, err := parse(string(text))
		if err != nil {
			return nil, 0, err
		}
		transactions = append(transactions, more...)
	}
	all := within(transactions, load.warm, load.length)
	if len(all) == 0 {
		return nil, 0, fmt.Errorf("pgbench logged no transaction in the interval, and %d in all", len(transactions))
	}
	return all, len(transactions), nil
}

// verify reads the whole chain again.
func (c *cluster) verify(ctx context.Context, transactions int) error {
	counts, err := c.sql(ctx, check)
	if err != nil {
		return err
	}
	var entries, breaks int
	if _, err := fmt.Sscanf(counts, "%d|%d", &entries, &breaks); err != nil {
		return fmt.Errorf("%w: %q", err, counts)
	}
	if entries < transactions || breaks > 0 {
		return fmt.Errorf("%d acknowledged, %d in the chain, %d breaks", transactions, entries, breaks)
	}
	return nil
}
