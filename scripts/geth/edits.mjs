// What is changed in go-ethereum v1.13.15 before it is built, so that the holes in its peer-to-peer code that are known are closed.
// Each edit names its hole. `from` has to stand in the file exactly once; docs/operations/consortium.md says what each one does.

/**
 * `edition` goes into the version that geth tells, on its command line, by RPC and to its peers.
 *
 * @param {string} edition
 * @returns {{ hole: string, file: string, from: string, to: string }[]}
 */
export const editsOf = (edition) => [
  {
    hole: 'the edition',
    file: 'params/version.go',
    from: 'VersionMeta  = "stable"',
    to: `VersionMeta  = "${edition}"`,
  },
  {
    hole: 'CVE-2025-24883: a public key that is no point of the curve',
    file: 'crypto/crypto.go',
    from: `	x, y := elliptic.Unmarshal(S256(), pub)
	if x == nil {
		return nil, errInvalidPubkey
	}
`,
    to: `	x, y := elliptic.Unmarshal(S256(), pub)
	if x == nil || !S256().IsOnCurve(x, y) {
		return nil, errInvalidPubkey
	}
`,
  },
  {
    hole: 'CVE-2026-22862: a message too short for the first block of its cipher',
    file: 'crypto/ecies/ecies.go',
    from: 'if len(c) < (rLen + hLen + 1) {',
    to: 'if len(c) < rLen+hLen+params.BlockSize {',
  },
  {
    hole: 'CVE-2026-26315: a shared secret with what is no point of the curve tells bits of the key',
    file: 'crypto/ecies/ecies.go',
    from: `	if skLen+macLen > MaxSharedKeyLength(pub) {
		return nil, ErrSharedKeyTooBig
	}
`,
    to: `	if skLen+macLen > MaxSharedKeyLength(pub) {
		return nil, ErrSharedKeyTooBig
	}
	if pub.X == nil || pub.Y == nil || !pub.Curve.IsOnCurve(pub.X, pub.Y) {
		return nil, ErrInvalidPublicKey
	}
`,
  },
  {
    hole: 'CVE-2026-22868: a handshake of any size is read and worked on',
    file: 'p2p/rlpx/rlpx.go',
    from: `	size := binary.BigEndian.Uint16(prefix)

	// Read the handshake packet.
`,
    to: `	size := binary.BigEndian.Uint16(prefix)
	// 2048: a whole handshake has about 500 bytes, its padding included (EIP-8).
	if size > 2048 {
		return nil, fmt.Errorf("handshake of %d bytes, more than 2048", size)
	}

	// Read the handshake packet.
`,
  },
  {
    hole: 'CVE-2026-26314: coordinates that are no elements of the field, in Go',
    file: 'crypto/secp256k1/curve.go',
    from: `	// y² = x³ + b
	y2 := new(big.Int).Mul(y, y) //y²
`,
    to: `	for _, coordinate := range []*big.Int{x, y} {
		if coordinate.Sign() < 0 || coordinate.Cmp(BitCurve.P) >= 0 {
			return false
		}
	}
	// y² = x³ + b
	y2 := new(big.Int).Mul(y, y) //y²
`,
  },
  {
    hole: 'CVE-2026-26314: coordinates that are no elements of the field, in C',
    file: 'crypto/secp256k1/ext.h',
    from: `	secp256k1_fe_set_b32(&feX, point);
	secp256k1_fe_set_b32(&feY, point+32);
`,
    to: `	if (!secp256k1_fe_set_b32(&feX, point) || !secp256k1_fe_set_b32(&feY, point+32)) {
		return 0;
	}
`,
  },
  ...unaskedAnswers(),
];

/** CVE-2026-26313: p2p/owed/owed.go, which is ours, keeps what was asked of a peer; here it is told and asked. */
function unaskedAnswers() {
  const hole = 'CVE-2026-26313: answers that nobody asked for are decoded';
  const imports = '\t"github.com/ethereum/go-ethereum/p2p"\n';
  const withOwed = `${imports}\t"github.com/ethereum/go-ethereum/p2p/owed"\n`;
  const eth = (file, from, to) => ({ hole, file: `eth/protocols/eth/${file}`, from, to });
  const snap = (file, from, to) => ({ hole, file: `eth/protocols/snap/${file}`, from, to });
  const handler = (codes, from) => `${from}
	switch msg.Code {
	case ${codes}:
		if err := peer.owed.Take(&msg); err != nil {
			return err
		}
	}
`;
  const ethLine = '	defer msg.Discard()\n';
  const snapLine = '	defer msg.Discard()\n	start := time.Now()\n';
  const snapRequest = (request, answer) => {
    const line = `	requestTracker.Track(p.id, p.version, ${request}, ${answer}, id)\n`;
    return snap('peer.go', line, `${line}	p.owed.Ask(id, ${answer}, owed.AnyNumber)\n`);
  };
  return [
    eth('peer.go', imports, withOwed),
    eth(
      'peer.go',
      '	term chan struct{} // Term',
      '	owed owed.List // What was asked of this peer\n	term chan struct{} // Term',
    ),
    eth(
      'peer.go',
      '	requestTracker.Track(p.id, p.version, GetPooledTransactionsMsg, PooledTransactionsMsg, id)\n',
      `	requestTracker.Track(p.id, p.version, GetPooledTransactionsMsg, PooledTransactionsMsg, id)
	p.owed.Ask(id, PooledTransactionsMsg, len(hashes))
`,
    ),
    eth(
      'dispatcher.go',
      '			requestTracker.Track(p.id, p.version, req.code, req.want, req.id)\n',
      `			requestTracker.Track(p.id, p.version, req.code, req.want, req.id)
			p.owed.Ask(req.id, req.want, itemsAskedFor(req.data))
`,
    ),
    eth('handler.go', ethLine, handler('BlockHeadersMsg, BlockBodiesMsg, ReceiptsMsg, PooledTransactionsMsg', ethLine)),
    snap('peer.go', imports, withOwed),
    snap(
      'peer.go',
      '	logger log.Logger // Cont',
      '	owed   owed.List  // What was asked of this peer\n	logger log.Logger // Cont',
    ),
    snapRequest('GetAccountRangeMsg', 'AccountRangeMsg'),
    snapRequest('GetStorageRangesMsg', 'StorageRangesMsg'),
    snapRequest('GetByteCodesMsg', 'ByteCodesMsg'),
    snapRequest('GetTrieNodesMsg', 'TrieNodesMsg'),
    snap('handler.go', snapLine, handler('AccountRangeMsg, StorageRangesMsg, ByteCodesMsg, TrieNodesMsg', snapLine)),
  ];
}
