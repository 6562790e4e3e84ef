/**
 * A keyring with 10,000 secrets: unlock, read one, keep one more, encrypt all anew under a new passphrase.
 *
 * Reference of each: AES-256-GCM of Node over the same bytes in the same round: for unlock and for keeping one, one
 * pass over the whole file; for reading one, one opening of the same secret's bytes; for the new passphrase, opening
 * and sealing each secret. Unlock and the new passphrase include scrypt with the product's parameters (that is what
 * they are for): their references include as many derivations, one and two, and are named after it.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { derive, type ScryptParameters } from '../../electron/keyring/kdf.ts'
import { createKeyring } from '../../electron/keyring/keyring.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { HandleId } from '../../shared/model/ids.ts'
import { asTargetId } from '../../shared/model/ids.ts'
import { median, type Measured } from './report.ts'

const secrets = 10_000
const rounds = 3
const binding = { purpose: 'sql.key-file-password', target: asTargetId('t-aaaaaaaaaaaa') } as const
const texts = ['an owl counts seven keys', 'seven owls count one key'] as const
const secretBytes = 32

export const measureKeyring = async (): Promise<{ lines: Measured[]; remark: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-keyring-'))
  try {
    const path = join(folder, 'keyring.json')
    const keyring = createKeyring({ path, clock: systemClock })
    await keyring.create(passphrase(texts[0]))
    const from = performance.now()
    const kept = await Promise.all(
      Array.from({ length: secrets }, (_, n) =>
        keyring.put(
          { ...binding, label: `Password of key file ${n}` },
          SecretBytes.take(randomBytes(secretBytes)),
        ),
      ),
    )
    const keepingAll = performance.now() - from
    const ids = kept.map(({ id }) => id)

    const took = {
      unlock: [] as number[],
      read: [] as number[],
      keep: [] as number[],
      change: [] as number[],
    }
    const gcm = { file: [] as number[], one: [] as number[], all: [] as number[] }
    const scrypt: number[] = []
    let present = 0
    for (let round = 0; round < rounds; round += 1) {
      keyring.lock()
      took.unlock.push(await timed(() => keyring.unlock(passphrase(texts[present] ?? ''))))
      took.read.push((await timed(() => readSome((id) => keyring.open(id, binding), ids))) / readAtOnce)
      gcm.one.push((await timed(async () => openSome())) / readAtOnce)
      took.keep.push(
        await timed(() =>
          keyring.put({ ...binding, label: 'one more' }, SecretBytes.take(randomBytes(secretBytes))),
        ),
      )
      gcm.file.push(await timed(async () => onePass(readFileSync(path))))
      const next = 1 - present
      took.change.push(
        await timed(() =>
          keyring.changePassphrase(passphrase(texts[present] ?? ''), passphrase(texts[next] ?? '')),
        ),
      )
      present = next
      gcm.all.push(await timed(async () => sealAnew(ids.length)))
      scrypt.push(await timed(() => deriveOnce(keyring.status().kdf)))
    }
    const line = (
      name: string,
      values: number[],
      reference: string,
      theirs: number[],
      goal: number,
    ): Measured => ({
      name,
      value: median(values),
      unit: 'ms',
      reference: { name: reference, value: median(theirs) },
      goal: { word: '<=', ratio: goal },
    })
    const megabytes = (readFileSync(path).length / 2 ** 20).toFixed(1)
    return {
      lines: [
        line(
          'keyring-10000-unlock',
          took.unlock,
          'scrypt-and-aes-gcm-whole-file',
          sums(scrypt, 1, gcm.file),
          3,
        ),
        line('keyring-10000-read-one', took.read, 'aes-gcm-one-secret', gcm.one, 10),
        line('keyring-10000-keep-one', took.keep, 'aes-gcm-whole-file', gcm.file, 60),
        line(
          'keyring-10000-new-passphrase',
          took.change,
          '2-scrypt-and-aes-gcm-each-secret',
          sums(scrypt, 2, gcm.all),
          3,
        ),
      ],
      remark:
        `keyring: file of ${megabytes} MB; keeping ${secrets} secrets asked for at once took ${keepingAll.toFixed(0)} ms; ` +
        `one scrypt of the product's parameters takes ${median(scrypt).toFixed(0)} ms (unlock has 1, a new passphrase 2 or, while it calibrates, more)`,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What several derivations and one other piece of work take together, round by round. */
const sums = (derivation: readonly number[], times: number, other: readonly number[]): number[] =>
  other.map((value, round) => value + times * (derivation[round] ?? 0))

const passphrase = (text: string): SecretBytes => SecretBytes.fromText(text)

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** One reading is too short to be timed. */
const readAtOnce = 200

const readSome = async (
  open: (id: HandleId) => Promise<SecretBytes>,
  ids: readonly HandleId[],
): Promise<void> => {
  for (const id of ids.slice(0, readAtOnce)) (await open(id)).wipe()
}

const key = randomBytes(32)
const onePass = (bytes: Uint8Array): { iv: Buffer; data: Buffer; tag: Buffer } => {
  const iv = randomBytes(12)
  const sealing = createCipheriv('aes-256-gcm', key, iv)
  return { iv, data: Buffer.concat([sealing.update(bytes), sealing.final()]), tag: sealing.getAuthTag() }
}
const openOne = ({ iv, data, tag }: ReturnType<typeof onePass>): Buffer => {
  const opening = createDecipheriv('aes-256-gcm', key, iv)
  opening.setAuthTag(tag)
  return Buffer.concat([opening.update(data), opening.final()])
}

const sealedOne = onePass(randomBytes(secretBytes))
const openSome = (): void => {
  for (let count = 0; count < readAtOnce; count += 1) openOne(sealedOne)
}
const sealAnew = (count: number): void => {
  for (let done = 0; done < count; done += 1) onePass(openOne(sealedOne))
}

const deriveOnce = async (parameters: ScryptParameters | undefined): Promise<void> => {
  if (parameters === undefined) throw new Error('the keyring has no parameters')
  ;(await derive(Buffer.from(texts[0]), randomBytes(32), parameters)).wipe()
}
