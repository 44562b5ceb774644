package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// user is the cluster's superuser.
const user = "rivals"

// options are the server's. Every commit is synced; memory is large, so that only commits wait for the disk.
var options = []string{
	"listen_addresses=", "fsync=on", "synchronous_commit=on", "full_page_writes=on", "wal_sync_method=fdatasync",
	"shared_buffers=1GB", "max_wal_size=8GB", "max_connections=200",
}

// cluster is a running server that this driver started.
type cluster struct {
	// folder holds data, log and scripts; socket lies elsewhere, since its path must be short.
	folder, socket, programs string
	owner                    *syscall.Credential
}

// create makes and starts one. PostgreSQL refuses to run as root, so root runs it as an unprivileged user.
func create(ctx context.Context, parent string) (*cluster, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	c := &cluster{programs: programs}
	if c.folder, err = os.MkdirTemp(parent, "postgres-*"); err != nil {
		return nil, err
	}
	if c.socket, err = os.MkdirTemp("/tmp", "pg-*"); err != nil {
		c.remove()
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

func (c *cluster) start(ctx context.Context) error {
	if os.Geteuid() == 0 {
		if err := c.chown(); err != nil {
			return err
		}
	}
	data := c.data()
	if _, err := c.run(ctx, "initdb", "-D", data, "-U", user, "--auth=trust", "--encoding=UTF8", "--locale=C"); err != nil {
		return err
	}
	server := "-k " + c.socket
	for _, option := range options {
		server += " -c " + option
	}
	_, err := c.run(ctx, "pg_ctl", "-D", data, "-l", filepath.Join(c.folder, "server.log"), "-o", server, "-w", "-t", "60", "start")
	return err
}

func (c *cluster) data() string { return filepath.Join(c.folder, "data") }

// chown gives the folders to the user `postgres` of Debian's package, or to the user `nobody`.
func (c *cluster) chown() error {
	to, err := osuser.Lookup("postgres")
	if err != nil {
		if to, err = osuser.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.Atoi(to.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(to.Gid)
	if err != nil {
		return err
	}
	c.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return errors.Join(os.Chown(c.folder, uid, gid), os.Chown(c.socket, uid, gid))
}

// remove stops the server, if it runs, and removes all of it.
func (c *cluster) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := os.Stat(filepath.Join(c.data(), "postmaster.pid")); err == nil {
		if _, err := c.run(ctx, "pg_ctl", "-D", c.data(), "-m", "immediate", "-w", "stop"); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	_ = os.RemoveAll(c.folder) // In a folder that is removed itself.
	_ = os.RemoveAll(c.socket)
}

// run runs one of PostgreSQL's programs as the cluster's owner and returns what it printed.
func (c *cluster) run(ctx context.Context, program string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, filepath.Join(c.programs, program), arguments...)
	command.Dir = c.folder
	if c.owner != nil {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	}
	// To files, not pipes: a started server would hold a pipe open for ever.
	output, err := os.CreateTemp("", "output-*")
	if err != nil {
		return "", err
	}
	defer output.Close()
	defer os.Remove(output.Name())
	command.Stdout, command.Stderr = output, output
	failure := command.Run()
	text, err := os.ReadFile(output.Name())
	if err != nil {
		return "", err
	}
	if failure != nil {
		return "", fmt.Errorf("%s: %w: %s", program, failure, lastOf(text))
	}
	return string(text), nil
}

// sql runs statements in one transaction and returns what the last one answers.
func (c *cluster) sql(ctx context.Context, statements string) (string, error) {
	answer, err := c.run(ctx, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", c.socket, "-U", user, "-d", "postgres", "-c", statements)
	return strings.TrimSpace(answer), err
}

// settings reads the reported settings back from the server, and returns its version.
func (c *cluster) settings(ctx context.Context) (string, error) {
	answer, err := c.sql(ctx, `SELECT concat_ws(' ', current_setting('fsync'), current_setting('synchronous_commit'),
		current_setting('full_page_writes'), current_setting('wal_sync_method'), current_setting('server_version'))`)
	if err != nil {
		return "", err
	}
	words := strings.Fields(answer)
	if len(words) < 5 || !slices.Equal(words[:4], []string{"on", "on", "on", "fdatasync"}) {
		return "", fmt.Errorf("the server runs with %q", answer)
	}
	return words[4], nil
}

func lastOf(text []byte) string {
	text = bytes.TrimSpace(text)
	if len(text) > 300 {
		text = text[len(text)-300:]
	}
	return string(text)
}

// find returns the folder of PostgreSQL's programs: Debian keeps each version's in its own, others in the path.
func find() (string, error) {
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		if all(folder, "initdb", "pg_ctl", "pgbench", "psql") {
			return folder, nil
		}
	}
	return "", errors.New("PostgreSQL's initdb, pg_ctl, pgbench and psql are not installed (Debian: postgresql)")
}

func version(folder string) int {
	number, err := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	if err != nil {
		return 0
	}
	return number
}

func all(folder string, programs ...string) bool {
	return !slices.ContainsFunc(programs, func(program string) bool {
		_, err := os.Stat(filepath.Join(folder, program))
		return err != nil
	})
}
