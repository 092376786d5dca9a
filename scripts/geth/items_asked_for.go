package eth

import "github.com/ethereum/go-ethereum/p2p/owed"

// itemsAskedFor is the most that a peer may put into its answer. Written for dicom-ledger.
func itemsAskedFor(request interface{}) int {
	switch packet := request.(type) {
	case *GetBlockHeadersPacket:
		return int(packet.Amount)
	case *GetBlockBodiesPacket:
		return len(packet.GetBlockBodiesRequest)
	case *GetReceiptsPacket:
		return len(packet.GetReceiptsRequest)
	default:
		return owed.AnyNumber
	}
}
