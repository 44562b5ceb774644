// Checks Tiezheng's notes, proofs and tiles with Go's own transparency-log packages (golang.org/x/mod/sumdb).
//
// Reads one JSON question a line from standard input and answers one line each: "ok", or "refused: <why>"; a question
// of tiles answers "ok <sha-256 of all record proofs, in order>". It shares no code with what it checks.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Do      string   // note, record, tree or tiles
	Vkey    string   // note: the key that must have signed
	Note    string   // note: the signed note
	Size    int64    // record, tree, tiles: size of the (newer) tree
	Root    string   // record, tree, tiles: its root, base64
	Index   int64    // record: place of the leaf
	Leaf    string   // record: hash of the leaf, base64
	Old     int64    // tree: size of the older tree
	OldRoot string   // tree: its root, base64
	Path    []string // record, tree: the proof, base64
	Dir     string   // tiles: folder that holds tile/<L>/<N>
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			fmt.Println("malformed question:", err)
			os.Exit(2)
		}
		answer, err := ask(q)
		if err != nil {
			fmt.Println("refused:", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println(answer)
	}
}

func ask(q question) (string, error) {
	switch q.Do {
	case "note":
		verifier, err := note.NewVerifier(q.Vkey)
		if err != nil {
			return "", err
		}
		_, err = note.Open([]byte(q.Note), note.VerifierList(verifier))
		return "ok", err
	case "record":
		path, err := hashes(append(q.Path, q.Root, q.Leaf))
		if err != nil {
			return "", err
		}
		n := len(path)
		return "ok", tlog.CheckRecord(path[:n-2], q.Size, path[n-2], q.Index, path[n-1])
	case "tree":
		path, err := hashes(append(q.Path, q.Root, q.OldRoot))
		if err != nil {
			return "", err
		}
		n := len(path)
		return "ok", tlog.CheckTree(path[:n-2], q.Size, path[n-2], q.Old, path[n-1])
	case "tiles":
		return tiles(q)
	}
	return "", fmt.Errorf("unknown question %q", q.Do)
}

func hashes(texts []string) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		all = append(all, hash)
	}
	return all, nil
}

// folder reads tiles of height 8 from where C2SP tlog-tiles puts them: without the height in the path.
type folder string

func (f folder) Height() int                                { return 8 }
func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func tiles(q question) (string, error) {
	root, err := tlog.ParseHash(q.Root)
	if err != nil {
		return "", err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: q.Size, Hash: root}, folder(q.Dir))
	sum := sha256.New()
	for i := int64(0); i < q.Size; i++ {
		proof, err := tlog.ProveRecord(q.Size, i, reader)
		if err != nil {
			return "", fmt.Errorf("record %d: %w", i, err)
		}
		for _, hash := range proof {
			sum.Write(hash[:])
		}
	}
	return fmt.Sprintf("ok %x", sum.Sum(nil)), nil
}
