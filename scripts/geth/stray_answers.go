// Command stray-answers connects to a node as a peer of eth/68, sends it an answer that nobody asked for, then asks it
// something. It prints "answered" when the node still talks to it, so has taken the answer, and "hung up" otherwise.
// Written for dicom-ledger, as the other side of its tests.
//
//	stray-answers <enode> headers|bodies|receipts|transactions <how many>
//	stray-answers <enode> announced <how many>   lets the node ask for one header, and answers with so many
//	stray-answers <enode> codes <how many>       contract codes, by snap/1
package main

import (
	"fmt"
	"math/big"
	"os"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/protocols/eth"
	"github.com/ethereum/go-ethereum/eth/protocols/snap"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/rlp"
)

// questionNumber is that of the one thing this peer asks.
const questionNumber = 77

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: stray-answers <enode> headers|bodies|receipts|transactions|announced|codes <how many>")
		os.Exit(2)
	}
	node := enode.MustParse(os.Args[1])
	count, err := strconv.Atoi(os.Args[3])
	exitOn(err)
	kind := os.Args[2]

	key, err := crypto.GenerateKey()
	exitOn(err)
	result := make(chan string, 1)
	server := &p2p.Server{Config: p2p.Config{
		PrivateKey:  key,
		Name:        "stray-answers",
		MaxPeers:    1,
		NoDiscovery: true,
		Protocols:   protocols(kind, count, result),
	}}
	exitOn(server.Start())
	server.AddPeer(node)
	select {
	case said := <-result:
		fmt.Println(said)
	case <-time.After(120 * time.Second):
		fmt.Fprintln(os.Stderr, "the node did not greet")
		os.Exit(1)
	}
}

func protocols(kind string, count int, result chan<- string) []p2p.Protocol {
	run := func(talk func(rw p2p.MsgReadWriter) (string, error)) func(*p2p.Peer, p2p.MsgReadWriter) error {
		return func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
			said, err := talk(rw)
			if err == nil {
				result <- said
			}
			return err
		}
	}
	overEth := p2p.Protocol{Name: eth.ProtocolName, Version: eth.ETH68, Length: 17}
	if kind != "codes" {
		overEth.Run = run(func(rw p2p.MsgReadWriter) (string, error) { return talk(rw, kind, count) })
		return []p2p.Protocol{overEth}
	}
	overSnap := p2p.Protocol{Name: snap.ProtocolName, Version: snap.SNAP1, Length: 8}
	overSnap.Run = run(func(rw p2p.MsgReadWriter) (string, error) { return talkSnap(rw, count) })
	overEth.Run = func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
		if _, err := greet(rw); err != nil {
			return err
		}
		for {
			msg, err := rw.ReadMsg()
			if err != nil {
				return err
			}
			msg.Discard()
		}
	}
	return []p2p.Protocol{overEth, overSnap}
}

// talkSnap sends codes that nobody asked for, and asks for one that nobody has.
func talkSnap(rw p2p.MsgReadWriter, count int) (string, error) {
	codes := make([][]byte, count)
	for i := range codes {
		codes[i] = make([]byte, 1000)
	}
	if err := p2p.Send(rw, snap.ByteCodesMsg, &snap.ByteCodesPacket{ID: 4711, Codes: codes}); err != nil {
		return "hung up", nil
	}
	question := &snap.GetByteCodesPacket{ID: questionNumber, Hashes: []common.Hash{{1}}, Bytes: 1000}
	if err := p2p.Send(rw, snap.GetByteCodesMsg, question); err != nil {
		return "hung up", nil
	}
	var answer snap.ByteCodesPacket
	if err := next(rw, snap.ByteCodesMsg, &answer); err != nil {
		return "hung up", nil
	}
	return "answered", nil
}

// talk greets the node with its own status, sends the answer and asks a question.
func talk(rw p2p.MsgReadWriter, kind string, count int) (string, error) {
	status, err := greet(rw)
	if err != nil {
		return "", err
	}
	if kind == "announced" {
		err = answerWithHeaders(rw, status.Head, count)
	} else {
		code, answer := strayAnswer(kind, count)
		err = p2p.Send(rw, code, answer)
	}
	if err != nil {
		return "hung up", nil
	}
	if _, err := headerOf(rw, status.Genesis); err != nil {
		return "hung up", nil
	}
	return "answered", nil
}

