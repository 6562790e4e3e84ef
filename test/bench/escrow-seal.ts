/**
 * How long 1,000 contents of 10 KB take to be sealed for one certificate (RSA of 3,072 bits, OAEP with SHA-256,
 * AES-256-GCM), written, read and opened again, as an export does it with each of its items.
 *
 * Reference: the `openssl cms` command doing the same from file to file, one process to seal and one to open, as a
 * script without Keyturn would. It takes a sample of them, scaled to the same number.
 */
import { spawnSync } from 'node:child_process'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openCms, sealCms } from '../../electron/formats/cms/index.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { inTurns, median, type Measured } from './report.ts'

const contents = 1_000
const sample = 50
const size = 10 * 1024
const rounds = 5

export const measureEscrowSeal = async (): Promise<{ lines: Measured[]; remark: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-seal-'))
  const at = (name: string): string => join(folder, name)
  try {
    const named = ['-subj', '/CN=Benchmark', '-days', '2', '-out', at('cert.pem')]
    openssl('req', '-x509', '-newkey', 'rsa:3072', '-nodes', '-keyout', at('key.pem'), ...named)
    openssl('x509', '-in', at('cert.pem'), '-outform', 'DER', '-out', at('cert.cer'))
    const plain = randomBytes(size)
    writeFileSync(at('plain'), plain)
    const certificate = readFileSync(at('cert.cer'))
    using pkcs8 = SecretBytes.take(
      createPrivateKey(readFileSync(at('key.pem'))).export({ format: 'der', type: 'pkcs8' }),
    )

    const ours = (): void => {
      using content = SecretBytes.take(readFileSync(at('plain')))
      writeFileSync(at('ours.p7'), sealCms(content, [{ kind: 'certificate', certificate, oaep: 'sha256' }]))
      const key = { kind: 'private-key', pkcs8, certificateOrKeyId: { certificate } } as const
      using opened = openCms(readFileSync(at('ours.p7')), key)
      writeFileSync(
        at('opened'),
        opened.use((bytes) => bytes),
      )
    }
    const oaep = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256']
    const theirs = (): void => {
      const sealed = ['-outform', 'DER', '-out', at('theirs.p7'), '-recip', at('cert.pem'), ...oaep]
      openssl('cms', '-encrypt', '-binary', '-aes-256-gcm', '-in', at('plain'), ...sealed)
      const by = ['-recip', at('cert.pem'), '-inkey', at('key.pem'), '-binary', '-out', at('opened')]
      openssl('cms', '-decrypt', '-inform', 'DER', '-in', at('theirs.p7'), ...by)
    }
    const timed = (work: () => void, times: number) => async (): Promise<number> => {
      const from = performance.now()
      for (let time = 0; time < times; time += 1) work()
      const took = performance.now() - from
      if (!readFileSync(at('opened')).equals(plain)) throw new Error('the content came back changed')
      return ((took / 1_000) * contents) / times
    }
    const times = await inTurns(rounds, timed(ours, contents), timed(theirs, sample))
    const line: Measured = {
      name: 'escrow-seal',
      value: median(times.ours),
      unit: 's/1000',
      reference: { name: 'openssl-cms-command', value: median(times.theirs) },
      goal: { word: '<=', ratio: 0.5 },
    }
    const remark = `escrow-seal: ${contents} contents of ${size} bytes sealed and opened; openssl cms: ${sample} of them, scaled`
    return { lines: [line], remark }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const openssl = (...args: string[]): void => {
  const { status, stderr, error } = spawnSync('openssl', args, { input: '' })
  if (error) throw new Error('this benchmark needs the openssl command', { cause: error })
  if (status !== 0) throw new Error(`openssl ${args[0] ?? ''}: ${stderr.toString()}`)
}
