import { execFileSync } from 'node:child_process'

/** AES-256 key wrap with padding (RFC 5649) by the OpenSSL command line: not every Node has it. */
export const wrapPadded = (kek: Buffer, plain: Buffer): Buffer =>
  execFileSync('openssl', ['enc', '-id-aes256-wrap-pad', '-K', kek.toString('hex'), '-iv', 'A65959A6'], {
    input: plain,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
