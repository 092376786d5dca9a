// Prints the path of a Python that has what conformance/vectors needs: AES-GCM, HKDF, HPKE and ECDSA, BIP-39's words, and keccak256.
import { pythonEnvironment } from './python-environment.mjs';

try {
  console.log(pythonEnvironment('vectors-2', ['cryptography==50.0.2', 'mnemonic==0.21', 'pycryptodome==4.4.0']));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
