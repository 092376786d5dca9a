// Prints the path of a Python that has what conformance/vectors needs: AES-GCM, HKDF, HPKE and ECDSA, and BIP-39's words.
import { pythonEnvironment } from './python-environment.mjs';

try {
  console.log(pythonEnvironment('vectors-1', ['cryptography==50.0.2', 'mnemonic==0.21']));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
