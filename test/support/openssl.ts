import { spawnSync } from 'node:child_process'

/** OpenSSL's command line, which shares no code with ours. Passwords go through files, never through its arguments. */
export const openssl = (...args: string[]): { ok: boolean; out: Buffer; text: string } => {
  const { status, stdout, stderr, error } = spawnSync('openssl', args, { input: '' })
  if (error) throw new Error('these tests need the openssl command', { cause: error })
  return { ok: status === 0, out: stdout, text: `${stdout.toString()}${stderr.toString()}` }
}

/** What OpenSSL prints; throws its words where it refuses. */
export const opensslPrints = (...args: string[]): Buffer => {
  const { ok, out, text } = openssl(...args)
  if (!ok) throw new Error(`openssl ${args[0] ?? ''}: ${text}`)
  return out
}

/** `.pvk` files use RC4 and SHA-1. */
export const legacyProvider = ['-provider', 'legacy', '-provider', 'default'] as const
