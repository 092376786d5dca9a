// Command curve-checks tells, as JSON, what the curve code that it was built with refuses: true for each hole that is closed.
// Written for dicom-ledger, and built beside geth from the same source, with the edits and without.
package main

import (
	"crypto/rand"
	"encoding/json"
	"math/big"
	"os"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/ecies"
	"github.com/ethereum/go-ethereum/crypto/secp256k1"
)

func main() {
	curve := secp256k1.S256()
	one := big.NewInt(1)
	// y² = 1 + 7 has the solution below, so (P+1, y) is a point whose x is no element of the field; it fits into 256 bits.
	y := new(big.Int).ModSqrt(big.NewInt(8), curve.P)
	tooLarge := new(big.Int).Add(curve.P, one)
	multiple, _ := curve.ScalarMult(tooLarge, y, one.Bytes())

	key, err := ecies.GenerateKey(rand.Reader, crypto.S256(), nil)
	if err != nil {
		panic(err)
	}
	offCurve := &ecies.PublicKey{X: one, Y: one, Curve: crypto.S256(), Params: key.Params}
	_, sharedErr := key.GenerateShared(offCurve, 16, 16)

	offCurveBytes := make([]byte, 65)
	offCurveBytes[0], offCurveBytes[32], offCurveBytes[64] = 4, 1, 1
	_, pubkeyErr := crypto.UnmarshalPubkey(offCurveBytes)

	json.NewEncoder(os.Stdout).Encode(map[string]bool{
		"publicKeyOffCurve":      pubkeyErr != nil,
		"coordinateBeyondField":  !curve.IsOnCurve(tooLarge, y),
		"coordinateBeyondFieldC": multiple == nil,
		"sharedSecretOffCurve":   sharedErr != nil,
	})
}
