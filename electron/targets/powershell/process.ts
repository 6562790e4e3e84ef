import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { childEnvironment } from '../../platform/environment.ts'

/** What one start of Windows PowerShell ended with. */
export interface Ended {
  how: 'ended' | 'not-started' | 'too-long' | 'too-much' | 'stopped'
  output: string
}

export interface StartOptions {
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** Runs one script text. Replaced in tests by a process that is none. */
export type StartPowerShell = (text: string, options: StartOptions) => Promise<Ended>

const mostOutput = 4 * 1024 * 1024
/** Windows takes 32,767 UTF-16 units for a whole command line. */
const longestCommand = 32_000

/** The script as PowerShell takes it on its command line: UTF-16, little endian, base64. It holds no secret. */
export const encoded = (text: string): string => Buffer.from(text, 'utf16le').toString('base64')

export const fitsCommandLine = (text: string): boolean => encoded(text).length <= longestCommand

/**
 * Windows PowerShell 5.1 of this computer, 64-bit, without profile and without questions. No shell in between, an
 * allow-listed environment, bounded output and time; ended by its own process only.
 */
export const startPowerShell: StartPowerShell = (text, { timeoutMs, signal }) =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let how: Ended['how'] = 'ended'
    const child = spawn(
      join(
        process.env['SystemRoot'] ?? 'C:\\Windows',
        'System32',
        'WindowsPowerShell',
        'v1.0',
        'powershell.exe',
      ),
      ['-NoProfile', '-NonInteractive', '-EncodedCommand', encoded(text)],
      { env: childEnvironment(), stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true, shell: false },
    )
    const end = (because: Ended['how']): void => {
      if (how === 'ended') how = because
      child.kill()
    }
    const timer = timeoutMs === 0 ? null : setTimeout(() => end('too-long'), timeoutMs)
    const stopped = (): void => end('stopped')
    signal?.addEventListener('abort', stopped, { once: true })
    const settle = (): void => {
      if (timer !== null) clearTimeout(timer)
      signal?.removeEventListener('abort', stopped)
      resolve({ how, output: Buffer.concat(chunks).toString('latin1') })
    }
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > mostOutput) end('too-much')
      else chunks.push(chunk)
    })
    child.once('error', () => {
      how = 'not-started'
      settle()
    })
    child.once('close', settle)
    if (signal?.aborted === true) stopped()
  })
