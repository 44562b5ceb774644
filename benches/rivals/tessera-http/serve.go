package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/client"

	"tiezheng.example/rivals/tesseralog"
)

const (
	batchSize = 1024
	batchAge  = 20 * time.Millisecond
	poll      = 5 * time.Millisecond
	// signedFrom is where the signed text begins in an entry: behind the public key and the signature over it.
	signedFrom = ed25519.PublicKeySize + ed25519.SignatureSize
	// keptBuilders is the number of proof builders that are kept: answers to slow requests use an older checkpoint.
	keptBuilders = 8
)

// answer is the answer to a deposit.
type answer struct {
	Index      uint64   `json:"index"`
	Proof      [][]byte `json:"proof"`
	Checkpoint []byte   `json:"checkpoint"`
}

// depositHandler accepts deposits over HTTP.
type depositHandler struct {
	log    *tesseralog.Log
	proofs proofs
}

// serve prints the address and the log's key, and serves until the input ends.
func serve(ctx context.Context, folder string, input io.Reader, output io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log, err := tesseralog.Open(ctx, folder, tesseralog.Options{BatchSize: batchSize, BatchAge: batchAge, Poll: poll})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(output, listener.Addr(), log.Key)
	handler := &depositHandler{log: log, proofs: proofs{tiles: log.Reader.ReadTile, builders: map[uint64]*builder{}}}
	http := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, input) // Any end of the input ends the server.
		_ = http.Close()
	}()
	if err := http.Serve(listener); err != nil && err.Error() != "http: Server closed" {
		return err
	}
	return log.Close(ctx, 0)
}

// ServeHTTP answers a deposit of 600 bytes: public key, signature, signed text.
func (d *depositHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	entry, err := io.ReadAll(io.LimitReader(r.Body, tesseralog.EntrySize+1))
	if err != nil || len(entry) != tesseralog.EntrySize {
		http.Error(w, "a deposit has 600 bytes", http.StatusBadRequest)
		return
	}
	key, signature := ed25519.PublicKey(entry[:ed25519.PublicKeySize]), entry[ed25519.PublicKeySize:signedFrom]
	if !ed25519.Verify(key, entry[signedFrom:], signature) {
		http.Error(w, "the signature does not fit", http.StatusForbidden)
		return
	}
	index, checkpoint, err := d.log.Awaiter.Await(r.Context(), d.log.Appender.Add(r.Context(), tessera.NewEntry(entry)))
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	proof, err := d.proofs.of(r.Context(), index.Index, checkpoint)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// A client that has disconnected needs no answer.
	_ = json.NewEncoder(w).Encode(answer{Index: index.Index, Proof: proof, Checkpoint: checkpoint})
}

// proofs keeps one builder per checkpoint, since each caches the tiles that it has read.
type proofs struct {
	tiles    client.TileFetcherFunc
	lock     sync.Mutex
	builders map[uint64]*builder
}

// builder is Tessera's, which must not be used concurrently.
type builder struct {
	lock  sync.Mutex
	inner *client.ProofBuilder
}

func (p *proofs) of(ctx context.Context, index uint64, checkpoint []byte) ([][]byte, error) {
	builder, err := p.at(ctx, checkpoint)
	if err != nil {
		return nil, err
	}
	builder.lock.Lock()
	defer builder.lock.Unlock()
	return builder.inner.InclusionProof(ctx, index)
}

func (p *proofs) at(ctx context.Context, checkpoint []byte) (*builder, error) {
	size, err := sizeOf(checkpoint)
	if err != nil {
		return nil, err
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if known := p.builders[size]; known != nil {
		return known, nil
	}
	inner, err := client.NewProofBuilder(ctx, size, p.tiles)
	if err != nil {
		return nil, err
	}
	for len(p.builders) >= keptBuilders {
		oldest := size
		for other := range p.builders {
			oldest = min(oldest, other)
		}
		delete(p.builders, oldest)
		if oldest == size {
			break
		}
	}
	p.builders[size] = &builder{inner: inner}
	return p.builders[size], nil
}

// sizeOf is the second line of a checkpoint of our own log, whose signature needs no check here.
func sizeOf(checkpoint []byte) (size uint64, err error) {
	lines := bytes.SplitN(checkpoint, []byte("\n"), 3)
	if len(lines) < 3 {
		return 0, fmt.Errorf("no checkpoint: %q", checkpoint)
	}
	_, err = fmt.Sscan(string(lines[1]), &size)
	return size, err
}
