// Package owed keeps what was asked of a peer, so that an answer which nobody asked for is refused before it is decoded
// (CVE-2026-26313). Written for dicom-ledger; built into geth as p2p/owed.
package owed

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/rlp"
)

// AnyNumber of items may be in an answer.
const AnyNumber = -1

// maxOpen bounds what is kept for a peer that never answers; the oldest question is forgotten first.
const maxOpen = 4096

// headBytes hold the header of the outer list and the number of the question: nine bytes each at most.
const headBytes = 18

type question struct {
	answer uint64
	items  int
}

// List of the questions that a peer has not answered. The zero List has none. Safe for concurrent use.
type List struct {
	mu    sync.Mutex
	open  map[uint64]question
	order []uint64
}

// Ask remembers that the peer owes an answer with that code and at most that many items. Called before the question is sent.
func (l *List) Ask(id, answer uint64, items int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = make(map[uint64]question)
	}
	l.open[id] = question{answer, items}
	l.order = append(l.order, id)
	for len(l.order) > maxOpen {
		delete(l.open, l.order[0])
		l.order = l.order[1:]
	}
}

// Take accepts an answer once: its code and number have to be those of an open question, and it must not have more items than
// were asked for. It leaves the payload as it was. Any error is a reason to disconnect.
func (l *List) Take(msg *p2p.Msg) error {
	head := make([]byte, min(headBytes, int(msg.Size)))
	if _, err := io.ReadFull(msg.Payload, head); err != nil {
		return err
	}
	id, err := numberIn(head, msg.Size)
	if err != nil {
		return fmt.Errorf("answer %d cannot be read: %w", msg.Code, err)
	}
	asked, isOpen := l.remove(id)
	if !isOpen || asked.answer != msg.Code {
		return fmt.Errorf("answer %d with number %d, which nobody asked for", msg.Code, id)
	}
	if asked.items == AnyNumber {
		msg.Payload = io.MultiReader(bytes.NewReader(head), msg.Payload)
		return nil
	}
	data := make([]byte, msg.Size)
	copy(data, head)
	if _, err := io.ReadFull(msg.Payload, data[len(head):]); err != nil {
		return err
	}
	msg.Payload = bytes.NewReader(data)
	return atMost(asked.items, data)
}

func (l *List) remove(id uint64) (question, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked, isOpen := l.open[id]
	if !isOpen {
		return asked, false
	}
	delete(l.open, id)
	for i, one := range l.order {
		if one == id {
			l.order = append(l.order[:i], l.order[i+1:]...)
			break
		}
	}
	return asked, true
}

// numberIn reads the number of the question from the head of an answer of that size, [number, items].
func numberIn(head []byte, size uint32) (uint64, error) {
	stream := rlp.NewStream(bytes.NewReader(head), uint64(size))
	if _, err := stream.List(); err != nil {
		return 0, err
	}
	return stream.Uint64()
}

// atMost refuses an answer [number, [item, …]] that has more items.
func atMost(items int, data []byte) error {
	answer, _, err := rlp.SplitList(data)
	if err != nil {
		return err
	}
	_, answer, err = rlp.SplitUint64(answer)
	if err != nil {
		return err
	}
	list, _, err := rlp.SplitList(answer)
	if err != nil {
		return err
	}
	count, err := rlp.CountValues(list)
	if err != nil {
		return err
	}
	if count > items {
		return fmt.Errorf("answer with %d items to a question for %d", count, items)
	}
	return nil
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
