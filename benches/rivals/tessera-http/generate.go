package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"tiezheng.example/rivals/measure"
	"tiezheng.example/rivals/tesseralog"
)

// answerTimeout is the longest time for an answer before the measurement fails.
const answerTimeout = 30 * time.Second

// sign prepares every connection's requests, each with new random bytes. There is a checkpoint at most every interval
// and a connection gets one answer from it, so this many suffice.
func sign(load load) ([][][]byte, error) {
	each := int((load.warm+load.length)/tesseralog.Interval) + 10
	public, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	deposits := make([][][]byte, load.connections)
	var group sync.WaitGroup
	cores := runtime.NumCPU()
	for core := range cores {
		group.Add(1)
		go func() {
			defer group.Done()
			random := rand.NewChaCha8([32]byte{byte(core)})
			for i := core; i < load.connections; i += cores {
				for range each {
					text := make([]byte, tesseralog.EntrySize-signedFrom)
					random.Read(text) // ChaCha8 has no way to fail.
					entry := append(append(bytes.Clone(public), ed25519.Sign(secret, text)...), text...)
					deposits[i] = append(deposits[i], entry)
				}
			}
		}()
	}
	group.Wait()
	return deposits, nil
}

// connection is a minimal HTTP client, so that the generator costs little.
type connection struct {
	stream net.Conn
	reader *bufio.Reader
	buffer bytes.Buffer
}

func connect(address string) (*connection, error) {
	stream, err := net.DialTimeout("tcp", address, answerTimeout)
	if err != nil {
		return nil, err
	}
	return &connection{stream: stream, reader: bufio.NewReader(stream)}, nil
}

// post sends one entry and returns the status and the body, which the next call overwrites.
func (c *connection) post(entry []byte) (int, []byte, error) {
	if err := c.stream.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return 0, nil, err
	}
	c.buffer.Reset()
	fmt.Fprintf(&c.buffer, "POST /deposits HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", len(entry))
	c.buffer.Write(entry)
	if _, err := c.stream.Write(c.buffer.Bytes()); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	c.buffer.Reset()
	_, err = c.buffer.ReadFrom(response.Body)
	return response.StatusCode, c.buffer.Bytes(), err
}

// refusesForgery checks that the server verifies signatures at all.
func refusesForgery(address string, entry []byte) error {
	connection, err := connect(address)
	if err != nil {
		return err
	}
	defer connection.stream.Close()
	forged := bytes.Clone(entry)
	forged[len(forged)-1] ^= 1
	status, body, err := connection.post(forged)
	if err == nil && status != http.StatusForbidden {
		err = fmt.Errorf("a forged deposit was answered %d %s", status, body)
	}
	return err
}

// kept is a deposit with its answer, to be verified after the measurement.
type kept struct {
	entry, body []byte
}

func generate(address string, period measure.Period, deposits [][]byte, kept *kept, samples *measure.Samples) error {
	connection, err := connect(address)
	if err != nil {
		return err
	}
	defer connection.stream.Close()
	for _, entry := range deposits {
		if period.Over() {
			return nil
		}
		begun := time.Now()
		status, body, err := connection.post(entry)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("a deposit was answered %d %s", status, body)
		}
		samples.Answered(begun)
		kept.entry, kept.body = entry, append(kept.body[:0], body...)
	}
	if !period.Over() {
		return errors.New("the prepared deposits ran out before the interval ended")
	}
	return nil
}

// verify checks an answer as its depositor would: the log's signature, and the path from the entry to the signed root.
func (k kept) verify(key string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	var answer answer
	if err := json.NewDecoder(io.LimitReader(bytes.NewReader(k.body), 1<<16)).Decode(&answer); err != nil {
		return err
	}
	checkpoint, _, _, err := log.ParseCheckpoint(answer.Checkpoint, tesseralog.Origin, verifier)
	if err != nil {
		return err
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(k.entry)
	return proof.VerifyInclusion(rfc6962.DefaultHasher, answer.Index, checkpoint.Size, leaf, answer.Proof, checkpoint.Hash)
}
