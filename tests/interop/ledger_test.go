// Package interop reads what a ledger writes by other people's code: the notes, records and trees of Go's own
// checksum database (golang.org/x/mod/sumdb), which knows nothing of this library.
//
// `vectors` is made by `xtask ledgers`; `../ledgers` are the ledgers that it is of.
package interop

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func vector(t *testing.T, name string) string {
	t.Helper()
	return read(t, filepath.Join("vectors", name))
}

// keys are the verifier keys of a file, one a line.
func keys(t *testing.T, name string) []note.Verifier {
	t.Helper()
	var all []note.Verifier
	for _, line := range strings.Split(strings.TrimSuffix(vector(t, name), "\n"), "\n") {
		key, err := note.NewVerifier(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, key)
	}
	return all
}

// open opens a signed head: its size and root. It must have this many lines by the keys, and this many others.
func open(t *testing.T, text string, signed, others int, by ...note.Verifier) (int64, tlog.Hash) {
	t.Helper()
	opened, err := note.Open([]byte(text), note.VerifierList(by...))
	if err != nil {
		t.Fatal(err)
	}
	if len(opened.Sigs) != signed || len(opened.UnverifiedSigs) != others {
		t.Fatalf("%d lines by the keys and %d others", len(opened.Sigs), len(opened.UnverifiedSigs))
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || lines[0] != by[0].Name() {
		t.Fatalf("no checkpoint of the log: %q", opened.Text)
	}
	return size, hash(t, lines[2])
}

func hash(t *testing.T, text string) tlog.Hash {
	t.Helper()
	hash, err := tlog.ParseHash(text)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func hashes(t *testing.T, lines []string) []tlog.Hash {
	t.Helper()
	var all []tlog.Hash
	for _, line := range lines {
		all = append(all, hash(t, line))
	}
	return all
}

func TestACheckpointIsASignedNote(t *testing.T) {
	by := keys(t, "key")
	if len(by) != 2 {
		t.Fatalf("%d keys", len(by))
	}
	// After a change of key either of both opens it.
	text := vector(t, "checkpoint")
	open(t, text, 2, 0, by...)
	open(t, text, 1, 1, by[0])
	size, _ := open(t, text, 1, 1, by[1])
	forged := strings.Replace(text, "\n"+strconv.FormatInt(size, 10)+"\n", "\n999\n", 1)
	if _, err := note.Open([]byte(forged), note.VerifierList(by...)); err == nil {
		t.Fatal("a changed size was not noticed")
	}
	open(t, vector(t, "checkpoint.older"), 1, 0, by[0])
	if _, err := note.Open([]byte(vector(t, "checkpoint.older")), note.VerifierList(by[1])); err == nil {
		t.Fatal("the second key did not sign the older head")
	}
}

func TestAChangeOfKeyIsANoteByBothKeys(t *testing.T) {
	by := keys(t, "key")
	var record struct{ Note string }
	if err := json.Unmarshal([]byte(vector(t, "key-change")), &record); err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open([]byte(record.Note), note.VerifierList(by...))
	if err != nil || len(opened.Sigs) != 2 {
		t.Fatal(err)
	}
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != "kaifang/key/v1" || strings.Join(lines[4:6], "\n")+"\n" != vector(t, "key") {
		t.Fatalf("%q", opened.Text)
	}
}

func TestALineOfSM2IsPassedOver(t *testing.T) {
	by := keys(t, "key")
	text := vector(t, "checkpoint.ed25519-and-sm2")
	size, root := open(t, text, 1, 1, by[1])
	if same, sameRoot := open(t, vector(t, "checkpoint"), 2, 0, by...); size != same || root != sameRoot {
		t.Fatal("it says something else")
	}
	if _, err := note.NewVerifier(strings.TrimSpace(vector(t, "key.sm2"))); err == nil {
		t.Fatal("Go has no SM2: it may not take the key for another")
	}
}

func TestAReceiptProvesItsRecord(t *testing.T) {
	by := keys(t, "key")
	head, checkpoint, _ := strings.Cut(vector(t, "receipt.tlog-proof"), "\n\n")
	lines := strings.Split(head, "\n")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || lines[0] != "c2sp.org/tlog-proof@v1" {
		t.Fatalf("no proof: %q", lines)
	}
	size, root := open(t, checkpoint, 2, 0, by...)
	leaf, proof := tlog.RecordHash([]byte(vector(t, "record"))), hashes(t, lines[2:])
	if err := tlog.CheckRecord(proof, size, root, index, leaf); err != nil {
		t.Fatal(err)
	}
	if tlog.CheckRecord(proof, size, root, index, tlog.RecordHash([]byte("another"))) == nil {
		t.Fatal("another record was taken")
	}
}

func TestALaterTreeExtendsAnEarlier(t *testing.T) {
	by := keys(t, "key")
	older, olderRoot := open(t, vector(t, "checkpoint.older"), 1, 0, by[0])
	newer, newerRoot := open(t, vector(t, "checkpoint"), 2, 0, by...)
	proof := hashes(t, strings.Fields(vector(t, "consistency")))
	if err := tlog.CheckTree(proof, newer, newerRoot, older, olderRoot); err != nil {
		t.Fatal(err)
	}
	if tlog.CheckTree(proof, newer, olderRoot, older, newerRoot) == nil {
		t.Fatal("another tree was taken")
	}
}

// The file `nodes` has the order that tlog stores hashes in, so that Go proves out of it.
func TestTheNodesAreStoredHashes(t *testing.T) {
	by := keys(t, "key")
	size, root := open(t, vector(t, "checkpoint"), 2, 0, by...)
	nodes := read(t, "../ledgers/intl/nodes")
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		all := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			copy(all[i][:], nodes[index*tlog.HashSize:])
		}
		return all, nil
	})
	if found, err := tlog.TreeHash(size, reader); err != nil || found != root {
		t.Fatalf("%v, %v", found, err)
	}
	for index := int64(0); index < size; index++ {
		proof, err := tlog.ProveRecord(size, index, reader)
		if err != nil {
			t.Fatal(err)
		}
		leaf, _ := reader([]int64{tlog.StoredHashIndex(0, index)})
		if err := tlog.CheckRecord(proof, size, root, index, leaf[0]); err != nil {
			t.Fatal(err)
		}
	}
}

// Every note of the ledgers is one that Go reads, whoever signed it.
func TestGoReadsEveryNote(t *testing.T) {
	count := 0
	err := filepath.WalkDir("../ledgers", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !(entry.Name() == "checkpoint" || filepath.Ext(path) == ".head") {
			return err
		}
		count++
		_, err = note.Open([]byte(read(t, path)), note.VerifierList())
		unverified, ok := err.(*note.UnverifiedNoteError)
		if !ok || len(unverified.Note.UnverifiedSigs) == 0 {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		for _, line := range unverified.Note.UnverifiedSigs {
			if _, err := base64.StdEncoding.DecodeString(line.Base64); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil || count != 4 {
		t.Fatal(count, err)
	}
}
