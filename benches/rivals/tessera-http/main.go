// Command tessera-http measures Tessera with the proof in the answer. A small HTTP server on the library checks the depositor's
// Ed25519 signature, and answers with the index, an inclusion proof and the checkpoint that covers it. Server and generator are
// two processes on 127.0.0.1.
//
// The server is part of this benchmark, not of Tessera, and is not tuned.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"tiezheng.example/rivals/measure"
)

type load struct {
	folder       string
	connections  int
	warm, length time.Duration
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		if err := serve(context.Background(), os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	var load load
	flag.StringVar(&load.folder, "dir", os.TempDir(), "folder for the log, which is removed afterwards")
	flag.IntVar(&load.connections, "connections", 1024, "connections, each with one deposit under way")
	flag.DurationVar(&load.warm, "warm", time.Second, "load before the measured interval")
	flag.DurationVar(&load.length, "length", 6*time.Second, "measured interval")
	flag.Parse()

	line := measure.Line{
		System:  "tessera",
		Setting: fmt.Sprintf("HTTP, %d connections: signature checked, proof and checkpoint answered", load.connections),
		Notes:   fmt.Sprintf("our small server on its library; batch %d or %v, checkpoint every 100ms", batchSize, batchAge),
	}
	err := run(&line, load)
	line.Print(err)
}

func run(line *measure.Line, load load) error {
	ctx, cancel := context.WithTimeout(context.Background(), load.warm+load.length+2*time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp(load.folder, "tessera-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	// Signing is the depositors' work, and is done before anything is measured.
	deposits, err := sign(load)
	if err != nil {
		return err
	}
	server, err := start(ctx, folder)
	if err != nil {
		return err
	}
	err = deposit(line, load, server, deposits)
	if stopped := server.stop(); err == nil {
		err = stopped
	}
	return err
}

func deposit(line *measure.Line, load load, server *server, deposits [][][]byte) error {
	if err := refusesForgery(server.address, deposits[0][0]); err != nil {
		return err
	}
	kept := make([]kept, load.connections)
	period := measure.Start(load.warm, load.length)
	all, err := period.Each(load.connections, func(worker int, samples *measure.Samples) error {
		return generate(server.address, period, deposits[worker], &kept[worker], samples)
	})
	if err != nil {
		return err
	}
	for _, one := range kept {
		if err := one.verify(server.key); err != nil {
			return err
		}
	}
	line.Rate(len(all), period.Length())
	line.Latencies(all)
	return nil
}

// server is the other process. It ends when its standard input does, so it never outlives this one.
type server struct {
	address, key string
	process      *exec.Cmd
	input        io.Closer
}

func start(ctx context.Context, folder string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	process := exec.CommandContext(ctx, self, "serve", folder)
	process.Stderr = os.Stderr
	input, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	server := &server{process: process, input: input}
	greeting, err := bufio.NewReader(output).ReadString('\n')
	if words := strings.Fields(greeting); err == nil && len(words) == 2 {
		server.address, server.key = words[0], words[1]
		return server, nil
	}
	_ = server.stop() // The missing first line is the reason to report.
	return nil, fmt.Errorf("the server said %q instead of its address and key", greeting)
}

func (s *server) stop() error {
	if err := s.input.Close(); err != nil {
		return err
	}
	return s.process.Wait()
}
