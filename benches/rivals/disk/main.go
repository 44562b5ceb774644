// Command disk measures the ceiling of every durable system on this disk: one thread appends 4 KiB to a file that grows
// and calls fdatasync after each.
package main

import (
	"crypto/rand"
	"flag"
	"os"
	"syscall"
	"time"

	"tiezheng.example/rivals/measure"
)

const block = 4096

func main() {
	folder := flag.String("dir", os.TempDir(), "folder on the disk to measure")
	length := flag.Duration("length", 3*time.Second, "measured interval")
	flag.Parse()
	line := measure.Line{System: "disk", Setting: "4 KiB append + fdatasync, 1 thread", Notes: "raw ceiling: one sync a write"}
	err := run(&line, *folder, *length)
	line.Print(err)
}

func run(line *measure.Line, folder string, length time.Duration) error {
	file, err := os.CreateTemp(folder, "disk-*")
	if err != nil {
		return err
	}
	defer file.Close()
	defer os.Remove(file.Name())
	bytes := make([]byte, block)
	if _, err := rand.Read(bytes); err != nil {
		return err
	}
	period := measure.Start(length/10, length)
	all, err := period.Each(1, func(_ int, samples *measure.Samples) error {
		for !period.Over() {
			begun := time.Now()
			if _, err := file.Write(bytes); err != nil {
				return err
			}
			if err := syscall.Fdatasync(int(file.Fd())); err != nil {
				return err
			}
			samples.Answered(begun)
		}
		return nil
	})
	if err != nil {
		return err
	}
	line.Rate(len(all), period.Length())
	line.Latencies(all)
	return nil
}
