/** EIP-155, of the embedded chain of every server: no network has it. */
export const EMBEDDED_CHAIN_ID = 53_696;
