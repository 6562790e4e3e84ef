/**
 * How long 1,000 packages take to be read from a folder and verified: files, hashes, signature, recipients, certificates.
 * Each has one secret of 10 KB, a share group and one certificate.
 *
 * Reference: one `sha256sum` over the very files, which checks nothing but what they hash to.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { packageFolderName } from '../../shared/model/escrow.ts'
import { verifyPackage } from '../../electron/escrow/package/verify.ts'
import { writePackage } from '../../electron/escrow/package/write.ts'
import { readPackageFolder } from '../../electron/escrow/place-folder.ts'
import {
  makeRecipient,
  makeSample,
  makeTestGroup,
  newPackageId,
  secretItem,
} from '../support/escrow-package.ts'
import { inTurns, median, type Measured } from './report.ts'

const packages = 1_000
const size = 10 * 1024
const rounds = 5

export const measureEscrowVerify = async (): Promise<{ lines: Measured[]; remark: string }> => {
  const root = mkdtempSync(join(tmpdir(), 'keyturn-bench-verify-'))
  try {
    const sample = makeSample(await makeTestGroup(), [makeRecipient()])
    const trust = { kind: 'given', fingerprint: sample.signer.fingerprint } as const
    const folders: string[] = []
    const paths: string[] = []
    let bytes = 0
    for (let number = 0; number < packages; number += 1) {
      const wanted = { ...sample.wanted, id: newPackageId(), items: [secretItem(randomBytes(size))] }
      const folder = join(root, packageFolderName(wanted.id))
      folders.push(folder)
      for (const [path, content] of writePackage(wanted, sample.signer).files) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), content)
        paths.push(join(folder, path))
        bytes += content.length
      }
    }
    const ours = async (): Promise<number> => {
      const from = performance.now()
      for (const folder of folders)
        if (verifyPackage(await readPackageFolder(folder), trust).signer.standing !== 'given')
          throw new Error('a package of the benchmark was not taken')
      return (performance.now() - from) / 1_000
    }
    const theirs = async (): Promise<number> => {
      const from = performance.now()
      const input = paths.join('\0')
      const { status, error } = spawnSync('xargs', ['-0', 'sha256sum'], { input, maxBuffer: 2 ** 26 })
      if (error || status !== 0) throw new Error('this benchmark needs xargs and sha256sum', { cause: error })
      return (performance.now() - from) / 1_000
    }
    const times = await inTurns(rounds, ours, theirs)
    const line: Measured = {
      name: 'escrow-verify',
      value: median(times.ours),
      unit: 's/1000',
      reference: { name: 'sha256sum', value: median(times.theirs) },
      goal: null,
    }
    const remark = `escrow-verify: ${packages} packages, ${paths.length} files, ${(bytes / 2 ** 20).toFixed(1)} MiB, read and verified`
    return { lines: [line], remark }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