func greet(rw p2p.MsgReadWriter) (eth.StatusPacket, error) {
	var status eth.StatusPacket
	if err := readStatus(rw, &status); err != nil {
		return status, err
	}
	mine := status
	// No wish to be synchronised from.
	mine.TD = big.NewInt(0)
	mine.Head = status.Genesis
	return status, p2p.Send(rw, eth.StatusMsg, &mine)
}

// headerOf asks the node for a header that it has.
func headerOf(rw p2p.MsgReadWriter, hash common.Hash) (*types.Header, error) {
	question := &eth.GetBlockHeadersPacket{
		RequestId:              questionNumber,
		GetBlockHeadersRequest: &eth.GetBlockHeadersRequest{Origin: eth.HashOrNumber{Hash: hash}, Amount: 1},
	}
	if err := p2p.Send(rw, eth.GetBlockHeadersMsg, question); err != nil {
		return nil, err
	}
	var answer eth.BlockHeadersPacket
	if err := next(rw, eth.BlockHeadersMsg, &answer); err != nil {
		return nil, err
	}
	if len(answer.BlockHeadersRequest) != 1 {
		return nil, fmt.Errorf("%d headers in place of one", len(answer.BlockHeadersRequest))
	}
	return answer.BlockHeadersRequest[0], nil
}

// answerWithHeaders announces a block after the node's head and answers with as many headers when the node asks for its one.
func answerWithHeaders(rw p2p.MsgReadWriter, head common.Hash, count int) error {
	known, err := headerOf(rw, head)
	if err != nil {
		return err
	}
	number := new(big.Int).Add(known.Number, big.NewInt(1))
	header := &types.Header{
		Number:     number,
		Difficulty: big.NewInt(1),
		TxHash:     types.EmptyTxsHash,
		UncleHash:  types.EmptyUncleHash,
		ParentHash: common.Hash{1},
	}
	announced := eth.NewBlockHashesPacket{{Hash: header.Hash(), Number: number.Uint64()}}
	if err := p2p.Send(rw, eth.NewBlockHashesMsg, announced); err != nil {
		return err
	}
	for {
		var asked eth.GetBlockHeadersPacket
		if err := next(rw, eth.GetBlockHeadersMsg, &asked); err != nil {
			return err
		}
		if asked.Origin.Hash == header.Hash() {
			return p2p.Send(rw, eth.BlockHeadersMsg, []interface{}{asked.RequestId, repeat(header, count)})
		}
	}
}

// next reads messages up to one with that code, into what it holds.
func next(rw p2p.MsgReadWriter, code uint64, into interface{}) error {
	for {
		msg, err := rw.ReadMsg()
		if err != nil {
			return err
		}
		if msg.Code == code {
			return msg.Decode(into)
		}
		if err := msg.Discard(); err != nil {
			return err
		}
	}
}

func readStatus(rw p2p.MsgReadWriter, status *eth.StatusPacket) error {
	msg, err := rw.ReadMsg()
	if err != nil {
		return err
	}
	if msg.Code != eth.StatusMsg {
		return fmt.Errorf("message %d in place of a status", msg.Code)
	}
	return msg.Decode(status)
}

// strayAnswer is well formed: a node that decodes it finds nothing wrong with it.
func strayAnswer(kind string, count int) (uint64, interface{}) {
	const number = 4711
	switch kind {
	case "headers":
		header := &types.Header{Difficulty: big.NewInt(1), Number: big.NewInt(1)}
		return eth.BlockHeadersMsg, []interface{}{uint64(number), repeat(header, count)}
	case "bodies":
		return eth.BlockBodiesMsg, []interface{}{uint64(number), repeat(&eth.BlockBody{}, count)}
	case "receipts":
		return eth.ReceiptsMsg, []interface{}{uint64(number), repeat([]*types.Receipt{}, count)}
	case "transactions":
		return eth.PooledTransactionsMsg, []interface{}{uint64(number), repeat(types.NewTx(&types.LegacyTx{}), count)}
	}
	exitOn(fmt.Errorf("no answer of the kind %q", kind))
	return 0, nil
}

func repeat(item interface{}, count int) []rlp.RawValue {
	encoded, err := rlp.EncodeToBytes(item)
	exitOn(err)
	items := make([]rlp.RawValue, count)
	for i := range items {
		items[i] = encoded
	}
	return items
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
